// Which endpoints of which slices new connections may use.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Endpoint, EndpointSlice } from '#api/index.ts';
import { endpointsOf } from './endpoints.ts';
import { sliceOf } from './objects.testing.ts';
import { clusterPool, localPool } from './pools.ts';

const port = { name: 'http', port: 80, protocol: 'TCP' };
const here = { nodeName: 'one', zone: 'a' };
const slice = (...endpoints: Parameters<typeof sliceOf>[0]['endpoints']): EndpointSlice =>
  sliceOf({ service: 'web', ports: [{ name: 'http', port: 8080 }], endpoints });

const ready = { conditions: { ready: true } };
const notReady = { conditions: { ready: false } };
const draining = { conditions: { ready: false, serving: true, terminating: true } };
const gone = { conditions: { ready: false, serving: false, terminating: true } };
const one = { nodeName: 'one' };
const two = { nodeName: 'two' };
const zones = (...names: string[]): Partial<Endpoint> => ({ hints: { forZones: names.map((name) => ({ name })) } });
const nodes = (...names: string[]): Partial<Endpoint> => ({
  hints: { forZones: [{ name: 'a' }], forNodes: names.map((name) => ({ name })) },
});
const at = (n: number, ...what: Partial<Endpoint>[]) => Object.assign({ ip: `10.244.1.${n}` }, ...what);

const table: { name: string; slices: EndpointSlice[]; cluster: number[]; local: number[] }[] = [
  { name: 'no slice', slices: [], cluster: [], local: [] },
  {
    name: 'ready ones',
    slices: [slice(at(1, ready, one), at(2, notReady, one), at(3, ready, two))],
    cluster: [1, 3],
    local: [1],
  },
  { name: 'unknown conditions are ready', slices: [slice(at(1, { conditions: {} }, one))], cluster: [1], local: [1] },
  { name: 'nobody knows where it is: not here', slices: [slice(at(1, ready))], cluster: [1], local: [] },
  {
    name: 'nobody ready: those that serve while they end',
    slices: [slice(at(1, draining, one), at(2, notReady), at(3, draining, two), at(4, gone, one))],
    cluster: [1, 3],
    local: [1],
  },
  {
    name: 'somebody ready elsewhere: those that end here serve local traffic only',
    slices: [slice(at(1, draining, one), at(2, ready, two))],
    cluster: [2],
    local: [1],
  },
  {
    name: 'somebody ready here: not those that end here',
    slices: [slice(at(1, draining, one), at(2, ready, one))],
    cluster: [2],
    local: [2],
  },
  {
    name: 'in two slices: once, and ready and local count',
    slices: [slice(at(1, notReady, two)), slice(at(1, ready, one)), slice(at(1, ready, two))],
    cluster: [1],
    local: [1],
  },
  {
    name: 'hints for zones: those of the own zone',
    slices: [slice(at(1, zones('a')), at(2, zones('b')), at(3, zones('b', 'a')))],
    cluster: [1, 3],
    local: [],
  },
  {
    name: 'hints for zones, one without: all',
    slices: [slice(at(1, zones('a')), at(2, zones('b')), at(3))],
    cluster: [1, 2, 3],
    local: [],
  },
  {
    name: 'hints for zones, one without that is not ready: those of the own zone',
    slices: [slice(at(1, zones('a')), at(2, zones('b')), at(3, notReady))],
    cluster: [1],
    local: [],
  },
  {
    name: 'hints for other zones only: all',
    slices: [slice(at(1, zones('b')), at(2, zones('c')))],
    cluster: [1, 2],
    local: [],
  },
  {
    name: 'hints for nodes: those of this node',
    slices: [slice(at(1, nodes('one')), at(2, nodes('two')))],
    cluster: [1],
    local: [],
  },
  {
    name: 'hints for other nodes only: the zone counts',
    slices: [slice(at(1, nodes('two')), at(2, nodes('three'), zones('b')))],
    cluster: [1],
    local: [],
  },
  {
    name: 'hints count neither for policy Local nor for who ends',
    slices: [slice(at(1, draining, one, zones('b')), at(2, draining, two, zones('a')))],
    cluster: [1, 2],
    local: [1],
  },
];

