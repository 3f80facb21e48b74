// StorageClass, PersistentVolume, PersistentVolumeClaim and ControllerRevision.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PersistentVolume } from '../schema/persistent-volume.ts';
import type { PersistentVolumeClaim } from '../schema/persistent-volume-claim.ts';
import { controllerRevisionKind } from './controller-revision.ts';
import { persistentVolumeKind } from './persistent-volume.ts';
import { persistentVolumeClaimKind } from './persistent-volume-claim.ts';
import { storageClassKind } from './storage-class.ts';
import { cells, created, texts, updated } from './testing.ts';

const now = new Date('2026-01-01T01:00:00Z');
const metadata = { name: 'x', creationTimestamp: '2026-01-01T00:00:00Z' };
const storage = (amount: string) => ({ storage: amount });

test('a StorageClass: defaults, rules, what may not change, its row', () => {
  const make = (rest: object = {}) => created(storageClassKind, { metadata, provisioner: 'example.com/disk', ...rest });
  const old = make({ parameters: { type: 'fast' } });
  assert.deepEqual([old.reclaimPolicy, old.volumeBindingMode], ['Delete', 'Immediate']);
  const topology = { matchLabelExpressions: [{ key: 'zone', values: ['a', 'a'] }] };
  const table: [string, object, ...string[]][] = [
    ['good', { allowedTopologies: [{ matchLabelExpressions: [{ key: 'zone', values: ['a', 'b'] }] }] }],
    ['provisioner', { provisioner: '' }, 'provisioner: Required value'],
    [
      'words',
      { reclaimPolicy: 'Recycle', volumeBindingMode: 'Later' },
      'reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"',
      'volumeBindingMode: Unsupported value: "Later": supported values: "Immediate", "WaitForFirstConsumer"',
    ],
    [
      'a parameter without a name',
      { parameters: { '': 'x' } },
      'parameters: Invalid value: "": field can not be empty.',
    ],
    [
      'too much',
      { parameters: { a: 'x'.repeat(256 * 1024) } },
      'parameters: Too long: may not be more than 262144 bytes',
    ],
    [
      'topologies',
      { allowedTopologies: [topology] },
      'allowedTopologies[0].matchLabelExpressions[0].values[1]: Duplicate value: "a"',
    ],
  ];
  for (const [name, rest, ...want] of table) {
    assert.deepEqual(texts(storageClassKind.validate?.(make(rest)) ?? []), want, name);
  }
  const changed = make({
    provisioner: 'example.com/tape',
    reclaimPolicy: 'Retain',
    volumeBindingMode: 'WaitForFirstConsumer',
  });
  assert.deepEqual(texts(storageClassKind.validateUpdate?.(changed, old) ?? []), [
    'parameters: Forbidden: updates to parameters are forbidden.',
    'provisioner: Forbidden: updates to provisioner are forbidden.',
    'reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden.',
    'volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable',
  ]);
  const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' };
  const isDefault = make({ metadata: { ...metadata, annotations }, allowVolumeExpansion: true });
  assert.deepEqual(cells(storageClassKind.columns, isDefault, now), [
    'x (default)',
    'example.com/disk',
    'Delete',
    'Immediate',
    true,
    '60m',
  ]);
});

const volumeSpec = {
  capacity: storage('5Gi'),
  accessModes: ['ReadWriteOnce', 'ReadOnlyMany'],
  hostPath: { path: '/d' },
};
const volume = (spec: object = {}): PersistentVolume =>
  created(persistentVolumeKind, { metadata, spec: { ...volumeSpec, ...spec } });

test('defaults of a PersistentVolume', () => {
  const { spec, status } = volume();
  assert.deepEqual(spec, {
    ...volumeSpec,
    hostPath: { path: '/d', type: '' },
    persistentVolumeReclaimPolicy: 'Retain',
    volumeMode: 'Filesystem',
  });
  assert.deepEqual(status, { phase: 'Pending', lastPhaseTransitionTime: '2026-01-01T00:00:00Z' });
});

