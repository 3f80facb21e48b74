// topology-mode: Auto. Endpoints are written as zone and number: a3 is the third one that runs in zone a.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Endpoint, Node } from '#api/index.ts';
import { pod, service, settle } from './objects.testing.ts';
import { allocate, nodeShare, zoneRatios } from './topology.ts';

const node = (zone: string, cpu: string, shape: { ready?: boolean; labels?: Record<string, string> } = {}): Node => ({
  metadata: { name: 'n', labels: { ...(zone && { 'topology.kubernetes.io/zone': zone }), ...shape.labels } },
  spec: {},
  status: {
    ...(cpu && { allocatable: { cpu } }),
    conditions: [{ type: 'Ready', status: shape.ready === false ? 'False' : 'True' }],
  },
});
const ratiosOf = (nodes: readonly Node[]) => zoneRatios(nodes.map(nodeShare).filter((share) => share !== undefined));
/** So many endpoints in each zone. */
const endpointsIn = (zones: Record<string, number>): Map<string, Endpoint> =>
  new Map(
    Object.entries(zones).flatMap(([zone, count]) =>
      Array.from({ length: count }, (_, i): [string, Endpoint] => [`${zone}${i + 1}`, { addresses: [], zone }]),
    ),
  );
const counts = (allocated: ReturnType<typeof allocate>): Record<string, number> => {
  assert.ok(typeof allocated !== 'string', String(allocated));
  const of: Record<string, number> = {};
  for (const zone of [...allocated.values()].sort()) of[zone] = (of[zone] ?? 0) + 1;
  return of;
};

describe('zoneRatios', () => {
  const cases: { name: string; nodes: Node[]; want: ReturnType<typeof zoneRatios> }[] = [
    {
      name: 'by CPU',
      nodes: [node('a', '3'), node('b', '500m'), node('b', '500m')],
      want: new Map([
        ['a', 0.75],
        ['b', 0.25],
      ]),
    },
    {
      name: 'without nodes that are not ready, and control planes',
      nodes: [
        node('a', '1'),
        node('b', '1'),
        node('b', '8', { ready: false }),
        node('', '', { labels: { 'node-role.kubernetes.io/control-plane': '' } }),
        node('c', '8', { labels: { 'node-role.kubernetes.io/master': '' } }),
      ],
      want: new Map([
        ['a', 0.5],
        ['b', 0.5],
      ]),
    },
    { name: 'one zone', nodes: [node('a', '1'), node('a', '1')], want: 'Nodes only ready in one zone' },
    ...[[node('a', '1'), node('', '1')], [node('a', '1'), node('b', '')], [node('a', '1'), node('b', '0')], []].map(
      (nodes, i) => ({
        name: `what is not known (${i + 1})`,
        nodes,
        want: 'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes',
      }),
    ),
  ];
  for (const { name, nodes, want } of cases) {
    test(name, () => assert.deepEqual(ratiosOf(nodes), want));
  }
});

const half = ratiosOf([node('a', '1'), node('b', '1')]);
const thirds = ratiosOf([node('a', '1'), node('b', '1'), node('c', '1')]);

