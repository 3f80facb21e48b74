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
  const uses: RangeInUse[] = ['192.168.1.0/24', '10.0.0.0/8', '2001:db8:1::/64', 'fd00::/8'].map((text) => ({
    range: parseCidr(text) ?? assert.fail(),
    by: `the route to ${text}`,
  }));
  const check = (family: IpFamily, text: string) =>
    checkPool({ loadBalancer: pool(text), ranges: rangesOf(family), nodes: 2 }, uses);

  for (const [family, text] of [
    ['ipv4', '10.254.0.13-10.254.0.223'],
    ['ipv4', '192.0.2.0/24'],
    ['ipv4', '10.200.0.0/24,192.168.2.7'],
    ['ipv6', 'fd00:10:254::d-fd00:10:254::ffff'],
    ['ipv6', '2001:db8:2::/64,fd00:200::7'],
    ['dual', '192.0.2.0/24,2001:db8:2::/64'],
  ] as const) {
    test(`${family}: ${text} is fine`, () => check(family, text));
  }
  const refused: Readonly<Record<'ipv4' | 'ipv6', readonly (readonly [pool: string, why: RegExp])[]>> = {
    ipv4: [
      [
        '10.254.0.12-10.254.0.20',
        /10.254.0.12-10.254.0.20 cannot be used, because it is taken by the node node-2 \(10.254.0.12\). Choose other addresses, or fewer --nodes\.$/,
      ],
      ['10.254.0.240/28', /taken by broadcasts on the network of the nodes \(10.254.0.255\)/],
      ['10.254.0.0', /taken by the network of the nodes itself \(10.254.0.0\)/],
      ['224.0.0.1', /because 224.0.0.0\/4 is for multicast/],
      ['192.0.2.1,255.255.255.255', /255.255.255.255 cannot be used, because 240.0.0.0\/4 is for the future/],
      ['169.254.0.0/24', /because 169.254.0.0\/16 is for link-local addresses/],
      ['127.0.0.5', /because 127.0.0.0\/8 is for programs of one machine/],
      ['10.254.0.1/32', /taken by this machine on the network of the nodes \(10.254.0.1\)/],
      [
        '192.0.2.1,10.244.3.0/24',
        /10.244.3.0-10.244.3.255 cannot be used, .* the cluster's pods \(10.244.0.0\/16\). Choose other addresses\.$/,
      ],
      ['10.97.0.1', /the cluster IPs of Services \(10.96.0.0\/12\)/],
      ['10.96.0.0/12', /10.96.0.0-10.111.255.255 cannot be used, .* the cluster IPs of Services \(10.96.0.0\/12\)/],
      ['192.168.0.0/16', /this machine uses 192.168.1.0\/24 \(the route to 192.168.1.0\/24\)/],
    ],
    ipv6: [
      ['fd00:10:254::c', /taken by the node node-2 \(fd00:10:254::c\)/],
      ['fd00:10:254::', /taken by the network of the nodes itself \(fd00:10:254::\)/],
      ['fd00:10:254::1', /taken by this machine on the network of the nodes \(fd00:10:254::1\)/],
      ['ff02::7', /because ff00::\/8 is for multicast/],
      ['fe80::/64', /because fe80::\/10 is for link-local addresses/],
      [
        '2001:db8:2::1,fd00:10:244:3::7',
        /fd00:10:244:3::7 cannot be used, .* the cluster's pods \(fd00:10:244::\/56\)/,
      ],
      ['fd00:10:96::8', /the cluster IPs of Services \(fd00:10:96::\/112\)/],
      ['fd00:10:96::/112', /the cluster IPs of Services \(fd00:10:96::\/112\)/],
      ['2001:db8::/32', /this machine uses 2001:db8:1::\/64/],
    ],
  };
  for (const [family, cases] of Object.entries(refused) as ['ipv4' | 'ipv6', (typeof refused)['ipv4']][]) {
    const other = family === 'ipv4' ? 'ipv6' : 'ipv4';
    for (const [text, why] of cases) {
      test(`${text} is refused`, () => {
        for (const each of [family, 'dual'] as const) assert.throws(() => check(each, text), why);
        assert.throws(() => check(other, text), /the cluster has no IPv[46] addresses \(--ip-family\)/);
      });
    }
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
