import assert from 'node:assert/strict';
import { test } from 'node:test';
import { humanDuration } from '../duration.ts';
import type { ConfigMap, Event, Secret } from '../schema/core.ts';
import type { Node } from '../schema/node.ts';
import { configMapKind } from './config-map.ts';
import { eventKind } from './event.ts';
import { leaseKind } from './lease.ts';
import { namespaceKind } from './namespace.ts';
import { nodeKind } from './node.ts';
import { secretKind } from './secret.ts';
import { serviceAccountKind } from './service-account.ts';
import { cells, created, texts, updated } from './testing.ts';

const now = new Date('2026-01-01T01:00:00Z');
const metadata = { name: 'a', namespace: 'default', creationTimestamp: '2026-01-01T00:00:00Z' };

test('ages have at most two units', () => {
  const [s, m, h, d] = [1000, 60_000, 3_600_000, 86_400_000];
  const table: [number, string][] = [
    [-2 * s, '<invalid>'],
    [-1.5 * s, '0s'],
    [0, '0s'],
    [119 * s, '119s'],
    [2 * m, '2m'],
    [2 * m + 5 * s, '2m5s'],
    [10 * m + 5 * s, '10m'],
    [179 * m, '179m'],
    [3 * h, '3h'],
    [3 * h + 5 * m, '3h5m'],
    [8 * h + 5 * m, '8h'],
    [47 * h, '47h'],
    [48 * h, '2d'],
    [49 * h, '2d1h'],
    [8 * d + h, '8d'],
    [729 * d, '729d'],
    [730 * d, '2y'],
    [740 * d, '2y10d'],
    [8 * 365 * d + 9 * d, '8y'],
  ];
  for (const [ms, want] of table) assert.equal(humanDuration(ms), want, String(ms));
});

test('a namespace is labelled with its name, and held until it is empty', () => {
  const namespace = created(namespaceKind, { metadata: { name: 'a' } });
  assert.deepEqual(namespace, {
    metadata: { name: 'a', labels: { 'kubernetes.io/metadata.name': 'a' } },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  });
  const emptied = updated(namespaceKind, namespace, ({ spec, metadata }) => {
    delete spec.finalizers;
    delete metadata.labels;
  });
  assert.deepEqual(emptied, namespace);
  const deleted = { ...namespace, metadata: { name: 'a', deletionTimestamp: '2026-01-01T00:00:00Z' } };
  assert.deepEqual(texts(namespaceKind.validateStatusUpdate?.(deleted, namespace) ?? []), [
    'status.Phase: Invalid value: "Active": may only be \'Terminating\' if `deletionTimestamp` is not empty',
  ]);
  assert.deepEqual(cells(namespaceKind.columns, namespace, now), ['a', 'Active', '<unknown>']);
});

test('a node is what it reports', () => {
  const node = (rest: object): Node => created(nodeKind, { metadata: { ...metadata, namespace: undefined }, ...rest });
  const row = (rest: object, wide = false) => cells(nodeKind.columns, node(rest), now, wide).join(' ');
  const ready = (status: string) => ({ status: { conditions: [{ type: 'Ready', status }] } });
  assert.equal(row({}), 'a Unknown <none> 60m ');
  assert.equal(row(ready('True')), 'a Ready <none> 60m ');
  assert.equal(
    row({ ...ready('Unknown'), spec: { unschedulable: true } }),
    'a NotReady,SchedulingDisabled <none> 60m ',
  );
  const labels = {
    'node-role.kubernetes.io/worker': '',
    'node-role.kubernetes.io/control-plane': '',
    'kubernetes.io/role': 'x',
  };
  assert.equal(
    row(
      {
        metadata: { ...metadata, labels },
        status: {
          addresses: [{ type: 'InternalIP', address: '10.254.0.11' }],
          nodeInfo: { kubeletVersion: 'v1.33.0', osImage: 'Debian', kernelVersion: '6.1', containerRuntimeVersion: '' },
        },
      },
      true,
    ),
    'a Unknown control-plane,worker,x 60m v1.33.0 10.254.0.11 <none> Debian 6.1 <unknown>',
  );
  const full = node({ spec: { podCIDR: '10.244.1.0/24' }, status: { capacity: { cpu: '2' } } });
  assert.deepEqual(full.spec.podCIDRs, ['10.244.1.0/24']);
  assert.deepEqual(full.status?.allocatable, { cpu: '2' });
  const moved = updated(nodeKind, full, (object) => {
    object.spec = { podCIDR: '10.244.2.0/24' };
  });
  assert.deepEqual(texts(nodeKind.validateUpdate?.(moved, full) ?? []), [
    'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
  ]);
  const tainted = node({ spec: { taints: [{ effect: 'NoSchedule' }, { key: 'a', effect: 'Never' }] } });
  assert.deepEqual(texts(nodeKind.validate?.(tainted) ?? []), [
    'spec.taints[0].key: Required value',
    'spec.taints[1].effect: Unsupported value: "Never": supported values: "NoExecute", "NoSchedule", "PreferNoSchedule"',
  ]);
});