describe('allocate', () => {
  for (const { name, zones, ratios, want } of [
    { name: 'each its own where that is even', zones: { a: 2, b: 2 }, ratios: half, want: { a: 2, b: 2 } },
    { name: 'what one zone has too many', zones: { a: 4 }, ratios: half, want: { a: 2, b: 2 } },
    { name: 'not for less than a whole endpoint', zones: { a: 6, b: 5 }, ratios: half, want: { a: 6, b: 5 } },
    { name: 'by thirds, exactly', zones: { a: 6 }, ratios: thirds, want: { a: 2, b: 2, c: 2 } },
    {
      name: 'by the CPUs',
      zones: { a: 4, b: 4 },
      ratios: ratiosOf([node('a', '3'), node('b', '1')]),
      want: { a: 6, b: 2 },
    },
    { name: 'from a zone that has no nodes any more', zones: { a: 2, gone: 2 }, ratios: half, want: { a: 2, b: 2 } },
  ]) {
    test(name, () => assert.deepEqual(counts(allocate(endpointsIn(zones), new Map(), ratios)), want));
  }

  test('what was given stays, while others come and go', () => {
    const first = allocate(endpointsIn({ a: 4, b: 2 }), new Map(), half);
    assert.ok(typeof first !== 'string');
    const second = allocate(endpointsIn({ a: 4, b: 3 }), first, half);
    assert.ok(typeof second !== 'string');
    for (const [identity, zone] of first) assert.equal(second.get(identity), zone);
    assert.equal(second.get('b3'), 'b');
  });

  test('what was given is taken when a zone would have too few', () => {
    const given = new Map(['a1', 'a2', 'a3', 'a4'].map((identity) => [identity, 'a']));
    assert.deepEqual(counts(allocate(endpointsIn({ a: 4 }), given, half)), { a: 2, b: 2 });
  });

  for (const { name, zones, ratios, want } of [
    {
      name: 'fewer endpoints than zones',
      zones: { a: 1 },
      ratios: half,
      want: 'Insufficient number of endpoints (1 endpoints, 2 zones)',
    },
    {
      name: 'too few to give each its share',
      zones: { a: 2, b: 1 },
      ratios: half,
      want: 'Unable to allocate minimum required endpoints to each zone without exceeding overload threshold (3 endpoints, 2 zones)',
    },
    {
      name: 'no zone',
      zones: { a: 2, '': 2 },
      ratios: half,
      want: 'One or more endpoints do not have a zone specified',
    },
    {
      name: 'what nodes lack',
      zones: { a: 2 },
      ratios: 'Nodes only ready in one zone',
      want: 'Nodes only ready in one zone',
    },
  ]) {
    test(`gives none for ${name}`, () => assert.equal(allocate(endpointsIn(zones), new Map(), ratios), want));
  }

  test('no endpoint gets over 20 % more than its share, whatever there was before', () => {
    const some = fc.record({ a: fc.nat(12), b: fc.nat(12), c: fc.nat(12) });
    const cpus = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 3, maxLength: 3 });
    const before = fc.array(fc.constantFrom('a', 'b', 'c', 'gone'), { size: 'max', maxLength: 36 });
    fc.assert(
      fc.property(some, cpus, before, (zones, [a, b, c], zonesBefore) => {
        const ratios = ratiosOf([node('a', `${a}`), node('b', `${b}`), node('c', `${c}`)]);
        const endpoints = endpointsIn(zones);
        const given = new Map([...endpoints.keys()].map((identity, i) => [identity, zonesBefore[i] ?? 'a']));
        const allocated = allocate(endpoints, given, ratios);
        if (typeof allocated === 'string') return;
        assert.equal(allocated.size, endpoints.size);
        const had = counts(allocated);
        for (const [zone, ratio] of ratios as Map<string, number>) {
          const load = (ratio * endpoints.size) / (had[zone] ?? 0);
          assert.ok(load <= 1.2 + 1e-5, `${zone}: ${load} of ${JSON.stringify(had)}`);
        }
        assert.deepEqual(allocate(endpoints, allocated, ratios), allocated, 'and it stays so');
      }),
      { numRuns: 1000 },
    );
  });
});

test('a plan puts the hints on ready endpoints, writes nothing when all is said, and takes them away', () => {
  const auto = service({}, { annotations: { 'service.kubernetes.io/topology-mode': 'auto' } });
  const four = [pod(1), pod(2), pod(3), pod(4), pod(5, { ready: false })];
  const zones = new Map([
    ['a', 0.5],
    ['b', 0.5],
  ]);
  const hints = ({ slices }: ReturnType<typeof settle>) =>
    slices.flatMap(({ endpoints }) => endpoints.map((one) => one.hints?.forZones?.[0]?.name));
  const first = settle(auto, four, [], { zones });
  assert.deepEqual(first.result.topology, [{ family: 'IPv4', disabled: undefined }]);
  assert.deepEqual(hints(first).toSorted(), ['a', 'a', 'b', 'b', undefined]);
  const again = settle(auto, four, first.slices, { zones });
  assert.deepEqual([again.result.update, again.result.create, again.result.delete], [[], [], []]);
  const poor = settle(auto, four, first.slices, { zones: 'Nodes only ready in one zone' });
  assert.deepEqual(poor.result.topology, [{ family: 'IPv4', disabled: 'Nodes only ready in one zone' }]);
  assert.deepEqual(hints(poor), [undefined, undefined, undefined, undefined, undefined]);
  const off = settle(service(), four, first.slices, { zones });
  assert.deepEqual([off.result.topology, new Set(hints(off))], [[], new Set([undefined])]);
});
