import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Family, formatAddress, parseAddress } from '#lib/cidr.ts';
import { disjointRanges, usualAddress } from './addresses.ts';
import { allowedSources } from './source-ranges.ts';

describe('usualAddress', () => {
  const table: [text: unknown, family: Family, want: string | undefined][] = [
    ['10.0.0.1', 'IPv4', '10.0.0.1'],
    ['FD00:0:0::01', 'IPv6', 'fd00::1'],
    ['fd00::1', 'IPv4', undefined],
    ['10.0.0.1', 'IPv6', undefined],
    ['010.0.0.1', 'IPv4', undefined],
    ['300.1.1.1', 'IPv4', undefined],
    ['10.0.0.1 }; flush ruleset', 'IPv4', undefined],
    ['fe80::1%eth0', 'IPv6', undefined],
    ['web.example', 'IPv4', undefined],
    ['', 'IPv4', undefined],
    ['None', 'IPv4', undefined],
    [undefined, 'IPv4', undefined],
    [null, 'IPv6', undefined],
    [7, 'IPv4', undefined],
    ['0.0.0.0', 'IPv4', undefined],
    ['127.0.0.5', 'IPv4', undefined],
    ['169.254.1.1', 'IPv4', undefined],
    ['224.0.0.1', 'IPv4', undefined],
    ['255.255.255.255', 'IPv4', undefined],
    ['::', 'IPv6', undefined],
    ['::1', 'IPv6', undefined],
    ['::ffff:10.0.0.1', 'IPv6', undefined],
    ['fe80::1', 'IPv6', undefined],
    ['ff02::1', 'IPv6', undefined],
  ];
  for (const [text, family, want] of table) {
    test(`${text} as ${family}`, () => assert.equal(usualAddress(text, family), want));
  }
});

test('an IPv6 address is written as nft lists it', () => {
  const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }));
  const written = fc
    .array(group, { minLength: 7, maxLength: 7 })
    .map((groups) => ['2001', ...groups.map((one) => one.toString(16))].join(':'));
  fc.assert(
    fc.property(written, (text) => {
      const address = parseAddress(text);
      assert.ok(address);
      assert.equal(usualAddress(text.toUpperCase(), 'IPv6'), formatAddress(address));
    }),
  );
});

describe('disjointRanges', () => {
  const table: { ranges: string[]; family: Family; want: string[] }[] = [
    { ranges: [], family: 'IPv4', want: [] },
    { ranges: ['10.1.2.3/8', '10.5.0.0/16', '10.0.0.0/8'], family: 'IPv4', want: ['10.0.0.0/8'] },
    { ranges: ['10.0.0.0/9', '10.128.0.0/9'], family: 'IPv4', want: ['10.0.0.0/9', '10.128.0.0/9'] },
    { ranges: ['1.2.3.4', '1.2.3.4/32', 'fd00::1/128', 'fd00::/64'], family: 'IPv4', want: ['1.2.3.4'] },
    { ranges: ['1.2.3.4', 'fd00::7', 'fd01::/64'], family: 'IPv6', want: ['fd00::7', 'fd01::/64'] },
    { ranges: ['0.0.0.0/0', '10.0.0.0/8'], family: 'IPv4', want: ['0.0.0.0/0'] },
    { ranges: ['', '10.0.0.0/33', 'x/8', '10.0.0.0/8/8'], family: 'IPv4', want: [] },
  ];
  for (const { ranges, family, want } of table) {
    test(`${ranges.join()} as ${family}`, () => assert.deepEqual(disjointRanges(ranges, family), want));
  }
});

describe('allowedSources', () => {
  const vip = '203.0.113.7';
  const table: { name: string; ranges: string[]; want: string[] | undefined }[] = [
    { name: 'none given: everybody', ranges: [], want: undefined },
    { name: 'spaces around', ranges: [' 192.0.2.0/24 '], want: ['192.0.2.0/24'] },
    { name: 'one of them is everything', ranges: ['10.0.0.0/8', '0.0.0.0/0'], want: undefined },
    { name: 'only of the other family: everybody', ranges: ['fd00::/8'], want: undefined },
    { name: 'everything of the other family does not count', ranges: ['::/0', '192.0.2.0/24'], want: ['192.0.2.0/24'] },
    { name: 'what cannot be read lets nobody in', ranges: ['10.0.0.0/99'], want: [] },
    {
      name: 'the node itself: the address too, which the node has then',
      ranges: ['10.254.0.0/24'],
      want: ['10.254.0.0/24', vip],
    },
  ];
  for (const { name, ranges, want } of table) {
    test(name, () => assert.deepEqual(allowedSources(ranges, 'IPv4', ['10.254.0.11', 'fd00:254::11'], vip), want));
  }
});
