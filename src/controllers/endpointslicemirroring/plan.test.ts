// Slices are written as text: family[ports](addresses), those that are not ready with an exclamation mark.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EndpointSlice, Endpoints, Service } from '#api/index.ts';
import { triggerTimeAnnotation } from '#api/well-known-labels.ts';
import { capacity, isMirrored, managedBy, plan } from './plan.ts';

type Subset = NonNullable<Endpoints['subsets']>[number];
const subset = (ready: string[], ports: number[], notReady: string[] = []): Subset => ({
  addresses: ready.map((ip) => ({ ip })),
  notReadyAddresses: notReady.map((ip) => ({ ip })),
  ports: ports.map((port) => ({ ...(ports.length > 1 && { name: `p${port}` }), port, protocol: 'TCP' })),
});
const endpoints = (subsets: Subset[], metadata: Partial<Endpoints['metadata']> = {}): Endpoints => ({
  metadata: { name: 'db', namespace: 'default', uid: 'ep', ...metadata },
  subsets,
});
const many = (count: number): string[] => Array.from({ length: count }, (_, i) => `192.0.${i >> 8}.${i & 255}`);

let serial = 0;
/** As the server would store it. */
const stored = (slice: EndpointSlice): EndpointSlice => {
  serial += 1;
  const { name = `db-${serial}`, uid = `slice-${serial}` } = slice.metadata;
  return structuredClone({ ...slice, metadata: { ...slice.metadata, name, uid } });
};
const text = ({ addressType, ports, endpoints: members }: EndpointSlice): string =>
  `${addressType}[${ports.map(({ name, port }) => `${name}:${port}`)}](${members
    .map(({ addresses, conditions }) => `${conditions?.ready ? '' : '!'}${addresses}`)
    .join()})`;

for (const { name, subsets, want } of [
  { name: 'no subsets', subsets: [], want: [] },
  { name: 'one address', subsets: [subset(['192.0.2.1'], [80])], want: ['IPv4[:80](192.0.2.1)'] },
  {
    name: 'what is not ready, in the same slice',
    subsets: [subset(['192.0.2.1'], [80], ['192.0.2.2'])],
    want: ['IPv4[:80](192.0.2.1,!192.0.2.2)'],
  },
  {
    name: 'families apart, in their usual notation',
    subsets: [subset(['192.0.2.1', '2001:DB8:0::1'], [80, 81])],
    want: ['IPv4[p80:80,p81:81](192.0.2.1)', 'IPv6[p80:80,p81:81](2001:db8::1)'],
  },
  {
    name: 'subsets of the same ports together, of others apart',
    subsets: [subset(['192.0.2.1'], [80]), subset(['192.0.2.1'], [81]), subset(['192.0.2.2'], [80], ['192.0.2.1'])],
    want: ['IPv4[:80](192.0.2.1,192.0.2.2)', 'IPv4[:81](192.0.2.1)'],
  },
  { name: 'no ports', subsets: [subset(['192.0.2.1'], [])], want: ['IPv4[](192.0.2.1)'] },
]) {
  test(`mirrors ${name}`, () => {
    const made = plan(endpoints(subsets), []);
    assert.deepEqual(made.create.map(text), want);
    const again = plan(endpoints(subsets), made.create.map(stored));
    assert.deepEqual([again.create, again.update, again.delete], [[], [], []], 'once');
  });
}

test('a slice says whose it is, and carries the labels and annotations', () => {
  const labels = { team: 'x', 'kubernetes.io/service-name': 'other' };
  const annotations = {
    note: 'y',
    'kubectl.kubernetes.io/last-applied-configuration': '{}',
    [triggerTimeAnnotation]: '2026-01-01T00:00:00Z',
  };
  const [slice] = plan(endpoints([subset(['192.0.2.1'], [80])], { labels, annotations }), []).create;
  assert.deepEqual(slice?.metadata, {
    generateName: 'db-',
    namespace: 'default',
    labels: {
      team: 'x',
      'kubernetes.io/service-name': 'db',
      'endpointslice.kubernetes.io/managed-by': managedBy,
    },
    annotations: { note: 'y' },
    ownerReferences: [
      { apiVersion: 'v1', kind: 'Endpoints', name: 'db', uid: 'ep', controller: true, blockOwnerDeletion: true },
    ],
  });
});

