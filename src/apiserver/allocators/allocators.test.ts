// Ranges and bands as services.md B.1 and B.2 list them. Services 10.96.0.0/12 unless said.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { canGive, type ServiceCIDR } from '#api/index.ts';
import { type Address, type Cidr, type Family, formatCidr, parseAddress, parseCidr } from '#lib/cidr.ts';
import { BandedPool } from './band.ts';
import { Bitmap } from './bitmap.ts';
import { parseServiceRanges } from './ip-range.ts';
import { PortRange } from './port-range.ts';
import { ServiceRanges } from './service-ranges.ts';

const numberOf = (ip: string): bigint => parseAddress(ip)?.value ?? -1n;

const serviceCIDR = (name: string, cidrs: string[], more: Partial<ServiceCIDR> = {}): ServiceCIDR => ({
  metadata: { name },
  spec: { cidrs },
  ...more,
});
const rangesOf = (...cidrs: string[]): ServiceRanges => {
  const ranges = new ServiceRanges();
  for (const [i, cidr] of cidrs.entries()) ranges.set(serviceCIDR(`r${i}`, [cidr]));
  return ranges;
};
const familyOf = (cidr: string): Family => (cidr.includes(':') ? 'IPv6' : 'IPv4');

describe('ServiceRanges of one range', () => {
  const cases: { cidr: string; first: string; dynamic: string; last: string; count: number }[] = [
    { cidr: '10.0.0.0/28', first: '10.0.0.1', dynamic: '10.0.0.1', last: '10.0.0.14', count: 14 },
    { cidr: '10.0.0.0/24', first: '10.0.0.1', dynamic: '10.0.0.17', last: '10.0.0.254', count: 254 },
    { cidr: '10.0.0.0/20', first: '10.0.0.1', dynamic: '10.0.1.1', last: '10.0.15.254', count: 4094 },
    { cidr: '10.96.0.0/12', first: '10.96.0.1', dynamic: '10.96.1.1', last: '10.111.255.254', count: 1048574 },
    { cidr: 'fd00::/108', first: 'fd00::1', dynamic: 'fd00::101', last: 'fd00::f:ffff', count: 1048575 },
    { cidr: 'fd00::/64', first: 'fd00::1', dynamic: 'fd00::101', last: 'fd00::ffff:ffff:ffff:ffff', count: 2 ** 64 },
  ];
  for (const { cidr, first, dynamic, last, count } of cases) {
    test(`${cidr}: ${count} addresses, given at random from ${dynamic} on`, () => {
      const ranges = rangesOf(cidr);
      const [figures] = ranges.figures();
      assert.deepEqual([figures?.cidr, figures?.available, figures?.allocated], [cidr, count, 0]);
      for (let i = 0; i < Math.min(10, count); i++) {
        const ip = ranges.takeAny(familyOf(cidr));
        assert.ok(ip);
        assert.ok(numberOf(ip) >= numberOf(dynamic) && numberOf(ip) <= numberOf(last), ip);
      }
      const network = cidr.split('/')[0] ?? '';
      assert.equal(ranges.imagined(familyOf(cidr)), network);
      assert.match(ranges.take(network)?.refused ?? '', /is not in the valid range/);
      const fresh = rangesOf(cidr);
      assert.equal(fresh.take(first), undefined);
      assert.equal(fresh.take(last), undefined);
      assert.equal([...fresh.figures()][0]?.allocated, 2);
      assert.equal(fresh.take(last)?.refused, 'provided IP is already allocated');
      fresh.release(last);
      assert.equal(fresh.take(last, true), undefined, 'a dry run sees that it is free');
      assert.equal(fresh.take(last), undefined, 'and has not taken it');
    });
  }

  for (const [cidr, usable] of [
    ['10.0.0.0/30', 2],
    ['10.0.0.0/31', 0],
    ['10.0.0.0/32', 0],
    ['fd00::/127', 1],
    ['fd00::/128', 0],
    ['10.0.0.0/7', 0],
    ['fd00::/63', 0],
  ] as const) {
    test(`${cidr} gives ${usable}`, () => {
      const ranges = rangesOf(cidr);
      const given = Array.from({ length: 4 }, () => ranges.takeAny(familyOf(cidr))).filter(Boolean);
      assert.equal(new Set(given).size, usable);
    });
  }

  test('gives every address once, the static band last, then none', () => {
    const ranges = rangesOf('10.0.0.0/24');
    const given = Array.from({ length: 254 }, () => ranges.takeAny('IPv4'));
    assert.equal(new Set(given).size, 254);
    const late = given.slice(-16).map((ip) => numberOf(ip ?? ''));
    assert.ok(late.every((value) => value <= numberOf('10.0.0.16')));
    assert.equal(ranges.takeAny('IPv4'), undefined);
  });

  test('one spelling of an IPv6 address is as good as another', () => {
    const ranges = rangesOf('fd00::/112');
    assert.equal(ranges.take('FD00:0::7'), undefined);
    assert.ok(ranges.take('fd00::7'));
    ranges.release('fd00:0:0::7');
    assert.equal(ranges.take('fd00::7'), undefined);
  });
});