test('a ConfigMap has keys that are file names, and may be sealed', () => {
  const make = (rest: object): ConfigMap => created(configMapKind, { metadata, ...rest });
  const errors = (rest: object) => texts(configMapKind.validate?.(make(rest)) ?? []);
  assert.deepEqual(errors({ data: { 'a.conf': 'x', _b: '' }, binaryData: { c: 'AA==' } }), []);
  assert.match(
    errors({ data: { 'a b': '' } })[0] ?? '',
    /^data\[a b\]: Invalid value: "a b": a valid config key must consist/,
  );
  assert.deepEqual(errors({ data: { '..': '' } }), [`data[..]: Invalid value: "..": must not start with '..'`]);
  assert.deepEqual(errors({ data: { a: '' }, binaryData: { a: 'AA==' } }), [
    'data[a]: Invalid value: "a": duplicate of key present in binaryData',
  ]);
  assert.deepEqual(errors({ data: { a: 'x'.repeat(1048577) } }), ['[]: Too long: may not be more than 1048576 bytes']);
  const sealed = make({ data: { a: '1' }, immutable: true });
  const open = make({ data: { a: '2' } });
  const detail = 'Forbidden: field is immutable when `immutable` is set';
  assert.deepEqual(texts(configMapKind.validateUpdate?.(open, sealed) ?? []), [
    `immutable: ${detail}`,
    `data: ${detail}`,
  ]);
  assert.deepEqual(configMapKind.validateUpdate?.(sealed, open), []);
  assert.deepEqual(cells(configMapKind.columns, make({ data: { a: '' }, binaryData: { b: '' } }), now), [
    'a',
    2,
    '60m',
  ]);
});

test('a Secret takes text and keeps bytes', () => {
  const make = (rest: object): Secret => created(secretKind, { metadata, ...rest });
  const secret = make({ data: { a: 'MQ==', b: 'Mg==' }, stringData: { b: 'zwei' } });
  assert.deepEqual(secret, { metadata, type: 'Opaque', data: { a: 'MQ==', b: 'endlaQ==' } });
  assert.deepEqual(cells(secretKind.columns, secret, now), ['a', 'Opaque', 2, '60m']);
  const errors = (rest: object) => texts(secretKind.validate?.(make(rest)) ?? []);
  assert.deepEqual(errors({}), []);
  assert.deepEqual(errors({ type: 'kubernetes.io/tls' }), [
    'data[tls.crt]: Required value',
    'data[tls.key]: Required value',
  ]);
  assert.deepEqual(errors({ type: 'kubernetes.io/basic-auth', stringData: { password: 'x' } }), []);
  assert.deepEqual(errors({ type: 'kubernetes.io/dockerconfigjson', stringData: { '.dockerconfigjson': '{' } }), [
    'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": must be valid JSON',
  ]);
  assert.deepEqual(errors({ type: 'kubernetes.io/service-account-token' }), [
    'metadata.annotations[kubernetes.io/service-account.name]: Required value',
  ]);
  assert.deepEqual(texts(secretKind.validateUpdate?.(make({ type: 'a' }), make({ type: 'b' })) ?? []), [
    'type: Invalid value: "a": field is immutable',
  ]);
});

test('an Event is told in one row, in the namespace of its object', () => {
  const base = {
    metadata,
    involvedObject: { kind: 'Pod', name: 'web', namespace: 'default' },
    type: 'Normal',
    reason: 'Pulled',
    message: ' ok\n',
  };
  const row = (rest: object) => cells(eventKind.columns, created(eventKind, { ...base, ...rest }) as Event, now, true);
  assert.deepEqual(
    row({
      firstTimestamp: '2026-01-01T00:30:00Z',
      lastTimestamp: '2026-01-01T00:59:00Z',
      count: 4,
      source: { component: 'kubelet', host: 'n1' },
    }),
    ['60s', 'Normal', 'Pulled', 'pod/web', '', 'kubelet, n1', 'ok', '30m', 4, 'a'],
  );
  assert.deepEqual(
    row({
      eventTime: '2026-01-01T00:30:00.000000Z',
      series: { count: 7, lastObservedTime: '2026-01-01T00:58:00.000000Z' },
      reportingComponent: 'x',
    }),
    ['2m', 'Normal', 'Pulled', 'pod/web', '', 'x', 'ok', '30m', 7, 'a'],
  );
  assert.deepEqual(row({}).slice(0, 1), ['<unknown>']);
  const elsewhere = created(eventKind, { ...base, involvedObject: { kind: 'Pod', name: 'web', namespace: 'other' } });
  assert.deepEqual(texts(eventKind.validate?.(elsewhere) ?? []), [
    'involvedObject.namespace: Invalid value: "other": does not match event.namespace',
  ]);
  const ofNode = created(eventKind, { ...base, involvedObject: { kind: 'Node', name: 'n1' } });
  assert.deepEqual(eventKind.validate?.(ofNode), []);
  assert.equal(eventKind.selectableFields?.['involvedObject.name']?.(ofNode), 'n1');
});

test('a Lease lasts, and a ServiceAccount counts its Secrets', () => {
  const lease = created(leaseKind, {
    metadata,
    spec: { holderIdentity: 'me', leaseDurationSeconds: 0, leaseTransitions: -1 },
  });
  assert.deepEqual(texts(leaseKind.validate?.(lease) ?? []), [
    'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
    'spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0',
  ]);
  assert.deepEqual(cells(leaseKind.columns, lease, now), ['a', 'me', '60m']);
  assert.deepEqual(cells(serviceAccountKind.columns, created(serviceAccountKind, { metadata }), now), ['a', 0, '60m']);
});