for (const { name, slices, cluster, local } of table) {
  test(name, () => {
    const endpoints = endpointsOf(slices, port, { nodeName: 'one', family: 'IPv4' });
    const numbers = (pool: typeof endpoints) => pool.map(({ address }) => Number(address.split('.')[3]));
    assert.deepEqual(numbers(clusterPool(endpoints, here)), cluster);
    assert.deepEqual(numbers(localPool(endpoints)), local);
  });
}

test('a node without a zone does not look at hints for zones', () => {
  const endpoints = endpointsOf([slice(at(1, zones('a')), at(2, zones('b')))], port, {
    nodeName: 'one',
    family: 'IPv4',
  });
  assert.equal(clusterPool(endpoints, { nodeName: 'one' }).length, 2);
});

test('in two slices: which entry counts does not depend on the order in which the slices came', () => {
  const entries = [
    at(1, notReady, one),
    at(1, draining, one),
    at(1, gone, one, zones('b')),
    at(1, draining, one, zones('b')),
    at(1, ready, two, zones('a')),
    at(1, ready, two),
  ];
  const slices = entries.map((entry, i) => {
    const named = slice(entry);
    return { ...named, metadata: { ...named.metadata, name: `web-${i}` } };
  });
  const find = (of: EndpointSlice[]) => endpointsOf(of, port, { nodeName: 'one', family: 'IPv4' });
  for (const a of slices)
    for (const b of slices) assert.deepEqual(find([a, b]), find([b, a]), `${a.metadata.name} and ${b.metadata.name}`);
  const [, serving] = slices as [EndpointSlice, EndpointSlice];
  assert.deepEqual(find(slices.slice(0, 3)), find([serving]), 'one that serves counts more than one that does not');
});

describe('endpointsOf: slices that are of no use', () => {
  const bad: { name: string; slice: EndpointSlice }[] = [
    { name: 'another port name', slice: { ...slice(at(1)), ports: [{ name: 'admin', port: 1, protocol: 'TCP' }] } },
    { name: 'a port without a number', slice: { ...slice(at(1)), ports: [{ name: 'http', protocol: 'TCP' }] } },
    { name: 'port 0', slice: { ...slice(at(1)), ports: [{ name: 'http', port: 0, protocol: 'TCP' }] } },
    { name: 'port 65536', slice: { ...slice(at(1)), ports: [{ name: 'http', port: 65_536, protocol: 'TCP' }] } },
    { name: 'port 1.5', slice: { ...slice(at(1)), ports: [{ name: 'http', port: 1.5, protocol: 'TCP' }] } },
    { name: 'another protocol', slice: { ...slice(at(1)), ports: [{ name: 'http', port: 80, protocol: 'UDP' }] } },
    { name: 'another family', slice: { ...slice({ ip: 'fd00::1' }), addressType: 'IPv6' } },
    { name: 'addresses of another family than they say', slice: slice({ ip: 'fd00::1' }) },
    { name: 'names for addresses', slice: { ...slice({ ip: 'web.example' }), addressType: 'FQDN' } },
    { name: 'no address', slice: { ...slice(), endpoints: [{ addresses: [] }] } },
    { name: 'absurd addresses', slice: slice({ ip: '127.0.0.1' }, { ip: '0.0.0.0' }, { ip: '300.1.2.3' }, { ip: '' }) },
    { name: 'no ports', slice: { ...slice(at(1)), ports: null } as unknown as EndpointSlice },
    { name: 'no endpoints', slice: { ...slice(at(1)), endpoints: null } as unknown as EndpointSlice },
  ];
  for (const { name, slice: useless } of bad) {
    test(name, () => {
      const found = endpointsOf([useless, slice(at(9))], port, { nodeName: 'one', family: 'IPv4' });
      assert.deepEqual(
        found.map(({ target }) => target),
        ['10.244.1.9 . 8080'],
      );
    });
  }
});
