// HorizontalPodAutoscaler in both versions: defaults, every rule, rows, and the way from one version into the other.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HorizontalPodAutoscaler as V1 } from '../schema/autoscaling.ts';
import { HorizontalPodAutoscaler as V2 } from '../schema/autoscaling-v2.ts';
import { prune } from '../schema/prune.ts';
import { fromV2, toV2 } from './horizontal-pod-autoscaler/v1.ts';
import { horizontalPodAutoscalerV1Kind as v1, horizontalPodAutoscalerKind as v2 } from './horizontal-pod-autoscaler.ts';
import { cells, created, texts } from './testing.ts';

const now = new Date('2026-01-01T01:00:00Z');
const metadata = { name: 'web', namespace: 'default', creationTimestamp: '2026-01-01T00:00:00Z' };
const scaleTargetRef = { kind: 'Deployment', name: 'web', apiVersion: 'apps/v1' };
const make = (spec: object) => created(v2, { metadata, spec: { scaleTargetRef, maxReplicas: 3, ...spec } });
const makeV1 = (spec: object, annotations?: Record<string, string>) =>
  created(v1, { metadata: { ...metadata, annotations }, spec: { scaleTargetRef, maxReplicas: 3, ...spec } });
const cpu = (averageUtilization: number) => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
});
const memory = {
  type: 'Resource',
  resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '1Gi' } },
};

test('one pod at least, 80% of CPU, and a pace once there is any', () => {
  const plain = make({});
  assert.deepEqual([plain.spec.minReplicas, plain.spec.metrics], [1, [cpu(80)]]);
  assert.equal(plain.spec.behavior, undefined);
  assert.deepEqual(make({ behavior: { scaleDown: { selectPolicy: 'Disabled' } } }).spec.behavior, {
    scaleUp: {
      stabilizationWindowSeconds: 0,
      selectPolicy: 'Max',
      policies: [
        { type: 'Pods', value: 4, periodSeconds: 15 },
        { type: 'Percent', value: 100, periodSeconds: 15 },
      ],
    },
    scaleDown: { selectPolicy: 'Disabled', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] },
  });
  assert.deepEqual(toV2(makeV1({})).spec.metrics, [cpu(80)]);
  assert.deepEqual(toV2(makeV1({ targetCPUUtilizationPercentage: 50 })).spec.metrics, [cpu(50)]);
});

