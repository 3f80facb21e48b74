import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReplicationController } from '../schema/replication-controller.ts';
import { podTemplateKind } from './pod-template.ts';
import { replicationControllerKind } from './replication-controller.ts';
import { cells, created, texts } from './testing.ts';

const now = new Date('2026-01-01T01:00:00Z');
const metadata = { name: 'old', namespace: 'default', creationTimestamp: '2026-01-01T00:00:00Z' };
const template = { metadata: { labels: { app: 'old' } }, spec: { containers: [{ name: 'c', image: 'old:1' }] } };
const make = (spec: object = {}): ReplicationController =>
  created(replicationControllerKind, { metadata, spec: { template, ...spec } });

test('a ReplicationController takes selector and labels from its template', () => {
  const { spec, metadata, status } = make();
  assert.deepEqual([spec.replicas, spec.selector, metadata.labels], [1, { app: 'old' }, { app: 'old' }]);
  assert.deepEqual(status, { replicas: 0 });
  assert.deepEqual(make({ selector: { a: 'b' } }).spec.selector, { a: 'b' });
});

test('every rule of a ReplicationController names its field', () => {
  const table: [string, object, ...string[]][] = [
    ['good', {}],
    ['nothing', { template: undefined }, 'spec.selector: Required value', 'spec.template: Required value'],
    [
      'a selector that misses',
      { selector: { app: 'new' }, replicas: -1, minReadySeconds: -1 },
      'spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0',
      'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
      'spec.template.metadata.labels: Invalid value: {"app":"old"}: `selector` does not match template `labels`',
    ],
    [
      'template',
      { template: { ...template, spec: { ...template.spec, restartPolicy: 'Never', activeDeadlineSeconds: 3 } } },
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
      'spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicationController is not Supported',
    ],
  ];
  for (const [name, spec, ...want] of table) {
    assert.deepEqual(texts(replicationControllerKind.validate?.(make(spec)) ?? []), want, name);
  }
});

test('its status, its table, its scale', () => {
  const controller = make({ replicas: 2 });
  controller.status = { replicas: 1, readyReplicas: 2 };
  assert.deepEqual(texts(replicationControllerKind.validateStatusUpdate?.(controller, make()) ?? []), [
    'status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas',
  ]);
  const want = ['old', 2, 1, 2, '60m', 'c', 'old:1', 'app=old'];
  assert.deepEqual(cells(replicationControllerKind.columns, controller, now, true), want);
  assert.equal(replicationControllerKind.scale?.selector(controller), 'app=old');
  assert.equal(replicationControllerKind.selectableFields?.['status.replicas']?.(controller), '1');
});

test('a PodTemplate has the defaults and the rules of templates, and a table', () => {
  const podTemplate = created(podTemplateKind, { metadata, template });
  assert.equal(podTemplate.template.spec?.terminationGracePeriodSeconds, 30);
  assert.deepEqual(podTemplateKind.validate?.(podTemplate), []);
  assert.deepEqual(cells(podTemplateKind.columns, podTemplate, now), ['old', 'c', 'old:1', 'app=old']);
  const bad = created(podTemplateKind, { metadata, template: { metadata: { annotations: { 'a b': '' } } } });
  assert.deepEqual(
    (podTemplateKind.validate?.(bad) ?? []).map(({ type, field }) => [type, field]),
    [
      ['Invalid', 'template.annotations'],
      ['Required', 'template.spec.containers'],
    ],
  );
});
