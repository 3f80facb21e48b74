import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DaemonSet } from '../schema/daemon-set.ts';
import { daemonSetKind } from './daemon-set.ts';
import { cells, created, texts, updated } from './testing.ts';

const now = new Date('2026-01-01T01:00:00Z');
const metadata = { name: 'log', namespace: 'default', creationTimestamp: '2026-01-01T00:00:00Z' };
const selector = { matchLabels: { app: 'log' } };
const template = {
  metadata: { labels: { app: 'log' } },
  spec: { containers: [{ name: 'c', image: 'log:1' }], nodeSelector: { disk: 'ssd' } },
};
const make = (spec: object = {}): DaemonSet =>
  created(daemonSetKind, { metadata, spec: { selector, template, ...spec } });
const generation = 'deprecated.daemonset.template.generation';

test('defaults of a DaemonSet', () => {
  const { spec, status, metadata } = make();
  const { template: pod, ...rest } = spec;
  assert.equal(pod.spec?.dnsPolicy, 'ClusterFirst');
  assert.deepEqual(rest, {
    selector,
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
    revisionHistoryLimit: 10,
  });
  assert.deepEqual(status, {
    currentNumberScheduled: 0,
    numberMisscheduled: 0,
    desiredNumberScheduled: 0,
    numberReady: 0,
  });
  assert.deepEqual(metadata.annotations, { [generation]: '1' });
});

test('every rule of a DaemonSet names its field', () => {
  const rolling = (rollingUpdate: object) => ({ updateStrategy: { type: 'RollingUpdate', rollingUpdate } });
  const at = 'spec.updateStrategy.rollingUpdate';
  const table: [string, object, ...string[]][] = [
    ['good', {}],
    ['good, when deleted', { updateStrategy: { type: 'OnDelete' } }],
    ['good, a new pod first', rolling({ maxUnavailable: 0, maxSurge: '50%' })],
    [
      'no selector',
      { selector: undefined },
      'spec.template.metadata.labels: Invalid value: {"app":"log"}: `selector` does not match template `labels`',
    ],
    ['empty selector', { selector: {} }, 'spec.selector: Invalid value: {}: empty selector is invalid for daemonset'],
    [
      'strategy',
      { updateStrategy: { type: 'Recreate' } },
      'spec.updateStrategy: Unsupported value: {"type":"Recreate"}: supported values: "OnDelete", "RollingUpdate"',
    ],
    [
      'both',
      rolling({ maxUnavailable: 1, maxSurge: 1 }),
      `${at}.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero`,
    ],
    [
      'neither',
      rolling({ maxUnavailable: 0, maxSurge: '0%' }),
      `${at}.maxUnavailable: Required value: cannot be 0 when maxSurge is 0`,
    ],
    [
      'more than all',
      rolling({ maxUnavailable: '101%' }),
      `${at}.maxUnavailable: Invalid value: "101%": must not be greater than 100%`,
    ],
    [
      'numbers',
      { minReadySeconds: -1, revisionHistoryLimit: -2 },
      'spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0',
      'spec.revisionHistoryLimit: Invalid value: -2: must be greater than or equal to 0',
    ],
    [
      'template',
      { template: { ...template, spec: { ...template.spec, restartPolicy: 'OnFailure' } } },
      'spec.template.spec.restartPolicy: Unsupported value: "OnFailure": supported values: "Always"',
    ],
  ];
  for (const [name, spec, ...want] of table) {
    assert.deepEqual(texts(daemonSetKind.validate?.(make(spec)) ?? []), want, name);
  }
});

test('a selector does not change; a changed template counts up', () => {
  const old = make();
  const changed = updated(daemonSetKind, old, ({ spec }) => {
    spec.selector = { matchLabels: { app: 'x' } };
  });
  assert.deepEqual(texts(daemonSetKind.validateUpdate?.(changed, old) ?? []), [
    'spec.selector: Invalid value: {"matchLabels":{"app":"x"}}: field is immutable',
  ]);
  assert.equal(changed.metadata.annotations?.[generation], '1');
  const newer = updated(daemonSetKind, old, ({ spec, metadata }) => {
    spec.template.metadata = { labels: { app: 'log', v: '2' } };
    delete metadata.annotations;
  });
  assert.equal(newer.metadata.annotations?.[generation], '2');
});

test('a status counts nothing below zero', () => {
  const status = { currentNumberScheduled: -1, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 };
  assert.deepEqual(texts(daemonSetKind.validateStatusUpdate?.({ ...make(), status }, make()) ?? []), [
    'status.currentNumberScheduled: Invalid value: -1: must be greater than or equal to 0',
  ]);
});

test('the table', () => {
  const status = {
    currentNumberScheduled: 3,
    numberMisscheduled: 0,
    desiredNumberScheduled: 4,
    numberReady: 2,
    updatedNumberScheduled: 1,
    numberAvailable: 1,
  };
  const want = ['log', 4, 3, 2, 1, 1, 'disk=ssd', '60m', 'c', 'log:1', 'app=log'];
  assert.deepEqual(cells(daemonSetKind.columns, { ...make(), status }, now, true), want);
});