test('every rule of a HorizontalPodAutoscaler names its field', () => {
  const metrics = (...list: object[]) => ({ metrics: list });
  const at = 'spec.metrics[0]';
  const table: [string, object, ...string[]][] = [
    ['good', metrics(cpu(50), memory)],
    [
      'of everything',
      metrics(
        { type: 'Pods', pods: { metric: { name: 'rps' }, target: { type: 'AverageValue', averageValue: '10' } } },
        {
          type: 'Object',
          object: {
            describedObject: { kind: 'Ingress', name: 'i' },
            metric: { name: 'rps' },
            target: { type: 'Value', value: '10' },
          },
        },
        { type: 'External', external: { metric: { name: 'q' }, target: { type: 'AverageValue', averageValue: '30' } } },
        { type: 'ContainerResource', containerResource: { ...cpu(5).resource, container: 'c' } },
      ),
    ],
    [
      'numbers',
      { minReplicas: 0, maxReplicas: 0 },
      'spec.minReplicas: Invalid value: 0: must be greater than or equal to 1',
      'spec.maxReplicas: Invalid value: 0: must be greater than 0',
    ],
    [
      'fewer than the fewest',
      { minReplicas: 4, scaleTargetRef: { kind: 'a/b' } },
      'spec.maxReplicas: Invalid value: 3: must be greater than or equal to `minReplicas`',
      'spec.scaleTargetRef.kind: Invalid value: "a/b": may not contain \'/\'',
      'spec.scaleTargetRef.name: Required value',
    ],
    [
      'no type',
      metrics({}),
      `${at}.type: Required value: must specify a metric source type`,
      `${at}.type: Unsupported value: "": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"`,
    ],
    [
      'a type and nothing of it',
      metrics({ type: 'Pods' }),
      `${at}.pods: Required value: must populate information for the given metric source`,
    ],
    [
      'two at once',
      metrics({ ...cpu(50), external: { metric: { name: 'q' }, target: { type: 'Value', value: '1' } } }),
      `${at}.external: Forbidden: must populate the given metric source only`,
    ],
    [
      'targets that are none',
      metrics(
        { type: 'Resource', resource: { target: { type: 'Half', averageUtilization: 0, averageValue: '0' } } },
        { type: 'Pods', pods: { target: {} } },
        { type: 'Object', object: { describedObject: {}, metric: { name: 'a/b' }, target: { type: 'Value' } } },
        {
          type: 'External',
          external: { metric: { name: 'q' }, target: { type: 'Value', value: '-1', averageValue: '1' } },
        },
        { type: 'ContainerResource', containerResource: { target: { type: 'Utilization' } } },
      ),
      `${at}.resource.name: Required value: must specify a resource name`,
      `${at}.resource.target.type: Invalid value: "Half": must be either Utilization, Value, or AverageValue`,
      `${at}.resource.target.averageValue: Invalid value: "0": must be positive`,
      `${at}.resource.target.averageUtilization: Invalid value: 0: must be greater than 0`,
      `${at}.resource.target.averageValue: Forbidden: may not set both a target raw value and a target utilization`,
      'spec.metrics[1].pods.metric.name: Required value: must specify a metric name',
      'spec.metrics[1].pods.target.type: Required value: must specify a metric target type',
      'spec.metrics[1].pods.target.type: Invalid value: "": must be either Utilization, Value, or AverageValue',
      'spec.metrics[1].pods.target.averageValue: Required value: must specify a positive target averageValue',
      'spec.metrics[2].object.describedObject.kind: Required value',
      'spec.metrics[2].object.describedObject.name: Required value',
      'spec.metrics[2].object.metric.name: Invalid value: "a/b": may not contain \'/\'',
      'spec.metrics[2].object.target.averageValue: Required value: must set either a target value or averageValue',
      'spec.metrics[3].external.target.value: Invalid value: "-1": must be positive',
      'spec.metrics[3].external.target.value: Forbidden: may not set both a target value for metric and a per-pod target',
      'spec.metrics[4].containerResource.name: Required value: must specify a resource name',
      'spec.metrics[4].containerResource.container: Required value: must specify a container',
      'spec.metrics[4].containerResource.target.averageUtilization: Required value: must set either a target raw value or a target utilization',
    ],
    [
      'a pace that is none',
      {
        behavior: {
          scaleUp: {
            stabilizationWindowSeconds: 3601,
            selectPolicy: 'Any',
            policies: [{ type: 'Half', value: 0, periodSeconds: 1801 }],
          },
          scaleDown: { stabilizationWindowSeconds: -1, policies: [{ type: 'Pods', value: 1, periodSeconds: 0 }] },
        },
      },
      'spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600',
      'spec.behavior.scaleUp.selectPolicy: Unsupported value: "Any": supported values: "Disabled", "Max", "Min"',
      'spec.behavior.scaleUp.policies[0].type: Unsupported value: "Half": supported values: "Percent", "Pods"',
      'spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero',
      'spec.behavior.scaleUp.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800',
      'spec.behavior.scaleDown.stabilizationWindowSeconds: Invalid value: -1: must be greater than or equal to zero',
      'spec.behavior.scaleDown.policies[0].periodSeconds: Invalid value: 0: must be greater than zero',
    ],
  ];
  for (const [name, spec, ...want] of table) assert.deepEqual(texts(v2.validate?.(make(spec)) ?? []), want, name);
  assert.deepEqual(texts(v1.validate?.(makeV1({ targetCPUUtilizationPercentage: 0, maxReplicas: 0 })) ?? []), [
    'spec.maxReplicas: Invalid value: 0: must be greater than 0',
    'spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`',
    'spec.metrics[0].resource.target.averageUtilization: Invalid value: 0: must be greater than 0',
  ]);
});