test('every rule of a PersistentVolume names its field', () => {
  const modes = '"ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"';
  const node = { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'n', operator: 'Exists' }] }] } };
  const table: [string, object, ...string[]][] = [
    ['good', {}],
    ['good, of a driver', { hostPath: undefined, csi: { driver: 'csi.example.com', volumeHandle: 'v1' } }],
    ['good, of a node', { hostPath: undefined, local: { path: '/d' }, nodeAffinity: node }],
    [
      'nothing',
      { capacity: undefined, accessModes: undefined, hostPath: undefined },
      'spec.accessModes: Required value',
      'spec.capacity: Required value',
      'spec.capacity: Unsupported value: {}: supported values: "storage"',
      'spec: Required value: must specify a volume type',
    ],
    [
      'modes',
      { accessModes: ['ReadWriteOncePod', 'ReadOnlyMany', 'Never'] },
      `spec.accessModes: Unsupported value: "Never": supported values: ${modes}`,
      'spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes',
    ],
    ['size', { capacity: storage('0') }, 'spec.capacity[storage]: Invalid value: "0": must be greater than zero'],
    [
      'two sources',
      { nfs: { server: 's', path: '/' }, cephfs: { monitors: ['m'] } },
      'spec.nfs: Forbidden: may not specify more than 1 volume type',
      'spec.cephfs: Forbidden: may not specify more than 1 volume type',
    ],
    [
      'a local one that is nowhere',
      { hostPath: undefined, local: { path: '/a/../b' } },
      'spec.local.path: Invalid value: "/a/../b": must not contain \'..\'',
      'spec.nodeAffinity: Required value: Local volume requires node affinity',
    ],
    [
      'affinity of nothing',
      { nodeAffinity: {} },
      'spec.nodeAffinity.required: Required value: must specify required node constraints',
    ],
    [
      'the whole node is not to be recycled',
      { hostPath: { path: '/' }, persistentVolumeReclaimPolicy: 'Recycle' },
      "spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'",
    ],
    [
      'words',
      { persistentVolumeReclaimPolicy: 'Burn', volumeMode: 'Tape' },
      'spec.persistentVolumeReclaimPolicy: Unsupported value: "Burn": supported values: "Delete", "Recycle", "Retain"',
      'spec.volumeMode: Unsupported value: "Tape": supported values: "Block", "Filesystem"',
    ],
    [
      'a driver without a volume, with half a secret',
      { hostPath: undefined, csi: { driver: '', volumeHandle: '', nodePublishSecretRef: { name: 's' } } },
      'spec.csi.driver: Required value',
      "spec.csi.driver: Invalid value: \"\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
      'spec.csi.volumeHandle: Required value',
      'spec.csi.nodePublishSecretRef.namespace: Required value',
    ],
    [
      'attributes without a driver',
      { volumeAttributesClassName: 'gold' },
      'spec.csi: Required value: has to be specified when using volumeAttributesClassName',
    ],
  ];
  for (const [name, spec, ...want] of table) {
    assert.deepEqual(texts(persistentVolumeKind.validate?.(volume(spec)) ?? []), want, name);
  }
});

test('where the data of a PersistentVolume is does not change', () => {
  const old = volume();
  const change = (edit: (spec: PersistentVolume['spec']) => void) => {
    const changed = updated(persistentVolumeKind, old, ({ spec }) => edit(spec));
    return texts(persistentVolumeKind.validateUpdate?.(changed, old) ?? []);
  };
  const refused = 'spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation';
  assert.deepEqual(
    change((spec) => Object.assign(spec, { capacity: storage('9Gi'), claimRef: { name: 'c' } })),
    [],
  );
  assert.deepEqual(
    change((spec) => Object.assign(spec, { hostPath: { path: '/e' } })),
    [refused],
  );
  assert.deepEqual(
    change((spec) => Object.assign(spec, { volumeMode: 'Block' })),
    ['volumeMode: Invalid value: "Block": field is immutable'],
  );
});

test('a PersistentVolume says since when it has its phase', () => {
  const old = volume();
  const phase = (status: object) => {
    const object = { ...old, status: { ...old.status, ...status } };
    persistentVolumeKind.prepareForStatusUpdate?.(object, old, now);
    return object.status.lastPhaseTransitionTime;
  };
  assert.equal(phase({ reason: 'r' }), '2026-01-01T00:00:00Z');
  assert.equal(phase({ phase: 'Bound' }), '2026-01-01T01:00:00Z');
  const told = '2026-01-01T00:30:00Z';
  assert.equal(phase({ phase: 'Bound', lastPhaseTransitionTime: told }), told);
});

