import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Deployment, ReplicaSet } from '../schema/apps.ts';
import { deploymentKind } from './deployment.ts';
import { replicaSetKind } from './replica-set.ts';
import { scaleColumns } from './scale.ts';
import { cells, created, texts, updated } from './testing.ts';

const now = new Date('2026-01-01T01:00:00Z');
const metadata = { name: 'web', namespace: 'default', creationTimestamp: '2026-01-01T00:00:00Z' };
const selector = { matchLabels: { app: 'web' } };
const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'app', image: 'nginx:1.27' }] } };
const make = (spec: object = {}): Deployment =>
  created(deploymentKind, { metadata, spec: { selector, template, ...spec } });
const errorsOf = (spec: object): string[] => texts(deploymentKind.validate?.(make(spec)) ?? []);

test('defaults of a Deployment', () => {
  const { spec, status } = make();
  const { template: pod, ...rest } = spec;
  assert.deepEqual(rest, {
    replicas: 1,
    selector,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
  });
  assert.deepEqual(status, {});
  assert.equal(pod.spec?.restartPolicy, 'Always');
  assert.equal(pod.spec?.dnsPolicy, 'ClusterFirst');
  // What is decided when a pod is made of the template is not in it.
  for (const field of ['serviceAccountName', 'enableServiceLinks', 'tolerations', 'priority'] as const) {
    assert.equal(pod.spec?.[field], undefined, field);
  }
  assert.equal(make({ strategy: { type: 'Recreate' } }).spec.strategy?.rollingUpdate, undefined);
  assert.equal(make({ replicas: 0 }).spec.replicas, 0);
});

test('every rule of a Deployment names its field', () => {
  const table: [string, object, ...string[]][] = [
    ['good', {}],
    ['good, no pods', { replicas: 0, strategy: { type: 'Recreate' } }],
    ['replicas', { replicas: -1 }, 'spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
    [
      'no selector',
      { selector: undefined },
      'spec.selector: Required value',
      'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
    ],
    ['empty selector', { selector: {} }, 'spec.selector: Invalid value: {}: empty selector is invalid for deployment'],
    [
      'selector that misses the template',
      { selector: { matchLabels: { app: 'db' } } },
      'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
    ],
    [
      'selector expressions',
      {
        selector: {
          matchExpressions: [
            { key: 'app', operator: 'In' },
            { key: 'a', operator: 'Odd' },
          ],
        },
      },
      "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
      'spec.selector.matchExpressions[1].operator: Invalid value: "Odd": not a valid selector operator',
    ],
    [
      'template',
      { template: { ...template, spec: { containers: [], restartPolicy: 'Never', activeDeadlineSeconds: 5 } } },
      'spec.template.spec.containers: Required value',
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
      'spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in Deployment is not Supported',
    ],
    [
      'strategy',
      { strategy: { type: 'Canary' } },
      'spec.strategy.type: Unsupported value: "Canary": supported values: "Recreate", "RollingUpdate"',
    ],
    [
      'Recreate does not roll',
      { strategy: { type: 'Recreate', rollingUpdate: {} } },
      "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
    ],
    [
      'a rollout needs room',
      { strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: '0%' } } },
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0',
    ],
    [
      'at most everything',
      { strategy: { rollingUpdate: { maxUnavailable: '101%' } } },
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%',
    ],
    [
      'a deadline after readiness',
      { minReadySeconds: 600 },
      'spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds',
    ],
  ];
  for (const [name, spec, ...want] of table) assert.deepEqual(errorsOf(spec), want, name);
});

test('a selector does not change', () => {
  const old = make();
  const changed = updated(deploymentKind, old, ({ spec }) => {
    spec.selector = { matchLabels: { app: 'x' } };
  });
  assert.deepEqual(texts(deploymentKind.validateUpdate?.(changed, old) ?? []), [
    'spec.selector: Invalid value: {"matchLabels":{"app":"x"}}: field is immutable',
  ]);
  const scaled = updated(deploymentKind, old, ({ spec }) => {
    spec.replicas = 5;
  });
  assert.deepEqual(deploymentKind.validateUpdate?.(scaled, old), []);
});

test('a status counts pods that there are', () => {
  const status = { replicas: 2, readyReplicas: 3, availableReplicas: 2 };
  assert.deepEqual(texts(deploymentKind.validateStatusUpdate?.({ ...make(), status }, make()) ?? []), [
    'status.readyReplicas: Invalid value: 3: cannot be greater than status.replicas',
  ]);
});

test('a write of the status keeps the labels', () => {
  const old = { ...make(), metadata: { ...metadata, labels: { a: 'b' } } };
  const object = { ...make(), metadata: { ...metadata, labels: { a: 'c' } } };
  deploymentKind.prepareForStatusUpdate?.(object, old, new Date(0));
  assert.deepEqual(object.metadata.labels, { a: 'b' });
});

test('the tables of workloads and of their scale', () => {
  const deployment = make({ replicas: 3 });
  assert.deepEqual(cells(deploymentKind.columns, deployment, now, true), [
    'web',
    '0/3',
    0,
    0,
    '60m',
    'app',
    'nginx:1.27',
    'app=web',
  ]);
  deployment.status = { readyReplicas: 2, updatedReplicas: 3, availableReplicas: 1 };
  assert.deepEqual(cells(deploymentKind.columns, deployment, now), ['web', '2/3', 3, 1, '60m']);
  const replicaSet: ReplicaSet = created(replicaSetKind, { metadata, spec: { selector, template } });
  replicaSet.status = { replicas: 1, readyReplicas: 1 };
  assert.deepEqual(cells(replicaSetKind.columns, replicaSet, now, true), [
    'web',
    1,
    1,
    1,
    '60m',
    'app',
    'nginx:1.27',
    'app=web',
  ]);
  assert.deepEqual(replicaSetKind.validate?.(replicaSet), []);
  const scale = { metadata, spec: { replicas: 3 }, status: { replicas: 2 } };
  assert.deepEqual(cells(scaleColumns, scale, now), ['web', 3, 2, '60m']);
});

test('scale reads and writes the number of pods', () => {
  const deployment = make();
  deploymentKind.scale?.setReplicas(deployment, 4);
  assert.equal(deploymentKind.scale?.replicas(deployment), 4);
  assert.equal(deploymentKind.scale?.statusReplicas(deployment), 0);
  assert.equal(deploymentKind.scale?.selector(deployment), 'app=web');
});
