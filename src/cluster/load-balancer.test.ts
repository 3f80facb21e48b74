import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatRange } from '#lib/address-ranges.ts';
import { parseCidr } from '#lib/cidr.ts';
import type { RangeInUse } from '#network/index.ts';
import {
  checkPool,
  type LoadBalancerWish,
  loadBalancerOptions,
  poolRoutes,
  poolUses,
  settleLoadBalancer,
} from './load-balancer.ts';
import { freeRanges, type IpFamily } from './ranges.ts';

const rangesOf = (family: IpFamily) => freeRanges(family, [])[0] ?? assert.fail();
const pool = (text?: string) => ({ mode: 'pool', pool: text }) as const;

for (const { name, wish, before, want } of [
  { name: 'at first', wish: {}, want: { mode: 'pool' } },
  { name: 'as it was', wish: {}, before: { mode: 'localhost' }, want: { mode: 'localhost' } },
  {
    name: 'another, and the pool stays for later',
    wish: { mode: 'none' },
    before: pool('192.0.2.1'),
    want: { mode: 'none', pool: '192.0.2.1' },
  },
  {
    name: 'the one from before',
    wish: { mode: 'pool' },
    before: { mode: 'none', pool: '192.0.2.1' },
    want: pool('192.0.2.1'),
  },
  {
    name: 'who names a pool wants it used',
    wish: { pool: '192.0.2.1' },
    before: { mode: 'none' },
    want: pool('192.0.2.1'),
  },
] as {
  name: string;
  wish: LoadBalancerWish;
  before?: { mode: 'pool' | 'localhost' | 'none'; pool?: string };
  want: object;
}[]) {
  test(`settleLoadBalancer: ${name}`, () => assert.deepEqual(settleLoadBalancer(wish, before), want));
}

test('settleLoadBalancer refuses what makes no sense, and says what to do', () => {
  assert.throws(() => settleLoadBalancer({ mode: 'localhost', pool: '192.0.2.1' }), /Leave one of the two out/);
  assert.throws(() => settleLoadBalancer({ pool: '192.0.2.1-' }), /--load-balancer-pool 192.0.2.1-: .* write it like/);
});

test('the default pool is on the network of the nodes, in each family', () => {
  for (const [family, want] of [
    ['ipv4', ['10.254.0.224-10.254.0.254']],
    ['ipv6', ['fd00:10:254::e0-fd00:10:254::fe']],
    ['dual', ['10.254.0.224-10.254.0.254', 'fd00:10:254::e0-fd00:10:254::fe']],
  ] as const) {
    const ranges = rangesOf(family);
    const options = loadBalancerOptions(pool(), ranges);
    assert.deepEqual(options.mode === 'pool' && options.pool.map(formatRange), want);
    checkPool({ loadBalancer: pool(), ranges, nodes: 200 }, []);
    assert.deepEqual(poolRoutes(options, ranges), []);
  }
});

describe('checkPool', () => {
  const uses = (...texts: string[]): RangeInUse[] =>
    texts.map((text) => ({ range: parseCidr(text) ?? assert.fail(), by: `the route to ${text}` }));
  const check = (text: string, host: RangeInUse[] = uses('10.254.0.0/24', '192.168.1.0/24', '10.0.0.0/8')) =>
    checkPool({ loadBalancer: pool(text), ranges: rangesOf('ipv4'), nodes: 2 }, host);

  for (const text of ['10.254.0.13-10.254.0.223', '192.0.2.0/24', '10.200.0.0/24,192.168.2.7']) {
    test(`${text} is fine`, () => check(text));
  }
  for (const [text, why] of [
    ['10.254.0.12-10.254.0.20', /10.254.0.12-10.254.0.20 cannot be used, because it is taken by the node node-2/],
    ['10.254.0.240/28', /taken by broadcasts on the network of the nodes \(10.254.0.255\)/],
    ['224.0.0.1', /because 224.0.0.0\/4 is for multicast/],
    ['192.0.2.1,255.255.255.255', /255.255.255.255 cannot be used, because 240.0.0.0\/4 is for the future/],
    ['169.254.0.0/24', /because 169.254.0.0\/16 is for link-local addresses/],
    ['10.254.0.0/28', /this machine on the network of the nodes/],
    ['192.0.2.1,10.244.3.0/24', /10.244.3.0-10.244.3.255 cannot be used, .* the cluster's pods \(10.244.0.0\/16\)/],
    ['10.97.0.1', /the cluster IPs of Services/],
    ['fd00::1', /the cluster has no IPv6 addresses/],
    ['192.168.0.0/16', /this machine uses 192.168.1.0\/24 \(the route to 192.168.1.0\/24\)/],
  ] as const) {
    test(`${text} is refused`, () => assert.throws(() => check(text), why));
  }
});

test('what of a pool is not on the network of the nodes is routed there', () => {
  const ranges = rangesOf('ipv4');
  const options = loadBalancerOptions(pool('10.254.0.240,192.0.2.0/30,192.0.2.8'), ranges);
  assert.deepEqual(poolRoutes(options, ranges), [
    { to: '192.0.2.0/30', dev: 'ptl0' },
    { to: '192.0.2.8/32', dev: 'ptl0' },
  ]);
  assert.deepEqual(
    poolUses(options, ranges).map(({ by }) => by),
    ['the pool of load balancers (192.0.2.0/30)', 'the pool of load balancers (192.0.2.8/32)'],
  );
});