test('rows of PersistentVolumes', () => {
  const bound = volume({ claimRef: { namespace: 'ns', name: 'c' }, storageClassName: 'fast' });
  bound.status = { phase: 'Bound' };
  const want = ['x', '5Gi', 'RWO,ROX', 'Retain', 'Bound', 'ns/c', 'fast', '<unset>', '', '60m', 'Filesystem'];
  assert.deepEqual(cells(persistentVolumeKind.columns, bound, now, true), want);
  bound.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
  assert.equal(cells(persistentVolumeKind.columns, bound, now)[4], 'Terminating');
});

const claimSpec = { accessModes: ['ReadWriteOnce'], resources: { requests: storage('2Gi') } };
const claim = (spec: object = {}): PersistentVolumeClaim =>
  created(persistentVolumeClaimKind, { metadata: { ...metadata, namespace: 'ns' }, spec: { ...claimSpec, ...spec } });

test('defaults of a PersistentVolumeClaim, and its two fields for a source', () => {
  assert.deepEqual(claim().spec, { ...claimSpec, volumeMode: 'Filesystem' });
  assert.deepEqual(claim().status, { phase: 'Pending' });
  const snapshot = { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 's' };
  const other = { apiGroup: 'example.com', kind: 'Copy', name: 'c' };
  const table: [string, object, object][] = [
    ['old to new', { dataSource: snapshot }, { dataSource: snapshot, dataSourceRef: snapshot }],
    ['new to old', { dataSourceRef: other }, { dataSource: other, dataSourceRef: other }],
    [
      'not of another namespace',
      { dataSourceRef: { ...other, namespace: 'n' } },
      { dataSourceRef: { ...other, namespace: 'n' } },
    ],
    ['the old field knows few kinds', { dataSource: other }, {}],
  ];
  for (const [name, spec, want] of table) {
    const { dataSource, dataSourceRef } = claim(spec).spec;
    assert.deepEqual(JSON.parse(JSON.stringify({ dataSource, dataSourceRef })), want, name);
  }
});

test('every rule of a PersistentVolumeClaim names its field', () => {
  const own = { kind: 'PersistentVolumeClaim', name: 'a' };
  const table: [string, object, ...string[]][] = [
    ['good', {}],
    ['good, a copy', { dataSource: own }],
    [
      'nothing',
      { accessModes: undefined, resources: undefined },
      'spec.accessModes: Required value: at least 1 access mode is required',
      'spec.resources[storage]: Required value',
    ],
    [
      'size',
      { resources: { requests: storage('-1') } },
      'spec.resources[storage]: Invalid value: "-1": must be greater than zero',
    ],
    [
      'a copy of what cannot be copied',
      { dataSourceRef: { kind: 'Pod', name: '' } },
      'spec.dataSource.name: Required value',
      'spec.dataSource: Invalid value: "Pod": must be \'PersistentVolumeClaim\' when referencing the default apiGroup',
      'spec.dataSourceRef.name: Required value',
      'spec.dataSourceRef: Invalid value: "Pod": must be \'PersistentVolumeClaim\' when referencing the default apiGroup',
    ],
    [
      'two sources',
      { dataSource: own, dataSourceRef: { ...own, name: 'b' } },
      'spec: Invalid value: "spec.dataSource": must match dataSourceRef',
    ],
    [
      'two sources, one elsewhere',
      { dataSource: own, dataSourceRef: { ...own, namespace: 'n' } },
      'spec: Invalid value: "spec.dataSource": may not be specified when dataSourceRef.namespace is specified',
    ],
  ];
  for (const [name, spec, ...want] of table) {
    assert.deepEqual(texts(persistentVolumeClaimKind.validate?.(claim(spec)) ?? []), want, name);
  }
});

