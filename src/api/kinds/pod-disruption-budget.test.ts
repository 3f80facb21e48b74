import assert from 'node:assert/strict';
import { test } from 'node:test';
import { podDisruptionBudgetKind } from './pod-disruption-budget.ts';
import { cells, created, texts } from './testing.ts';

const now = new Date('2026-01-01T01:00:00Z');
const metadata = { name: 'web', namespace: 'default', creationTimestamp: '2026-01-01T00:00:00Z' };
const make = (spec: object) => created(podDisruptionBudgetKind, { metadata, spec });

test('every rule of a PodDisruptionBudget names its field', () => {
  const percent =
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
  const table: [string, object, ...string[]][] = [
    ['a number', { minAvailable: 1, selector: { matchLabels: { app: 'web' } } }],
    ['a percentage', { maxUnavailable: '50%', unhealthyPodEvictionPolicy: 'AlwaysAllow' }],
    ['nothing', {}],
    [
      'both',
      { minAvailable: 1, maxUnavailable: '10%' },
      'spec: Invalid value: {"MinAvailable":1,"Selector":null,"MaxUnavailable":"10%","UnhealthyPodEvictionPolicy":null}: minAvailable and maxUnavailable cannot be both set',
    ],
    [
      'less than none',
      { minAvailable: -1 },
      'spec.minAvailable: Invalid value: -1: must be greater than or equal to 0',
    ],
    ['no percentage', { maxUnavailable: 'x%' }, `spec.maxUnavailable: Invalid value: "x%": ${percent}`],
    [
      'more than all',
      { maxUnavailable: '101%' },
      'spec.maxUnavailable: Invalid value: "101%": must not be greater than 100%',
    ],
    [
      'no policy',
      { unhealthyPodEvictionPolicy: 'Never', selector: { matchExpressions: [{ key: 'a', operator: 'In' }] } },
      'spec.unhealthyPodEvictionPolicy: Unsupported value: "Never": supported values: "AlwaysAllow", "IfHealthyBudget"',
      "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
    ],
  ];
  for (const [name, spec, ...want] of table) {
    assert.deepEqual(texts(podDisruptionBudgetKind.validate?.(make(spec)) ?? []), want, name);
  }
});

test('a new budget allows nothing; its status counts, and has conditions of the common form', () => {
  const budget = make({ minAvailable: '50%' });
  assert.deepEqual(budget.status, { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 });
  assert.deepEqual(cells(podDisruptionBudgetKind.columns, budget, now), ['web', '50%', 'N/A', 0, '60m']);
  const condition = { type: 'DisruptionAllowed', status: 'True', reason: 'SufficientPods', message: '' };
  const lastTransitionTime = '2026-01-01T00:00:00Z';
  const conditions = [
    { ...condition, lastTransitionTime },
    { ...condition, lastTransitionTime: '', status: 'Maybe', reason: '', observedGeneration: -1 },
    { ...condition, lastTransitionTime, type: 'Other', reason: '1st' },
  ];
  const object = { ...budget, status: { ...budget.status, conditions, disruptionsAllowed: -1 } as never };
  assert.deepEqual(texts(podDisruptionBudgetKind.validateStatusUpdate?.(object, budget) ?? []), [
    'status.conditions[1].type: Duplicate value: "DisruptionAllowed"',
    'status.conditions[1].status: Unsupported value: "Maybe": supported values: "False", "True", "Unknown"',
    'status.conditions[1].observedGeneration: Invalid value: -1: must be greater than or equal to zero',
    'status.conditions[1].lastTransitionTime: Required value: must be set',
    'status.conditions[1].reason: Required value: must be set',
    "status.conditions[2].reason: Invalid value: \"1st\": a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?')",
    'status.disruptionsAllowed: Invalid value: -1: must be greater than or equal to 0',
  ]);
});
