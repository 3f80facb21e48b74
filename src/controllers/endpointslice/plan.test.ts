// What is written for which pods. Pods 10.244/16, nodes n1 (zone a), n2 (no zone).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EndpointSlice, Node } from '#api/index.ts';
import { triggerTimeAnnotation } from '#api/well-known-labels.ts';
import { pod, pods, service, settle } from './objects.testing.ts';
import { plan } from './plan.ts';

const sizes = (slices: EndpointSlice[]): number[] =>
  slices.map(({ endpoints }) => endpoints.length).sort((a, b) => a - b);
const writes = ({ create, update, delete: gone }: ReturnType<typeof plan>) => [
  create.length,
  update.length,
  gone.length,
];

test('an endpoint has all that consumers read of it', () => {
  const { result } = settle(service(), [pod(1, { spec: { hostname: 'h', subdomain: 'web' } })], [], {
    trigger: '2026-01-01T00:00:00Z',
  });
  assert.deepEqual(result.create, [
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        generateName: 'web-',
        namespace: 'default',
        labels: {
          team: 'x',
          'kubernetes.io/service-name': 'web',
          'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        },
        ownerReferences: [
          { apiVersion: 'v1', kind: 'Service', name: 'web', uid: 'svc', controller: true, blockOwnerDeletion: true },
        ],
        annotations: { [triggerTimeAnnotation]: '2026-01-01T00:00:00Z' },
      },
      addressType: 'IPv4',
      endpoints: [
        {
          addresses: ['10.244.0.2'],
          conditions: { ready: true, serving: true, terminating: false },
          hostname: 'h',
          targetRef: { kind: 'Pod', namespace: 'default', name: 'p1', uid: 'uid-1' },
          nodeName: 'n1',
          zone: 'a',
        },
      ],
      ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
    },
  ]);
});

// dns.md §14.2: the name is one of the Service's own domain, whatever the Service's type.
for (const { spec, of = {}, want } of [
  { spec: { hostname: 'h', subdomain: 'web' }, want: 'h' },
  { spec: { hostname: 'h', subdomain: 'web' }, of: { clusterIP: 'None' }, want: 'h' },
  { spec: { hostname: 'h', subdomain: 'other' }, want: undefined },
  { spec: { hostname: 'h', subdomain: 'Web' }, want: undefined },
  { spec: { hostname: 'web' }, want: undefined },
  { spec: { subdomain: 'web' }, want: undefined },
  { spec: { hostname: '', subdomain: 'web' }, want: undefined },
  { spec: {}, of: { clusterIP: 'None' }, want: undefined },
]) {
  test(`the host name of an endpoint of web, a pod with ${JSON.stringify(spec)}, ${JSON.stringify(of)}`, () => {
    const { slices } = settle(service(of), [pod(1, { spec })]);
    const [endpoint] = slices[0]?.endpoints ?? [];
    assert.ok(endpoint);
    assert.equal(endpoint.hostname, want);
    assert.equal('hostname' in endpoint, want !== undefined);
  });
}

for (const { name, shape, spec, want } of [
  { name: 'ready', want: [true, true, false] },
  { name: 'not ready', shape: { ready: false }, want: [false, false, false] },
  { name: 'terminating and still serving', shape: { deleting: true }, want: [false, true, true] },
  { name: 'terminating and no longer serving', shape: { deleting: true, ready: false }, want: [false, false, true] },
  {
    name: 'published though not ready',
    shape: { ready: false },
    spec: { publishNotReadyAddresses: true },
    want: [true, false, false],
  },
  {
    name: 'published while terminating',
    shape: { deleting: true },
    spec: { publishNotReadyAddresses: true },
    want: [true, true, true],
  },
]) {
  test(`conditions of a pod that is ${name}`, () => {
    const { slices } = settle(service(spec), [pod(1, shape)]);
    const { ready, serving, terminating } = slices[0]?.endpoints[0]?.conditions ?? {};
    assert.deepEqual([ready, serving, terminating], want);
  });
}

for (const { name, shape } of [
  { name: 'has ended', shape: { phase: 'Succeeded' } },
  { name: 'has no address', shape: { ips: [] } },
  { name: 'has no address of the family', shape: { ips: ['fd00::1'] } },
]) {
  test(`a pod that ${name} is no endpoint, and a placeholder is kept`, () => {
    const first = settle(service(), [pod(1, shape)]);
    assert.deepEqual(
      first.slices.map(({ endpoints, ports }) => ({ endpoints, ports })),
      [{ endpoints: [], ports: [] }],
    );
    assert.deepEqual(writes(settle(service(), [pod(1, shape)], first.slices).result), [0, 0, 0]);
  });
}

