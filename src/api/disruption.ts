// What the API server, which grants evictions, and the disruption controller, which counts pods, agree on about budgets.

import type { Condition } from './schema/meta.ts';
import type { PodDisruptionBudgetStatus } from './schema/policy.ts';
import { timestamp } from './schema/time.ts';

/** A granted eviction whose pod is not being deleted after this long is taken to have failed. */
export const disruptionTimeoutMs = 120_000;

/** The status with its condition DisruptionAllowed as its numbers say. */
export function withDisruptionCondition(status: PodDisruptionBudgetStatus, now: Date): PodDisruptionBudgetStatus {
  const isAllowed = status.disruptionsAllowed > 0;
  return withCondition(status, now, {
    status: isAllowed ? 'True' : 'False',
    reason: isAllowed ? 'SufficientPods' : 'InsufficientPods',
    message: '',
  });
}

/** The status of a budget whose pods cannot be counted: nothing may be evicted until they can. */
export const withoutDisruptions = (
  status: PodDisruptionBudgetStatus,
  now: Date,
  message: string,
): PodDisruptionBudgetStatus =>
  withCondition({ ...status, disruptionsAllowed: 0 }, now, { status: 'False', reason: 'SyncFailed', message });

const type = 'DisruptionAllowed';

function withCondition(
  status: PodDisruptionBudgetStatus,
  now: Date,
  wanted: Pick<Condition, 'status' | 'reason' | 'message'>,
): PodDisruptionBudgetStatus {
  const conditions = status.conditions ?? [];
  const old = conditions.find((condition) => condition.type === type);
  const condition: Condition = {
    type,
    ...wanted,
    ...(status.observedGeneration && { observedGeneration: status.observedGeneration }),
    lastTransitionTime: old?.status === wanted.status ? old.lastTransitionTime : timestamp(now),
  };
  const others = conditions.map((one) => (one === old ? condition : one));
  return { ...status, conditions: old ? others : [...others, condition] };
}
