import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCidr } from '#lib/cidr.ts';
import { apiServiceIP, dnsServiceIP, freeRanges, hostLeg, inTheWay, nodesOf } from './ranges.ts';

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
  ];
  for (const { name, used: texts, want } of cases) assert.equal(freeRanges(used(...texts))[0]?.hostLink, want, name);
});

test('freeRanges() takes those of stopped clusters last', () => {
  const order = (...reserved: number[]) => freeRanges(used('10.254.1.0/24'), new Set(reserved)).map(({ slot }) => slot);
  assert.deepEqual(order(0, 2), [3, 4, 5, 0, 2]);
  assert.deepEqual(order(0, 1, 2, 3, 4, 5), [0, 2, 3, 4, 5]);
});

test('inTheWay() says what of the host uses a range of a cluster', () => {
  const [ranges] = freeRanges([]);
  assert.ok(ranges);
  assert.equal(inTheWay(ranges, used('192.168.0.0/16', '10.0.0.0/8')), undefined);
  assert.equal(inTheWay(ranges, used('192.168.0.0/16', '10.100.0.0/16'))?.by, 'the route to 10.100.0.0/16');
});

test('freeRanges() says what to do when every slot is taken', () => {
  const all = used(
    '10.254.0.0/24',
    '10.254.1.0/24',
    '10.254.2.0/24',
    '10.254.3.0/24',
    '10.254.4.0/24',
    '10.254.5.0/24',
  );
  assert.throws(() => freeRanges(all), /portolan down/);
});

test('the first slot has the addresses that Kubernetes documentation uses', () => {
  const [ranges] = freeRanges([]);
  assert.ok(ranges);
  assert.equal(hostLeg(ranges), '10.254.0.1');
  assert.equal(apiServiceIP(ranges), '10.96.0.1');
  assert.equal(dnsServiceIP(ranges), '10.96.0.10');
  assert.deepEqual(nodesOf(ranges, 2), [
    { name: 'node-1', index: 1, address: '10.254.0.11', podCIDR: '10.244.1.0/24' },
    { name: 'node-2', index: 2, address: '10.254.0.12', podCIDR: '10.244.2.0/24' },
  ]);
});
