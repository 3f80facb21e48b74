// Ranges and bands as services.md B.1 and B.2 list them. Services 10.96.0.0/12 unless said.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseAddress } from '#lib/cidr.ts';
import { BandedPool } from './band.ts';
import { Bitmap } from './bitmap.ts';
import { IpRange } from './ip-range.ts';
import { PortRange } from './port-range.ts';

const numberOf = (ip: string): bigint => parseAddress(ip)?.value ?? -1n;

describe('IpRange', () => {
  const cases: { cidr: string; first: string; dynamic: string; last: string; count: number }[] = [
    { cidr: '10.0.0.0/28', first: '10.0.0.1', dynamic: '10.0.0.1', last: '10.0.0.14', count: 14 },
    { cidr: '10.0.0.0/24', first: '10.0.0.1', dynamic: '10.0.0.17', last: '10.0.0.254', count: 254 },
    { cidr: '10.0.0.0/20', first: '10.0.0.1', dynamic: '10.0.1.1', last: '10.0.15.254', count: 4094 },
    { cidr: '10.96.0.0/12', first: '10.96.0.1', dynamic: '10.96.1.1', last: '10.111.255.254', count: 1048574 },
    { cidr: 'fd00::/108', first: 'fd00::1', dynamic: 'fd00::101', last: 'fd00::f:ffff', count: 1048575 },
    { cidr: 'fd00::/64', first: 'fd00::1', dynamic: 'fd00::101', last: 'fd00::f:ffff', count: 1048575 },
  ];
  for (const { cidr, first, dynamic, last, count } of cases) {
    test(`${cidr}: ${count} addresses, given at random from ${dynamic} on`, () => {
      const range = new IpRange(cidr);
      assert.deepEqual([range.first, range.free], [first, count]);
      for (let i = 0; i < 200 && range.free > 0; i++) {
        const ip = range.takeAny();
        assert.ok(ip);
        if (i < 10) assert.ok(numberOf(ip) >= numberOf(dynamic) && numberOf(ip) <= numberOf(last), ip);
      }
      assert.match(range.take(range.networkAddress)?.refused ?? '', /is not in the valid range/);
      const fresh = new IpRange(cidr);
      assert.equal(fresh.take(first), undefined);
      assert.equal(fresh.take(last), undefined);
      assert.equal(fresh.take(last)?.refused, 'provided IP is already allocated');
      fresh.release(last);
      assert.equal(fresh.take(last, true), undefined, 'a dry run sees that it is free');
      assert.equal(fresh.take(last), undefined, 'and has not taken it');
    });
  }

  test('names the range in the words that installers look for', () => {
    const refusal = new IpRange('10.96.0.0/12').take('1.1.1.1');
    assert.equal(
      refusal?.refused,
      'the provided IP (1.1.1.1) is not in the valid range. The range of valid IPs is 10.96.0.0/12',
    );
  });

  test('gives every address once, the static band last, then none', () => {
    const range = new IpRange('10.0.0.0/24');
    const given = Array.from({ length: 254 }, () => range.takeAny());
    assert.equal(new Set(given).size, 254);
    const late = given.slice(-16).map((ip) => numberOf(ip ?? ''));
    assert.ok(late.every((value) => value <= numberOf('10.0.0.16')));
    assert.equal(range.takeAny(), undefined);
  });

  for (const cidr of ['10.0.0.0', 'x/8', '10.0.0.0/31', '10.0.0.0/7']) {
    test(`refuses ${cidr}`, () => assert.throws(() => new IpRange(cidr), /Service CIDR/));
  }
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