test('an address keeps its name, its node and what it leads to', () => {
  const targetRef = { kind: 'Pod', name: 'p', namespace: 'default' };
  const address = { ip: '192.0.2.1', hostname: 'h', nodeName: 'n', targetRef };
  const [slice] = plan(endpoints([{ addresses: [address] }]), []).create;
  assert.deepEqual(slice?.endpoints, [
    { addresses: ['192.0.2.1'], conditions: { ready: true }, hostname: 'h', nodeName: 'n', targetRef },
  ]);
});

test('changes go into the slices that are there; what has no endpoints left goes', () => {
  const first = plan(endpoints([subset(['192.0.2.1'], [80]), subset(['192.0.2.1'], [81])]), []).create.map(stored);
  const next = plan(endpoints([subset([], [80], ['192.0.2.1', '192.0.2.2'])], { labels: { team: 'x' } }), first);
  assert.deepEqual([next.create, next.update.map(text)], [[], ['IPv4[:80](!192.0.2.1,!192.0.2.2)']]);
  assert.deepEqual(
    [next.update[0]?.metadata.uid, next.update[0]?.metadata.labels?.team],
    [first[0]?.metadata.uid, 'x'],
  );
  assert.deepEqual(next.delete, [first[1]]);
});

test('a slice that would be deleted is written anew for other ports of the same family, with the labels of now', () => {
  const first = plan(endpoints([subset(['192.0.2.1', '2001:db8::1'], [80])]), []).create.map(stored);
  const changed = endpoints([subset(['192.0.2.1', '192.0.2.2'], [81])], { labels: { team: 'y' } });
  const { create, update, delete: gone } = plan(changed, first);
  assert.deepEqual(create, []);
  assert.deepEqual(update.map(text), ['IPv4[:81](192.0.2.1,192.0.2.2)']);
  assert.equal(update[0]?.metadata.uid, first.find(({ addressType }) => addressType === 'IPv4')?.metadata.uid);
  assert.equal(update[0]?.metadata.labels?.team, 'y');
  assert.deepEqual(
    gone.map(({ addressType }) => addressType),
    ['IPv6'],
  );
});

test('slices of Endpoints that were there before are replaced', () => {
  const subsets = [subset(['192.0.2.1'], [80])];
  const old = plan(endpoints(subsets, { uid: 'before' }), []).create.map(stored);
  const { create, update, delete: gone } = plan(endpoints(subsets), old);
  assert.deepEqual([create.map(text), update, gone], [['IPv4[:80](192.0.2.1)'], [], old]);
});

test('a thousand addresses of a subset, and of a slice; what is no address is left out', () => {
  const over = plan(endpoints([subset(['nowhere', ...many(capacity)], [80], ['198.51.100.1'])]), []);
  assert.deepEqual([over.create[0]?.endpoints.length, over.invalid, over.skipped], [capacity, 1, 1]);
  const two = plan(endpoints([subset(many(capacity), [80]), subset(['198.51.100.1'], [80])]), []);
  assert.deepEqual(
    two.create.map((slice) => slice.endpoints.length),
    [capacity, 1],
  );
});

for (const { name, metadata = {}, selector, want } of [
  { name: 'by hand', want: true },
  { name: 'with a selector', selector: { app: 'db' }, want: false },
  {
    name: 'labelled to be skipped',
    metadata: { labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
    want: false,
  },
  { name: 'labelled otherwise', metadata: { labels: { 'endpointslice.kubernetes.io/skip-mirror': 'no' } }, want: true },
  {
    name: 'of an election',
    metadata: { annotations: { 'control-plane.alpha.kubernetes.io/leader': '{}' } },
    want: false,
  },
]) {
  test(`Endpoints ${name}: ${want ? 'mirrored' : 'not mirrored'}`, () => {
    const service: Service = { metadata: { name: 'db' }, spec: { ...(selector && { selector }) } };
    assert.equal(isMirrored(endpoints([], metadata), service), want);
  });
}
