import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { EndpointSlice, Node, Service } from '#api/index.ts';
import { candidatesFor, isUpTo } from './candidates.ts';

const node = (name: string, more: { ready?: string; labels?: Record<string, string>; taint?: string } = {}): Node => ({
  metadata: { name, ...(more.labels && { labels: more.labels }) },
  spec: more.taint ? { taints: [{ key: more.taint, effect: 'NoSchedule' }] } : {},
  status: { conditions: [{ type: 'Ready', status: more.ready ?? 'True' }] },
});
const service = (externalTrafficPolicy: string, name = 'web'): Service => ({
  metadata: { name, namespace: 'default' },
  spec: { type: 'LoadBalancer', externalTrafficPolicy },
});
const slice = (...endpoints: [nodeName: string, state: 'ready' | 'not ready' | 'ending'][]): EndpointSlice => ({
  metadata: { name: 's' },
  addressType: 'IPv4',
  ports: [],
  endpoints: endpoints.map(([nodeName, state]) => ({
    addresses: ['10.0.0.1'],
    nodeName,
    conditions: { ready: state === 'ready', serving: state !== 'not ready', terminating: state === 'ending' },
  })),
});
const three = ['a', 'b', 'c'].map((name) => node(name));

const cases: { name: string; policy?: string; nodes?: Node[]; slices?: EndpointSlice[]; want: string[] }[] = [
  { name: 'all nodes that are ready', nodes: [...three, node('d', { ready: 'Unknown' })], want: ['a', 'b', 'c'] },
  {
    name: 'none that is excluded, or about to be taken away',
    nodes: [
      node('a', { labels: { 'node.kubernetes.io/exclude-from-external-load-balancers': '' } }),
      node('b', { taint: 'ToBeDeletedByClusterAutoscaler' }),
      node('c', { taint: 'node.kubernetes.io/unschedulable' }),
    ],
    want: ['c'],
  },
  { name: 'policy Cluster does not look at endpoints', slices: [slice(['a', 'ready'])], want: ['a', 'b', 'c'] },
  {
    name: 'policy Local: nodes with ready endpoints',
    policy: 'Local',
    slices: [slice(['a', 'ready'], ['b', 'not ready']), slice(['c', 'ready'])],
    want: ['a', 'c'],
  },
  {
    name: 'policy Local: endpoints that end while others are ready do not count',
    policy: 'Local',
    slices: [slice(['a', 'ready'], ['b', 'ending'])],
    want: ['a'],
  },
  {
    name: 'policy Local: for want of ready ones, those that end',
    policy: 'Local',
    slices: [slice(['b', 'ending'])],
    want: ['b'],
  },
  { name: 'policy Local: no endpoints: any node refuses', policy: 'Local', slices: [], want: ['a', 'b', 'c'] },
  {
    name: 'policy Local: endpoints on a node that is not ready alone',
    policy: 'Local',
    nodes: [node('a'), node('b', { ready: 'False' })],
    slices: [slice(['b', 'ready'])],
    want: [],
  },
];
describe('candidatesFor', () => {
  for (const { name, policy = 'Cluster', nodes = three, slices = [], want } of cases) {
    test(name, () => assert.deepEqual([...candidatesFor(service(policy), nodes, slices)].sort(), want));
  }

  test('every node has the same order, Services spread, and only those of a node that goes move', () => {
    const names = Array.from({ length: 60 }, (_, i) => `service-${i}`);
    const nodes = ['a', 'b', 'c', 'd'].map((name) => node(name));
    const first = (name: string, among: Node[]) => candidatesFor(service('Cluster', name), among, [])[0];
    const before = new Map(names.map((name) => [name, first(name, nodes)]));
    const counts = Map.groupBy(before.values(), (one) => one);
    for (const one of ['a', 'b', 'c', 'd']) assert.ok((counts.get(one)?.length ?? 0) >= 5, `${one} has its share`);
    const reversed = nodes.toReversed();
    for (const name of names) assert.equal(first(name, reversed), before.get(name));
    const without = nodes.filter(({ metadata }) => metadata.name !== 'a');
    for (const name of names) if (before.get(name) !== 'a') assert.equal(first(name, without), before.get(name));
  });
});

describe('isUpTo', () => {
  const candidates = ['a', 'b', 'c', 'd'];
  for (const { who, gone, want, asks } of [
    { who: 'a', gone: [], want: true, asks: [] },
    { who: 'b', gone: [], want: false, asks: ['a'] },
    { who: 'b', gone: ['a'], want: true, asks: ['a'] },
    { who: 'd', gone: ['a'], want: false, asks: ['c'] },
    { who: 'd', gone: ['c', 'a'], want: false, asks: ['c', 'b'] },
    { who: 'd', gone: ['a', 'b', 'c'], want: true, asks: ['c', 'b', 'a'] },
    { who: 'x', gone: ['a', 'b', 'c', 'd'], want: false, asks: [] },
  ]) {
    test(`${who} of ${candidates.join('')}, ${gone.join('') || 'nobody'} gone: ${want}`, () => {
      const asked: string[] = [];
      const isGone = (name: string) => {
        asked.push(name);
        return gone.includes(name);
      };
      assert.equal(isUpTo(who, candidates, isGone), want);
      assert.deepEqual(asked, asks);
    });
  }
});