describe('ServiceRanges of several ServiceCIDRs', () => {
  test('names the ranges of the family in the words that installers look for', () => {
    const one = rangesOf('10.96.0.0/12', 'fd00::/108').take('1.1.1.1');
    const sentence = 'the provided IP (1.1.1.1) is not in the valid range. The range of valid IPs is';
    assert.equal(one?.refused, `${sentence} 10.96.0.0/12`);
    const two = rangesOf('10.96.0.0/12', '10.200.0.0/24').take('1.1.1.1');
    assert.equal(two?.refused, `${sentence} 10.96.0.0/12,10.200.0.0/24`);
  });

  test("the next gives when the first is full; the server's own comes first", () => {
    const ranges = rangesOf();
    ranges.set(serviceCIDR('a', ['10.1.0.0/30']));
    ranges.set(serviceCIDR('kubernetes', ['10.2.0.0/30']));
    const given = Array.from({ length: 5 }, () => ranges.takeAny('IPv4'));
    assert.deepEqual(given.slice(0, 2).sort(), ['10.2.0.1', '10.2.0.2']);
    assert.deepEqual(given.slice(2, 4).sort(), ['10.1.0.1', '10.1.0.2']);
    assert.equal(given[4], undefined);
  });

  test('where they overlap an address is given once, whichever came first', () => {
    const ranges = rangesOf('10.0.0.0/29');
    assert.equal(ranges.take('10.0.0.5'), undefined);
    ranges.set(serviceCIDR('wide', ['10.0.0.0/28']));
    assert.ok(ranges.take('10.0.0.5'));
    const given = new Set(Array.from({ length: 13 }, () => ranges.takeAny('IPv4')));
    assert.equal(given.size, 13, 'the broadcast address of the smaller is an ordinary one of the larger');
    assert.ok(given.has('10.0.0.7') && !given.has('10.0.0.5') && !given.has(undefined));
    assert.equal(ranges.takeAny('IPv4'), undefined);
    ranges.release('10.0.0.5');
    assert.equal(ranges.takeAny('IPv4'), '10.0.0.5');
  });

  test('one that is deleted or not ready gives none, but knows what it gave', () => {
    const ready = (status: string): Partial<ServiceCIDR> => ({
      status: {
        conditions: [{ type: 'Ready', status, reason: '', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' }],
      },
    });
    const ranges = rangesOf('10.1.0.0/24');
    const states: { more: Partial<ServiceCIDR>; gives: boolean }[] = [
      { more: {}, gives: true },
      { more: ready('False'), gives: false },
      { more: ready('Unknown'), gives: false },
      { more: ready('True'), gives: true },
      { more: { metadata: { name: 'b', deletionTimestamp: '2026-01-01T00:00:00Z' } }, gives: false },
    ];
    for (const [i, { more, gives }] of states.entries()) {
      ranges.set(serviceCIDR('b', ['10.2.0.0/24'], more));
      assert.equal(ranges.take(`10.2.0.${i + 1}`) === undefined, gives);
      assert.ok(ranges.covers('10.2.0.1'));
    }
    assert.ok(ranges.isTaken('10.2.0.1'));
    ranges.remove('b');
    assert.ok(!ranges.covers('10.2.0.1'));
    ranges.set(serviceCIDR('c', ['10.2.0.0/24']));
    assert.equal(ranges.take('10.2.0.1')?.refused, 'provided IP is already allocated');
  });

  test('a range is there as long as one of those that have it, and in use while one of them is', () => {
    const ranges = rangesOf();
    const leaving = { metadata: { name: 'b', deletionTimestamp: '2026-01-01T00:00:00Z' } };
    ranges.set(serviceCIDR('a', ['10.1.0.0/24']));
    ranges.set(serviceCIDR('b', ['10.1.0.0/24'], leaving));
    assert.equal(ranges.take('10.1.0.1'), undefined);
    ranges.remove('a');
    assert.ok(ranges.take('10.1.0.2'));
    assert.ok(ranges.covers('10.1.0.2'));
    assert.ok(!ranges.hasAny('IPv4'));
  });

  test('counts what was named and what was chosen, and what was not to be had', () => {
    const ranges = rangesOf('10.1.0.0/30');
    ranges.take('10.1.0.1');
    ranges.take('10.1.0.1');
    ranges.take('1.1.1.1');
    ranges.take('10.1.0.1', true);
    ranges.takeAny('IPv4');
    ranges.takeAny('IPv4');
    const [{ counts, allocated, available } = { counts: undefined }] = ranges.figures();
    const values = (samples: readonly { labels: object; value: number }[] = []) =>
      samples.map(({ labels, value }) => [...Object.values(labels), value].join(' '));
    assert.deepEqual(values(counts?.allocations()), ['static 1', 'dynamic 1']);
    assert.deepEqual(values(counts?.errors()), ['static 2', 'dynamic 1']);
    assert.deepEqual([allocated, available], [2, 0]);
  });

  test('behaves as a set of addresses, whatever ranges come and go', () => {
    const address = fc.nat(40).map((n) => `10.0.0.${n}`);
    const cidr = fc.constantFrom('10.0.0.0/29', '10.0.0.8/29', '10.0.0.0/28', '10.0.0.16/28', '10.0.0.0/27');
    const step = fc.oneof(
      fc.record({ act: fc.constant('take'), address }),
      fc.record({ act: fc.constant('take any'), address }),
      fc.record({ act: fc.constant('release'), address }),
      fc.record({ act: fc.constant('add'), address, cidr }),
      fc.record({ act: fc.constant('remove'), address, cidr }),
    ) as fc.Arbitrary<{ act: string; address: string; cidr: string }>;
    const property = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const ranges = new ServiceRanges();
      const taken = new Set<string>();
      const cidrs = new Set<string>();
      const isGiven = (ip: string) =>
        [...cidrs].some((text) => canGive(parseCidr(text) as Cidr, parseAddress(ip) as Address));
      for (const { act, address: ip, cidr: text } of steps) {
        if (act === 'take') {
          assert.equal(ranges.take(ip) === undefined, isGiven(ip) && !taken.has(ip));
          if (isGiven(ip)) taken.add(ip);
        } else if (act === 'take any') {
          const any = ranges.takeAny('IPv4');
          if (any) {
            assert.ok(isGiven(any) && !taken.has(any), any);
            taken.add(any);
          } else {
            const free = Array.from({ length: 41 }, (_, n) => `10.0.0.${n}`).filter(
              (one) => isGiven(one) && !taken.has(one),
            );
            assert.deepEqual(free, []);
          }
        } else if (act === 'release') {
          ranges.release(ip);
          taken.delete(ip);
        } else if (act === 'add') {
          ranges.set(serviceCIDR(text, [text]));
          cidrs.add(text);
        } else {
          ranges.remove(text);
          cidrs.delete(text);
        }
        for (const { cidr: known, allocated } of ranges.figures()) {
          const inRange = [...taken].filter((one) => canGive(parseCidr(known) as Cidr, parseAddress(one) as Address));
          assert.equal(allocated, inRange.length);
        }
      }
    });
    fc.assert(property, { numRuns: 300 });
  });
});