test('what may change of a PersistentVolumeClaim', () => {
  const refused =
    'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
  const larger = { resources: { requests: storage('4Gi') } };
  const smaller = { resources: { requests: storage('1Gi') } };
  const bound = { phase: 'Bound', capacity: storage('2Gi') };
  const table: [string, object, object, object, ...string[]][] = [
    ['a volume, once', {}, {}, { volumeName: 'v' }],
    ['no other volume', {}, { volumeName: 'v' }, { volumeName: 'w' }, refused],
    ['a class, once', {}, {}, { storageClassName: 'fast' }],
    ['no other class', {}, { storageClassName: 'fast' }, { storageClassName: 'slow' }, refused],
    ['not larger while it has none', {}, {}, larger, refused],
    ['larger', bound, {}, larger],
    ['less again', { ...bound, capacity: storage('2Gi') }, larger, { resources: { requests: storage('3Gi') } }],
    [
      'not less than there is',
      bound,
      {},
      smaller,
      'spec.resources.requests.storage: Forbidden: field can not be less than status.capacity',
    ],
    ['a mode', {}, {}, { volumeMode: 'Block' }, refused, 'volumeMode: Invalid value: "Block": field is immutable'],
    ['attributes', bound, { volumeAttributesClassName: 'gold' }, { volumeAttributesClassName: 'silver' }],
    [
      'attributes are not taken away',
      bound,
      { volumeAttributesClassName: 'gold' },
      { volumeAttributesClassName: undefined },
      'spec.volumeAttributesClassName: Forbidden: update from non-nil value to nil is forbidden',
    ],
  ];
  for (const [name, status, before, after, ...want] of table) {
    const old = { ...claim(before), status: { phase: 'Pending', ...status } };
    const changed = updated(persistentVolumeClaimKind, old, ({ spec }) => Object.assign(spec, after));
    assert.deepEqual(texts(persistentVolumeClaimKind.validateUpdate?.(changed, old) ?? []), want, name);
  }
});

test('the status of a PersistentVolumeClaim', () => {
  const errors = (status: object) =>
    texts(persistentVolumeClaimKind.validateStatusUpdate?.({ ...claim(), status }, claim()) ?? []);
  assert.deepEqual(
    errors({ capacity: storage('1Gi'), allocatedResourceStatuses: { storage: 'NodeResizePending' } }),
    [],
  );
  assert.deepEqual(errors({ allocatedResources: { cpu: '1' } }), [
    'status.allocatedResources: Unsupported value: "cpu": supported values: "storage"',
  ]);
});

test('rows of PersistentVolumeClaims show a volume when there is one', () => {
  const one = claim({ storageClassName: 'fast' });
  const pending = ['x', 'Pending', '', '', '', 'fast', '<unset>', '60m', 'Filesystem'];
  assert.deepEqual(cells(persistentVolumeClaimKind.columns, one, now, true), pending);
  one.spec.volumeName = 'v';
  one.status = { phase: 'Bound', capacity: storage('5Gi'), accessModes: ['ReadWriteMany'] };
  const bound = ['x', 'Bound', 'v', '5Gi', 'RWX', 'fast', '<unset>', '60m', 'Filesystem'];
  assert.deepEqual(cells(persistentVolumeClaimKind.columns, one, now, true), bound);
});

test('a ControllerRevision is there for its data, which stays', () => {
  const make = (rest: object) => created(controllerRevisionKind, { metadata, revision: 3, ...rest });
  const old = make({ data: { spec: { a: 1 } } });
  assert.deepEqual(controllerRevisionKind.validate?.(old), []);
  assert.deepEqual(texts(controllerRevisionKind.validate?.(make({ revision: -1 })) ?? []), [
    'data: Required value: data is mandatory',
    'revision: Invalid value: -1: must be greater than or equal to 0',
  ]);
  assert.deepEqual(controllerRevisionKind.validateUpdate?.({ ...old, revision: 4 }, old), []);
  assert.deepEqual(texts(controllerRevisionKind.validateUpdate?.(make({ data: { b: 1 } }), old) ?? []), [
    'data: Invalid value: {"b":1}: field is immutable',
  ]);
  const owner = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web', uid: 'u', controller: true };
  const owned = make({ data: {}, metadata: { ...metadata, ownerReferences: [owner] } });
  assert.deepEqual(cells(controllerRevisionKind.columns, owned, now), ['x', 'statefulset.apps/web', 3, '60m']);
  assert.equal(cells(controllerRevisionKind.columns, old, now)[1], '<none>');
});