test('a pod whose node is unknown is left out and reported, unless unready pods are published', () => {
  const lost = pod(1, { node: 'nowhere' });
  assert.equal(settle(service(), [lost]).result.withoutNode.length, 1);
  const published = settle(service({ publishNotReadyAddresses: true }), [lost]);
  assert.equal(published.result.withoutNode.length, 0);
  assert.deepEqual(sizes(published.slices), [1]);
});

test('a named target port that differs between pods makes two slices', () => {
  const { slices } = settle(service(), [pod(1), pod(2, { port: 9090 }), pod(3, { port: 0 })]);
  const ports = slices.map((slice) => [slice.ports[0]?.port, slice.endpoints.length]);
  assert.deepEqual(ports, [
    [8080, 1],
    [9090, 1],
    [undefined, 1],
  ]);
});

test('a named target port is found in a sidecar, and only with its protocol', () => {
  const sidecar = {
    name: 's',
    restartPolicy: 'Always',
    ports: [{ name: 'http', containerPort: 7070, protocol: 'UDP' }],
  };
  const both = pod(1, { port: 0, spec: { initContainers: [sidecar] } });
  assert.deepEqual(settle(service(), [both]).slices[0]?.ports, []);
  const udp = service({ ports: [{ port: 53, protocol: 'UDP', targetPort: 'http' }] });
  assert.deepEqual(settle(udp, [both]).slices[0]?.ports, [{ name: '', protocol: 'UDP', port: 7070 }]);
});

test('a headless Service without ports has endpoints without ports, and the headless label', () => {
  const { slices } = settle(service({ clusterIP: 'None', ports: [] }), [pod(1)]);
  assert.deepEqual(slices[0]?.ports, []);
  assert.equal(slices[0]?.metadata.labels?.['service.kubernetes.io/headless'], '');
  assert.deepEqual(sizes(slices), [1]);
});

test('every family of the Service has slices of its own, and those of a family that is dropped go', () => {
  const dual = service({ ipFamilies: ['IPv4', 'IPv6'] });
  const both = [pod(1, { ips: ['10.244.0.1', 'fd00:0::00a'] })];
  const first = settle(dual, both);
  assert.deepEqual(
    first.slices.map(({ addressType, endpoints }) => [addressType, endpoints[0]?.addresses]),
    [
      ['IPv4', ['10.244.0.1']],
      ['IPv6', ['fd00::a']],
    ],
  );
  const single = settle(service(), both, first.slices);
  assert.deepEqual(writes(single.result), [0, 0, 1]);
});

test('endpoints are packed by 100, topped up where a slice is written anyway, and never rebalanced', () => {
  const first = settle(service(), pods(0, 250));
  assert.deepEqual(sizes(first.slices), [50, 100, 100]);
  assert.deepEqual(writes(settle(service(), pods(0, 250), first.slices).result), [0, 0, 0], 'nothing to do');
  // Thirty more fit whole into the slice of fifty.
  const more = settle(service(), pods(0, 280), first.slices);
  assert.deepEqual(writes(more.result), [0, 1, 0]);
  assert.deepEqual(sizes(more.slices), [80, 100, 100]);
  // Ten go from a full slice, ten others come: they take the place of those.
  const swapped = settle(service(), [...pods(10, 280), ...pods(400, 410)], more.slices);
  assert.deepEqual(writes(swapped.result), [0, 1, 0]);
  assert.deepEqual(sizes(swapped.slices), [80, 100, 100]);
  // Fifty more do not fit whole into the room of twenty.
  const grown = settle(service(), [...pods(10, 280), ...pods(400, 460)], swapped.slices);
  assert.deepEqual(writes(grown.result), [1, 0, 0]);
  assert.deepEqual(sizes(grown.slices), [50, 80, 100, 100]);
  const all = grown.slices.flatMap(({ endpoints }) => endpoints.map(({ addresses }) => addresses[0]));
  assert.equal(new Set(all).size, 330);
});

test('a change of readiness is an update of the one slice that holds the pod', () => {
  const first = settle(service(), pods(0, 150));
  const changed = pods(0, 150).with(120, pod(120, { ready: false }));
  const { result, slices } = settle(service(), changed, first.slices);
  assert.deepEqual(writes(result), [0, 1, 0]);
  assert.deepEqual(sizes(slices), [50, 100]);
});

