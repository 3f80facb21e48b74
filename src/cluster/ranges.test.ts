import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatCidr, overlaps, parseCidr } from '#lib/cidr.ts';
import {
  apiServiceIP,
  dnsServiceIP,
  freeRanges,
  hostLeg,
  type IpFamily,
  includesAll,
  inTheWay,
  inTheWayOfServices,
  ipFamilies,
  ipFamilyOf,
  nodesOf,
  notForServices,
  onFabric,
  withBothFamilies,
} from './ranges.ts';

const used = (...texts: string[]) =>
  texts.map((text) => ({ range: parseCidr(text) ?? assert.fail(text), by: `the route to ${text}` }));

test('freeRanges() takes the first slot that the host does not use', () => {
  const cases = [
    { name: 'nothing in use', used: [], want: 'ptl0' },
    { name: 'default route and wide VPN route lose to ours', used: ['0.0.0.0/0', '10.0.0.0/8'], want: 'ptl0' },
    { name: 'Docker', used: ['172.17.0.0/16'], want: 'ptl0' },
    { name: 'another cluster', used: ['10.254.0.0/24', '10.244.0.0/16', '10.96.0.0/12'], want: 'ptl1' },
    { name: 'one address in the pod range', used: ['10.244.3.7/32'], want: 'ptl1' },
    { name: 'the second slot', used: ['10.244.0.0/16', '10.112.0.0/12'], want: 'ptl2' },
    { name: "another family's ranges", used: ['fd00:10:244::/56', 'fd00:10:96::/112'], want: 'ptl0' },
    { name: 'IPv6, nothing in use', ipFamily: 'ipv6', used: ['fe80::/64', '::/0', '10.244.0.0/16'], want: 'ptl0' },
    { name: 'IPv6, one address of a Service', ipFamily: 'ipv6', used: ['fd00:10:96::1/128'], want: 'ptl1' },
    { name: 'dual, a range of each', ipFamily: 'dual', used: ['10.254.0.0/24', 'fd00:10:254:1::/64'], want: 'ptl2' },
  ] satisfies { name: string; ipFamily?: IpFamily; used: string[]; want: string }[];
  for (const { name, ipFamily = 'ipv4', used: texts, want } of cases)
    assert.equal(freeRanges(ipFamily, used(...texts))[0]?.hostLink, want, name);
});

test('freeRanges() takes those of stopped clusters last', () => {
  const order = (...reserved: number[]) =>
    freeRanges('ipv4', used('10.254.1.0/24'), new Set(reserved)).map(({ slot }) => slot);
  assert.deepEqual(order(0, 2), [3, 4, 5, 0, 2]);
  assert.deepEqual(order(0, 1, 2, 3, 4, 5), [0, 2, 3, 4, 5]);
});

test('inTheWay() says what of the host uses a range of a cluster', () => {
  const [ranges] = freeRanges('ipv4', []);
  assert.ok(ranges);
  assert.equal(inTheWay(ranges, used('192.168.0.0/16', '10.0.0.0/8')), undefined);
  assert.equal(inTheWay(ranges, used('192.168.0.0/16', '10.100.0.0/16'))?.by, 'the route to 10.100.0.0/16');
});

test('inTheWayOfServices() says what keeps the host from routing a range of Services into the cluster', () => {
  const [ranges] = freeRanges('dual', []);
  assert.ok(ranges);
  const own = [...notForServices(ranges), ...used('192.0.2.0/29')];
  const host = used('192.168.1.0/24', '127.0.0.1/32', '10.0.0.0/8', 'fd00:7::/64');
  const cases: [range: string, by: string | undefined][] = [
    ['10.230.0.0/24', undefined],
    ['192.168.0.0/16', 'the route to 192.168.1.0/24'],
    ['192.168.1.0/24', 'the route to 192.168.1.0/24'],
    ['0.0.0.0/0', "the cluster's pods (10.244.0.0/16)"],
    ['64.0.0.0/2', 'the route to 127.0.0.1/32'],
    ['10.244.9.0/24', "the cluster's pods (10.244.0.0/16)"],
    ['10.254.0.0/30', 'the network of the nodes (10.254.0.0/24)'],
    ['192.0.2.0/30', 'the route to 192.0.2.0/29'],
    ['fd00:10:244:3::/112', "the cluster's pods (fd00:10:244::/56)"],
    ['fd00:7::/112', undefined],
    ['fd00:7::/64', 'the route to fd00:7::/64'],
  ];
  for (const [range, by] of cases)
    assert.equal(inTheWayOfServices(parseCidr(range) ?? assert.fail(range), own, host)?.by, by, range);
});

test('freeRanges() says what to do when every slot is taken', () => {
  const all = used(...[0, 1, 2, 3, 4, 5].map((slot) => `10.254.${slot}.0/24`));
  assert.throws(
    () => freeRanges('dual', all),
    /10\.254\.0\.0\/24, .*, fd00:10:96::\/112 and 5 like it.* `portolan down/,
  );
});

test('clusters side by side share no range', () => {
  const all = freeRanges('dual', []).flatMap(({ families }) => families.flatMap((ranges) => Object.values(ranges)));
  assert.equal(all.length, 36);
  for (const range of all) {
    const cidr = parseCidr(range) ?? assert.fail(range);
    assert.equal(formatCidr(cidr), range, 'it is in the form that the API takes');
    const touching = all.filter((other) => overlaps(cidr, parseCidr(other) ?? assert.fail(other)));
    assert.deepEqual(touching, [range]);
  }
});

test('the first slot has the addresses that Kubernetes documentation uses', () => {
  const [ranges] = freeRanges('dual', []);
  assert.ok(ranges);
  const { families } = ranges;
  assert.deepEqual(families.map(hostLeg), ['10.254.0.1', 'fd00:10:254::1']);
  assert.deepEqual(families.map(apiServiceIP), ['10.96.0.1', 'fd00:10:96::1']);
  assert.deepEqual(families.map(dnsServiceIP), ['10.96.0.10', 'fd00:10:96::a']);
  assert.deepEqual(
    nodesOf(ranges, 2).map(({ name, index, places }) => ({
      name,
      index,
      places: places.map(({ family, address, podCIDR }) => [onFabric(address, family), podCIDR]),
    })),
    [
      {
        name: 'node-1',
        index: 1,
        places: [
          ['10.254.0.11/24', '10.244.1.0/24'],
          ['fd00:10:254::b/64', 'fd00:10:244:1::/64'],
        ],
      },
      {
        name: 'node-2',
        index: 2,
        places: [
          ['10.254.0.12/24', '10.244.2.0/24'],
          ['fd00:10:254::c/64', 'fd00:10:244:2::/64'],
        ],
      },
    ],
  );
});

test('ipFamilyOf() is what the ranges were made for', () => {
  for (const ipFamily of ipFamilies) {
    const [ranges] = freeRanges(ipFamily, []);
    assert.equal(ranges && ipFamilyOf(ranges), ipFamily);
  }
});

test('withBothFamilies() adds those of the same slot, and nobody loses an address', () => {
  const [, dual] = freeRanges('dual', []);
  for (const ipFamily of ['ipv4', 'ipv6'] as const) {
    const [, single] = freeRanges(ipFamily, []);
    assert.ok(single && dual);
    const both = withBothFamilies(single);
    assert.equal(ipFamilyOf(both), 'dual');
    assert.deepEqual(both.families[0], single.families[0]);
    assert.deepEqual(new Set(both.families), new Set(dual.families));
    assert.ok(includesAll(both, single) && includesAll(single, single));
    assert.ok(!includesAll(single, both));
  }
});