describe('the ranges that a server is started with', () => {
  test('are one, or two of different families', () => {
    const texts = (given: string | string[]) => parseServiceRanges(given).map(formatCidr);
    assert.deepEqual(texts('10.96.0.0/12'), ['10.96.0.0/12']);
    assert.deepEqual(texts('fd00:1::/108, 10.96.0.0/12'), ['fd00:1::/108', '10.96.0.0/12']);
    assert.deepEqual(texts(['10.96.0.0/12', 'fd00:1::/108']), ['10.96.0.0/12', 'fd00:1::/108']);
  });
  for (const wrong of ['', '10.0.0.0', 'x/8', '10.0.0.0/31', '10.0.0.0/7', 'fd00::/63', '10.0.0.0/24,10.1.0.0/24']) {
    test(`are refused: ${wrong}`, () => assert.throws(() => parseServiceRanges(wrong), /Service CIDR/));
  }
  test('are refused: three', () =>
    assert.throws(() => parseServiceRanges('10.0.0.0/24,fd00::/64,fd01::/64'), /one of IPv4 and one of IPv6/));
});

describe('PortRange', () => {
  test('30000-32767: static up to 30085, dynamic first', () => {
    const ports = new PortRange([30000, 32767]);
    const given = Array.from({ length: 2768 }, () => ports.takeAny() ?? 0);
    assert.equal(new Set(given).size, 2768);
    assert.ok(given.slice(0, 2682).every((port) => port >= 30086));
    assert.equal(ports.takeAny(), undefined);
    assert.equal(ports.imagined(0), 32769);
  });
  test('names the range in the refusal', () => {
    assert.equal(
      new PortRange([30000, 32767]).take(80)?.refused,
      'provided port is not in the valid range. The range of valid ports is 30000-32767',
    );
  });
  test('refuses ranges that are none', () => {
    for (const range of [
      [0, 10],
      [10, 5],
      [1, 70000],
      [1.5, 3],
    ] as const)
      assert.throws(() => new PortRange(range));
  });
});

describe('Bitmap', () => {
  test('behaves as a set of numbers', () => {
    const step = fc.record({ index: fc.nat(99), isRelease: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), fc.nat(99), (steps, from) => {
        const bitmap = new Bitmap(100);
        const model = new Set<number>();
        for (const { index, isRelease } of steps) {
          if (isRelease) {
            bitmap.release(index);
            model.delete(index);
          } else {
            assert.equal(bitmap.take(index), !model.has(index));
            model.add(index);
          }
        }
        assert.equal(bitmap.taken, model.size);
        let want: number | undefined = from;
        while (want < 100 && model.has(want)) want++;
        assert.equal(bitmap.firstFree(from, 100), want < 100 ? want : undefined);
      }),
    );
  });
  test('a pool of one million finds its last free number at once', () => {
    const pool = new BandedPool(1 << 20, 256);
    for (let index = 0; index < 1 << 20; index++) if (index !== 777_777) pool.take(index);
    const start = performance.now();
    assert.equal(pool.takeAny(), 777_777);
    assert.ok(performance.now() - start < 100);
  });
});