test('the trigger time is on slices written now and on no others', () => {
  const first = settle(service(), pods(0, 101), [], { trigger: '2026-01-01T00:00:00Z' });
  const { result } = settle(service(), pods(1, 101), first.slices);
  assert.equal(result.update.length, 1);
  assert.equal(result.update[0]?.metadata.annotations, undefined);
});

test('a slice that would be deleted is written anew for other ports: one write, the same object', () => {
  const first = settle(service(), [pod(1)]);
  const { result } = settle(service(), [pod(1, { port: 9090 })], first.slices);
  assert.deepEqual(writes(result), [0, 1, 0]);
  assert.equal(result.update[0]?.metadata.name, first.slices[0]?.metadata.name);
  assert.equal(result.update[0]?.ports[0]?.port, 9090);
  const empty = settle(service(), [], first.slices);
  assert.deepEqual(writes(empty.result), [0, 1, 0], 'the last endpoint goes: the slice becomes the placeholder');
});

test('labels of the Service are followed; annotations of others stay', () => {
  const first = settle(service(), [pod(1)]);
  const marked = first.slices.map((slice) => ({ ...slice, metadata: { ...slice.metadata, annotations: { a: 'b' } } }));
  const { result } = settle(service({}, { labels: { team: 'y' } }), [pod(1)], marked);
  assert.deepEqual(writes(result), [0, 1, 0]);
  assert.equal(result.update[0]?.metadata.labels?.team, 'y');
  assert.deepEqual(result.update[0]?.metadata.annotations, { a: 'b' });
});

test('slices of a Service of the same name that is gone are replaced; a Service that goes gets no new ones', () => {
  const first = settle(service(), [pod(1)]);
  const { result } = settle(service({}, { uid: 'another' }), [pod(1)], first.slices);
  assert.deepEqual(writes(result), [1, 0, 1]);
  const going = service({}, { deletionTimestamp: '2026-01-01T00:00:00Z' });
  assert.deepEqual(writes(settle(going, [pod(1)]).result), [0, 0, 0]);
});

test('slices that are topped up are of the size that is asked for', () => {
  const first = settle(service(), pods(0, 7), [], { maxPerSlice: 3 });
  assert.deepEqual(sizes(first.slices), [1, 3, 3]);
  const more = settle(service(), pods(0, 9), first.slices, { maxPerSlice: 3 });
  assert.deepEqual(writes(more.result), [0, 1, 0]);
  assert.deepEqual(more.result.counts, { endpoints: 9, slices: 3, fewestSlices: 3, added: 2, removed: 0 });
  const less = settle(service(), pods(0, 2), more.slices, { maxPerSlice: 3 });
  assert.deepEqual(less.result.counts, { endpoints: 2, slices: 1, fewestSlices: 1, added: 0, removed: 7 });
  const none = settle(service(), [], less.slices);
  assert.deepEqual(none.result.counts, { endpoints: 0, slices: 1, fewestSlices: 1, added: 0, removed: 0 });
});

test('of a Service of many pods, whose endpoints are remembered, every change is seen', () => {
  const dual = service({ ipFamilies: ['IPv4', 'IPv6'], trafficDistribution: 'PreferSameZone' });
  const many = Array.from({ length: 150 }, (_, i) => pod(i, { ips: [`10.244.1.${i}`, `fd00::1${i}`] }));
  const first = settle(dual, many);
  assert.deepEqual(sizes(first.slices), [50, 50, 100, 100]);
  assert.deepEqual(writes(settle(dual, many, first.slices).result), [0, 0, 0]);
  const changed = many.with(7, pod(7, { ips: ['10.244.1.7', 'fd00::17'], ready: false }));
  const second = settle(dual, changed, first.slices);
  assert.deepEqual(writes(second.result), [0, 2, 0], 'a slice of each family');
  assert.deepEqual(writes(settle(dual, many, second.slices).result), [0, 2, 0], 'and back');
  const moved: Node = { metadata: { name: 'n1', labels: { 'topology.kubernetes.io/zone': 'b' } }, spec: {} };
  const elsewhere = plan({ service: dual, pods: many, nodeOf: () => moved, slices: first.slices });
  assert.deepEqual(writes(elsewhere), [0, 4, 0]);
  const all = elsewhere.update.flatMap(({ endpoints }) => endpoints);
  assert.ok(all.every(({ zone, hints }) => zone === 'b' && hints?.forZones?.[0]?.name === 'b'));
  const other = service({ ports: [{ port: 80, targetPort: 81 }] });
  assert.deepEqual(writes(settle(other, many, first.slices).result), [0, 2, 2], 'another version of the Service');
});
