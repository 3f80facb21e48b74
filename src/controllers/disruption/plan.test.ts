import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod, PodDisruptionBudget } from '#api/index.ts';
import { needsScale, plan } from './plan.ts';

const now = new Date('2026-01-01T01:00:00Z');
const at = (second: number): string => new Date(now.getTime() + second * 1000).toISOString().replace('.000', '');
const pod = (name: string, { ready = true, deleting = false } = {}): Pod => ({
  metadata: { name, namespace: 'default', ...(deleting && { deletionTimestamp: at(-1) }) },
  spec: { containers: [] },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
});
const budget = (spec: PodDisruptionBudget['spec'], status?: PodDisruptionBudget['status']): PodDisruptionBudget => ({
  metadata: { name: 'web', namespace: 'default', generation: 2 },
  spec: { selector: {}, ...spec },
  ...(status && { status }),
});
const zero = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 };
const [a, b, c] = [pod('a'), pod('b'), pod('c')];

test('a budget counts healthy pods against those that must be', () => {
  const table: {
    name: string;
    spec: PodDisruptionBudget['spec'];
    pods?: Pod[];
    wanted?: number;
    /** Allowed, healthy, desired, expected. */
    want: [number, number, number, number];
  }[] = [
    { name: 'a number of pods', spec: { minAvailable: 2 }, want: [1, 3, 2, 3] },
    { name: 'more than there are', spec: { minAvailable: 5 }, want: [0, 3, 5, 3] },
    { name: 'a share of what is wanted, rounded up', spec: { minAvailable: '50%' }, wanted: 5, want: [0, 3, 3, 5] },
    { name: 'all may go', spec: { minAvailable: '0%' }, wanted: 3, want: [3, 3, 0, 3] },
    { name: 'a number may be missing', spec: { maxUnavailable: 1 }, wanted: 3, want: [1, 3, 2, 3] },
    { name: 'one is missing already', spec: { maxUnavailable: 1 }, wanted: 4, want: [0, 3, 3, 4] },
    { name: 'a share may be missing, rounded up', spec: { maxUnavailable: '10%' }, wanted: 3, want: [1, 3, 2, 3] },
    { name: 'more than all may be missing', spec: { maxUnavailable: 9 }, wanted: 3, want: [3, 3, 0, 3] },
    { name: 'none says anything', spec: {}, want: [0, 3, 0, 0] },
    { name: 'no pods, so that the first ones are safe', spec: { minAvailable: 0 }, pods: [], want: [0, 0, 0, 0] },
    {
      name: 'pods that are not ready or on their way out are not healthy',
      spec: { minAvailable: 1 },
      pods: [a, pod('b', { ready: false }), pod('c', { deleting: true })],
      want: [0, 1, 1, 3],
    },
  ];
  for (const { name, spec, pods = [a, b, c], wanted = 0, want } of table) {
    const { status } = plan({ budget: budget(spec), pods, wanted, now });
    const { disruptionsAllowed, currentHealthy, desiredHealthy, expectedPods, observedGeneration } = status;
    assert.deepEqual([disruptionsAllowed, currentHealthy, desiredHealthy, expectedPods], want, name);
    assert.equal(observedGeneration, 2, name);
  }
});

test('only shares need to know what is wanted', () => {
  assert.equal(needsScale(budget({ minAvailable: 1 })), false);
  assert.equal(needsScale(budget({ minAvailable: '1%' })), true);
  assert.equal(needsScale(budget({ maxUnavailable: 1 })), true);
});

test('a granted eviction counts as gone, for two minutes', () => {
  const disruptedPods = { a: at(-30), b: at(-121), gone: at(-1) };
  const { status, recheckMs, overdue } = plan({
    budget: budget({ minAvailable: 1 }, { ...zero, disruptedPods }),
    pods: [a, b, c],
    wanted: 0,
    now,
  });
  assert.deepEqual([status.disruptionsAllowed, status.currentHealthy], [1, 2]);
  assert.deepEqual(status.disruptedPods, { a: at(-30) });
  assert.equal(recheckMs, 90_001);
  assert.deepEqual(overdue, [b]);
  const seen = plan({
    budget: budget({ minAvailable: 1 }, status),
    pods: [pod('a', { deleting: true }), b, c],
    wanted: 0,
    now,
  });
  assert.equal(seen.status.disruptedPods, undefined);
  assert.equal(seen.recheckMs, undefined);
});

test('the condition says whether anything may go, and since when', () => {
  const allowed = plan({ budget: budget({ minAvailable: 1 }), pods: [a, b], wanted: 0, now }).status;
  const condition = { type: 'DisruptionAllowed', observedGeneration: 2, message: '' };
  assert.deepEqual(allowed.conditions, [
    { ...condition, status: 'True', reason: 'SufficientPods', lastTransitionTime: at(0) },
  ]);
  const later = new Date(now.getTime() + 60_000);
  const still = plan({ budget: budget({ minAvailable: 1 }, allowed), pods: [a, b, c], wanted: 0, now: later }).status;
  assert.equal(still.conditions?.[0]?.lastTransitionTime, at(0));
  const refused = plan({ budget: budget({ minAvailable: 2 }, still), pods: [a, b], wanted: 0, now: later }).status;
  assert.deepEqual(refused.conditions, [
    { ...condition, status: 'False', reason: 'InsufficientPods', lastTransitionTime: at(60) },
  ]);
});
