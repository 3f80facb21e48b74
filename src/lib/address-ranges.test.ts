import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cidrsOf, formatRange, inRange, parseAddressRanges, rangesOverlap } from './address-ranges.ts';
import { formatCidr, parseAddress } from './cidr.ts';

const good: [string, string[], string[]][] = [
  ['192.0.2.0/28', ['192.0.2.0-192.0.2.15'], ['192.0.2.0/28']],
  ['192.0.2.7', ['192.0.2.7'], ['192.0.2.7/32']],
  ['192.0.2.10-192.0.2.17', ['192.0.2.10-192.0.2.17'], ['192.0.2.10/31', '192.0.2.12/30', '192.0.2.16/31']],
  [
    ' 192.0.2.1 - 192.0.2.2, fd00::/126',
    ['192.0.2.1-192.0.2.2', 'fd00::-fd00::3'],
    ['192.0.2.1/32', '192.0.2.2/32', 'fd00::/126'],
  ],
  ['fd00::1-fd00::1', ['fd00::1'], ['fd00::1/128']],
  ['0.0.0.0/0', ['0.0.0.0-255.255.255.255'], ['0.0.0.0/0']],
];
for (const [text, ranges, cidrs] of good) {
  test(`${text} is ${ranges}`, () => {
    const parsed = parseAddressRanges(text);
    assert.deepEqual(parsed.map(formatRange), ranges);
    assert.deepEqual(parsed.flatMap(cidrsOf).map(formatCidr), cidrs);
  });
}

for (const text of [
  '',
  '192.0.2.1,',
  '192.0.2.1-',
  'x',
  '192.0.2.9-192.0.2.1',
  '192.0.2.1-fd00::1',
  '192.0.2.0/33',
  '1.2.3.4-1.2.3.5-1.2.3.6',
]) {
  test(`${JSON.stringify(text)} is no range of addresses`, () => {
    assert.throws(() => parseAddressRanges(text), /is no range of addresses/);
  });
}

test('a range has its ends and nothing of the other family', () => {
  const [range] = parseAddressRanges('0.0.0.1-0.0.0.3');
  assert.ok(range);
  const has = (text: string) => inRange(range, parseAddress(text) ?? assert.fail(text));
  assert.deepEqual(['0.0.0.0', '0.0.0.1', '0.0.0.3', '0.0.0.4', '::1'].map(has), [false, true, true, false, false]);
});

test('ranges overlap when they share an address', () => {
  const overlap = (a: string, b: string) => {
    const [one, other] = parseAddressRanges(`${a},${b}`);
    return one && other && rangesOverlap(one, other);
  };
  assert.equal(overlap('192.0.2.0/28', '192.0.2.15'), true);
  assert.equal(overlap('192.0.2.0/28', '192.0.2.16/28'), false);
  assert.equal(overlap('0.0.0.0/0', '::/0'), false);
});
