// How many pods a PodDisruptionBudget is about, how many of them are healthy, and how many may go. Pure.

import {
  disruptionTimeoutMs,
  isPodReady,
  type Pod,
  type PodDisruptionBudget,
  type PodDisruptionBudgetStatus,
  withDisruptionCondition,
} from '#api/index.ts';

/** Whether the budget is a share of what the pods' controllers want, so that this must be known. */
export const needsScale = ({ spec }: PodDisruptionBudget): boolean =>
  spec.maxUnavailable !== undefined || typeof spec.minAvailable === 'string';

export interface Counting {
  readonly budget: PodDisruptionBudget;
  /** Those that its selector finds. */
  readonly pods: readonly Pod[];
  /** The pods that their controllers want, where {@link needsScale}. */
  readonly wanted: number;
  readonly now: Date;
}

export interface Count {
  readonly status: PodDisruptionBudgetStatus;
  /** When a granted eviction that has not happened will be given up; undefined when there is none. */
  readonly recheckMs: number | undefined;
  /** Pods that should have gone by now. */
  readonly overdue: readonly Pod[];
}

export function plan({ budget, pods, wanted, now }: Counting): Count {
  const { expectedPods, desiredHealthy } = demandOf(budget, pods, wanted);
  const { granted, overdue } = grantedEvictions(budget, pods, now);
  const isSpoken = ({ metadata }: Pod) => Boolean(metadata.deletionTimestamp) || granted.has(metadata.name ?? '');
  const currentHealthy = pods.filter((pod) => !isSpoken(pod) && isPodReady(pod)).length;
  // Without pods nothing is allowed: the first ones may come before they are counted.
  const disruptionsAllowed = expectedPods > 0 ? Math.max(currentHealthy - desiredHealthy, 0) : 0;
  const { generation } = budget.metadata;
  const counted: PodDisruptionBudgetStatus = {
    ...(generation && { observedGeneration: generation }),
    ...(granted.size > 0 && { disruptedPods: Object.fromEntries(granted) }),
    disruptionsAllowed,
    currentHealthy,
    desiredHealthy,
    expectedPods,
    ...(budget.status?.conditions && { conditions: budget.status.conditions }),
  };
  const ends = [...granted.values()].map((since) => Date.parse(since) + disruptionTimeoutMs);
  return {
    status: withDisruptionCondition(counted, now),
    recheckMs: ends.length > 0 ? Math.max(Math.min(...ends) - now.getTime(), 0) + 1 : undefined,
    overdue,
  };
}

function demandOf({ spec }: PodDisruptionBudget, pods: readonly Pod[], wanted: number) {
  const { minAvailable, maxUnavailable } = spec;
  if (maxUnavailable !== undefined) {
    return { expectedPods: wanted, desiredHealthy: Math.max(wanted - shareOf(maxUnavailable, wanted), 0) };
  }
  if (typeof minAvailable === 'string') return { expectedPods: wanted, desiredHealthy: shareOf(minAvailable, wanted) };
  return minAvailable === undefined
    ? { expectedPods: 0, desiredHealthy: 0 }
    : { expectedPods: pods.length, desiredHealthy: minAvailable };
}

/** A percentage is rounded up. */
const shareOf = (share: number | string, of: number): number =>
  typeof share === 'number' ? share : Math.ceil((Number.parseInt(share, 10) * of) / 100);

/** Evictions that were granted and have not happened: the pods are as good as gone, but not for ever. */
function grantedEvictions({ status }: PodDisruptionBudget, pods: readonly Pod[], now: Date) {
  const granted = new Map<string, string>();
  const overdue: Pod[] = [];
  for (const pod of pods) {
    const { name = '', deletionTimestamp } = pod.metadata;
    const since = Object.hasOwn(status?.disruptedPods ?? {}, name) ? status?.disruptedPods?.[name] : undefined;
    if (!since || deletionTimestamp) continue;
    if (Date.parse(since) + disruptionTimeoutMs < now.getTime()) overdue.push(pod);
    else granted.set(name, since);
  }
  return { granted, overdue };
}
