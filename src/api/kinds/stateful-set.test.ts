import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StatefulSet } from '../schema/stateful-set.ts';
import { statefulSetKind } from './stateful-set.ts';
import { cells, created, texts, updated } from './testing.ts';

const now = new Date('2026-01-01T01:00:00Z');
const metadata = { name: 'db', namespace: 'default', creationTimestamp: '2026-01-01T00:00:00Z' };
const selector = { matchLabels: { app: 'db' } };
const template = { metadata: { labels: { app: 'db' } }, spec: { containers: [{ name: 'c', image: 'db:1' }] } };
const claim = {
  metadata: { name: 'data' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
};
const make = (spec: object = {}): StatefulSet =>
  created(statefulSetKind, { metadata, spec: { selector, template, serviceName: 'db', ...spec } });

test('defaults of a StatefulSet', () => {
  const { template: pod, ...spec } = make({ volumeClaimTemplates: [claim] }).spec;
  assert.equal(pod.spec?.restartPolicy, 'Always');
  assert.deepEqual(spec, {
    replicas: 1,
    selector,
    serviceName: 'db',
    podManagementPolicy: 'OrderedReady',
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
    revisionHistoryLimit: 10,
    persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
    volumeClaimTemplates: [
      {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'data' },
        spec: { ...claim.spec, volumeMode: 'Filesystem' },
        status: { phase: 'Pending' },
      },
    ],
  });
  assert.equal(make({ updateStrategy: { type: 'OnDelete' } }).spec.updateStrategy?.rollingUpdate, undefined);
  assert.deepEqual(make().status, { replicas: 0, availableReplicas: 0 });
});

test('every rule of a StatefulSet names its field', () => {
  const table: [string, object, ...string[]][] = [
    ['good', {}],
    ['good, all at once, from five on', { podManagementPolicy: 'Parallel', ordinals: { start: 5 }, replicas: 0 }],
    [
      'management',
      { podManagementPolicy: 'Random' },
      "spec.podManagementPolicy: Invalid value: \"Random\": must be 'OrderedReady' or 'Parallel'",
    ],
    [
      'strategy',
      { updateStrategy: { type: 'Recreate' } },
      'spec.updateStrategy: Invalid value: {"type":"Recreate"}: must be \'RollingUpdate\' or \'OnDelete\'',
    ],
    [
      'settings of another strategy',
      { updateStrategy: { type: 'OnDelete', rollingUpdate: { partition: 1 } } },
      'spec.updateStrategy.rollingUpdate: Invalid value: {"partition":1}: only allowed for updateStrategy \'RollingUpdate\'',
    ],
    [
      'numbers',
      {
        replicas: -1,
        minReadySeconds: -1,
        revisionHistoryLimit: -1,
        ordinals: { start: -1 },
        updateStrategy: { rollingUpdate: { partition: -1, maxUnavailable: 0 } },
      },
      'spec.updateStrategy.rollingUpdate.partition: Invalid value: -1: must be greater than or equal to 0',
      'spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: 0: cannot be 0',
      'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
      'spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0',
      'spec.revisionHistoryLimit: Invalid value: -1: must be greater than or equal to 0',
      'spec.ordinals.start: Invalid value: -1: must be greater than or equal to 0',
    ],
    [
      'retention',
      { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Keep' } },
      'spec.persistentVolumeClaimRetentionPolicy.whenDeleted: Unsupported value: "Keep": supported values: "Delete", "Retain"',
    ],
    ['empty selector', { selector: {} }, 'spec.selector: Invalid value: {}: empty selector is invalid for statefulset'],
    [
      'template',
      {
        template: {
          metadata: { labels: { app: 'db', bad: '-' } },
          spec: { restartPolicy: 'Never', activeDeadlineSeconds: 1 },
        },
      },
      "spec.template.labels: Invalid value: \"-\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
      'spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in StatefulSet is not Supported',
    ],
  ];
  for (const [name, spec, ...want] of table) {
    assert.deepEqual(texts(statefulSetKind.validate?.(make(spec)) ?? []), want, name);
  }
});

test('of the spec only some fields may change', () => {
  const old = make({ volumeClaimTemplates: [claim] });
  const change = (edit: (spec: StatefulSet['spec']) => void) => {
    const changed = updated(statefulSetKind, old, ({ spec }) => edit(spec));
    return texts(statefulSetKind.validateUpdate?.(changed, old) ?? []);
  };
  const refused =
    "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
  const edits: [string, (spec: StatefulSet['spec']) => void, ...string[]][] = [
    ['nothing', () => {}],
    [
      'what may',
      (spec) => {
        Object.assign(spec, { replicas: 3, minReadySeconds: 5, revisionHistoryLimit: 2, ordinals: { start: 1 } });
        spec.template.metadata = { labels: { app: 'db', v: '2' } };
        spec.updateStrategy = { type: 'OnDelete' };
        spec.persistentVolumeClaimRetentionPolicy = { whenScaled: 'Delete' };
      },
    ],
    ['selector', (spec) => Object.assign(spec, { selector: { matchLabels: { a: 'b' } } }), refused],
    ['serviceName', (spec) => Object.assign(spec, { serviceName: 'other' }), refused],
    ['podManagementPolicy', (spec) => Object.assign(spec, { podManagementPolicy: 'Parallel' }), refused],
    ['claims', (spec) => Object.assign(spec, { volumeClaimTemplates: [] }), refused],
  ];
  for (const [name, edit, ...want] of edits) assert.deepEqual(change(edit), want, name);
});

test('a status counts pods that there are, and collisions only upwards', () => {
  const errors = (status: object, old?: object) =>
    texts(
      statefulSetKind.validateStatusUpdate?.(
        { ...make(), status: { replicas: 2, availableReplicas: 0, ...status } },
        { ...make(), status: { replicas: 0, availableReplicas: 0, ...old } },
      ) ?? [],
    );
  assert.deepEqual(errors({ readyReplicas: 2, updatedReplicas: 2, availableReplicas: 1 }), []);
  assert.deepEqual(errors({ currentReplicas: 3, readyReplicas: 1, availableReplicas: 2 }), [
    'status.currentReplicas: Invalid value: 3: cannot be greater than status.replicas',
    'status.availableReplicas: Invalid value: 2: cannot be greater than status.readyReplicas',
  ]);
  assert.deepEqual(errors({}, { collisionCount: 1 }), [
    'status.collisionCount: Invalid value: 0: cannot be decremented',
  ]);
});

test('the table, and the scale', () => {
  const statefulSet = make({ replicas: 3 });
  statefulSet.status = { replicas: 3, readyReplicas: 2, availableReplicas: 2 };
  assert.deepEqual(cells(statefulSetKind.columns, statefulSet, now, true), ['db', '2/3', '60m', 'c', 'db:1']);
  assert.equal(statefulSetKind.scale?.selector(statefulSet), 'app=db');
  assert.equal(statefulSetKind.scale?.statusReplicas(statefulSet), 3);
});