test('both versions have the same row', () => {
  const object = make({ metrics: [cpu(80), memory, cpu(1)] });
  const row = (targets: string, replicas: number) => ['web', 'Deployment/web', targets, '1', 3, replicas, '60m'];
  assert.deepEqual(cells(v2.columns, object, now), row('cpu: <unknown>/80%, memory: <unknown>/1Gi + 1 more...', 0));
  const measured = make({});
  measured.status = {
    currentReplicas: 2,
    desiredReplicas: 3,
    currentMetrics: [
      { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 95, averageValue: '95m' } } },
    ],
  };
  assert.deepEqual(cells(v2.columns, measured, now), row('cpu: 95%/80%', 2));
  assert.deepEqual(cells(v1.columns, prune(V1, fromV2(measured)), now), row('cpu: 95%/80%', 2));
  const others = make({
    metrics: [
      { type: 'External', external: { metric: { name: 'q' }, target: { type: 'AverageValue', averageValue: '30' } } },
      {
        type: 'Object',
        object: { describedObject: scaleTargetRef, metric: { name: 'rps' }, target: { type: 'Value', value: '10' } },
      },
    ],
  });
  assert.deepEqual(cells(v2.columns, others, now), row('<unknown>/30 (avg), <unknown>/10', 0));
});

test('what version 1 has no field for is in its annotations, as upstream writes it', () => {
  const object = make({
    metrics: [cpu(70), memory],
    behavior: { scaleUp: { policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] } },
  });
  object.metadata.annotations = { mine: 'stays' };
  object.status = {
    currentReplicas: 1,
    desiredReplicas: 1,
    currentMetrics: [],
    conditions: [{ type: 'AbleToScale', status: 'True' }],
  };
  const { metadata: old, spec, status } = prune(V1, fromV2(object));
  assert.deepEqual(old.annotations, {
    mine: 'stays',
    'autoscaling.alpha.kubernetes.io/metrics':
      '[{"type":"Resource","resource":{"name":"memory","targetAverageValue":"1Gi"}}]',
    'autoscaling.alpha.kubernetes.io/conditions': '[{"type":"AbleToScale","status":"True"}]',
    'autoscaling.alpha.kubernetes.io/behavior':
      '{"ScaleUp":{"StabilizationWindowSeconds":0,"Policies":[{"Type":"Pods","Value":1,"PeriodSeconds":60}],"SelectPolicy":"Max"},"ScaleDown":{"Policies":[{"Type":"Percent","Value":100,"PeriodSeconds":15}],"SelectPolicy":"Max"}}',
  });
  assert.deepEqual(spec, { scaleTargetRef, minReplicas: 1, maxReplicas: 3, targetCPUUtilizationPercentage: 70 });
  assert.deepEqual(status, { currentReplicas: 1, desiredReplicas: 1 });
});

test('annotations that nobody can read are left out, those of old included', () => {
  const bad = [
    '',
    '{',
    '[',
    '[1]',
    '{}',
    'null',
    '[{"type":7}]',
    '[{"resource":{"targetAverageValue":"much","currentAverageValue":"much"}}]',
  ];
  for (const text of bad) {
    const annotations = Object.fromEntries(
      ['metrics', 'conditions', 'current-metrics', 'behavior'].map((name) => [
        `autoscaling.alpha.kubernetes.io/${name}`,
        text,
      ]),
    );
    const stored = prune(V2, toV2(makeV1({}, annotations)));
    assert.deepEqual(stored.spec.metrics, [cpu(80)], text);
    assert.equal(stored.metadata.annotations, undefined, text);
    assert.deepEqual(stored.status?.currentMetrics, [], text);
  }
  const kept = created(v2, {
    metadata: { ...metadata, annotations: { 'autoscaling.alpha.kubernetes.io/metrics': '[]', mine: 'stays' } },
    spec: { scaleTargetRef, maxReplicas: 1 },
  });
  assert.deepEqual(kept.metadata.annotations, { mine: 'stays' });
});

const word = fc.stringMatching(/^[a-z]{1,6}$/);
const amount = fc.integer({ min: 1, max: 900 }).map((value) => `${value}m`);
const percent = fc.integer({ min: 1, max: 200 });
const selector = fc.option(fc.record({ matchLabels: fc.dictionary(word, word, { minKeys: 1 }) }), { nil: undefined });
const identifier = fc.record({ name: word, selector });
const target = fc.oneof(
  fc.record({ type: fc.constant('Value'), value: amount }),
  fc.record({ type: fc.constant('AverageValue'), averageValue: amount }),
);
const usage = fc.oneof(
  fc.record({ type: fc.constant('Utilization'), averageUtilization: percent }),
  fc.record({ type: fc.constant('AverageValue'), averageValue: amount }),
);
const average = fc.record({ type: fc.constant('AverageValue'), averageValue: amount });
const of = <T>(type: string, field: string, value: fc.Arbitrary<T>) =>
  value.map((source) => ({ type, [field]: source }));
const otherMetric = fc.oneof(
  of(
    'Object',
    'object',
    fc.record({ describedObject: fc.record({ kind: word, name: word }), metric: identifier, target }),
  ),
  of('Pods', 'pods', fc.record({ metric: identifier, target: average })),
  of('Resource', 'resource', fc.record({ name: fc.constant('memory'), target: usage })),
  of('Resource', 'resource', fc.record({ name: fc.constant('cpu'), target: average })),
  of('ContainerResource', 'containerResource', fc.record({ name: fc.constant('cpu'), container: word, target: usage })),
  of('External', 'external', fc.record({ metric: identifier, target })),
);
const used = fc.record({ averageValue: amount, averageUtilization: fc.option(percent, { nil: undefined }) });
const measurement = fc.oneof(
  of('Resource', 'resource', fc.record({ name: fc.constantFrom('cpu', 'memory'), current: used })),
  of('Pods', 'pods', fc.record({ metric: identifier, current: fc.record({ averageValue: amount }) })),
  of('External', 'external', fc.record({ metric: identifier, current: fc.record({ value: amount }) })),
);
const anyAutoscaler = fc
  .record({
    others: fc.array(otherMetric, { maxLength: 3 }),
    cpu: fc.option(percent, { nil: undefined }),
    measured: fc.array(measurement, { maxLength: 3 }),
    annotations: fc.option(fc.dictionary(word, word, { minKeys: 1 }), { nil: undefined }),
    behavior: fc.option(fc.record({ scaleUp: fc.record({ selectPolicy: fc.constantFrom('Max', 'Min') }) }), {
      nil: undefined,
    }),
    conditions: fc.array(
      fc.record({ type: word, status: word, lastTransitionTime: fc.constant('2026-01-01T00:00:00Z') }),
    ),
  })
  .map(({ others, cpu: utilization, measured, annotations, behavior, conditions }) => {
    const metrics = [...others, ...(utilization === undefined ? [] : [cpu(utilization)])];
    const object = created(v2, {
      metadata: { ...metadata, annotations },
      spec: { scaleTargetRef, maxReplicas: 3, metrics, behavior },
    });
    Object.assign(object, { status: { desiredReplicas: 1, currentReplicas: 1, currentMetrics: measured, conditions } });
    return prune(V2, object);
  });

test('an autoscaler survives the way through version 1, whatever it measures', () => {
  fc.assert(
    fc.property(anyAutoscaler, (object) => {
      assert.deepEqual(texts(v2.validate?.(object) ?? []), []);
      const old = prune(V1, fromV2(object));
      const back = prune(V2, toV2(old));
      assert.equal(JSON.stringify(back), JSON.stringify(object));
      assert.equal(JSON.stringify(prune(V1, fromV2(back))), JSON.stringify(old));
    }),
  );
});
