// ReplicaSet: how many pods to create, which to delete, and what status to report (api.md §21). Pure.

import { isPodReady, isPodTerminal, type Pod, podCondition, type ReplicaSet } from '#api/index.ts';
import { timestamp } from '#api/schema/time.ts';
import { sameJson } from '../json.ts';

type ReplicaSetStatus = NonNullable<ReplicaSet['status']>;
type ReplicaSetCondition = NonNullable<ReplicaSetStatus['conditions']>[number];

/** More than this many pods are not created or deleted in one go. */
export const burst = 500;

export interface Replicas {
  readonly create: number;
  readonly delete: Pod[];
}

export const isActive = (pod: Pod): boolean => !isPodTerminal(pod) && !pod.metadata.deletionTimestamp;

/**
 * @param mine the pods of the ReplicaSet
 * @param related active pods of the same workload on all nodes, `mine` included: a crowded node is relieved first
 */
export function planReplicas(replicaSet: ReplicaSet, mine: readonly Pod[], related: readonly Pod[]): Replicas {
  const active = mine.filter(isActive);
  const missing = (replicaSet.spec.replicas ?? 1) - active.length;
  if (replicaSet.metadata.deletionTimestamp || missing === 0) return { create: 0, delete: [] };
  if (missing > 0) return { create: Math.min(missing, burst), delete: [] };
  const doomed = active.sort(byDeletionOrder(related)).slice(0, Math.min(-missing, burst));
  return { create: 0, delete: doomed };
}

/** Negative when `a` is the better one to lose; each criterion counts only where those before it see no difference. */
function byDeletionOrder(related: readonly Pod[]): (a: Pod, b: Pod) => number {
  const crowd = Map.groupBy(related, ({ spec }) => spec.nodeName ?? '');
  const onNode = ({ spec }: Pod): number => crowd.get(spec.nodeName ?? '')?.length ?? 0;
  const criteria: ((pod: Pod) => number)[] = [
    ({ spec }) => (spec.nodeName ? 1 : 0),
    ({ status }) => phaseRank[status?.phase ?? 'Pending'] ?? 1,
    (pod) => (isPodReady(pod) ? 1 : 0),
    deletionCost,
    (pod) => -onNode(pod),
    // The longer it is ready, the more it is worth keeping.
    (pod) => (isPodReady(pod) ? -Date.parse(podCondition(pod, 'Ready')?.lastTransitionTime ?? '') || 0 : 0),
    (pod) => -Math.max(0, ...(pod.status?.containerStatuses ?? []).map(({ restartCount }) => restartCount)),
    ({ metadata }) => -Date.parse(metadata.creationTimestamp ?? '') || 0,
  ];
  return (a, b) => {
    for (const criterion of criteria) {
      const difference = criterion(a) - criterion(b);
      if (difference !== 0) return difference;
    }
    return 0;
  };
}
const phaseRank: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };
const deletionCost = ({ metadata }: Pod): number =>
  Number(metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0) || 0;

/** When the pod counts as available: ready for `minReadySeconds`. Undefined while it is not ready. */
function availableAt(pod: Pod, minReadySeconds: number): number | undefined {
  if (!isPodReady(pod)) return undefined;
  if (minReadySeconds === 0) return 0;
  return Date.parse(podCondition(pod, 'Ready')?.lastTransitionTime ?? '') + minReadySeconds * 1000;
}

export interface Failure {
  readonly reason: 'FailedCreate' | 'FailedDelete';
  readonly message: string;
}
export interface StatusPlan {
  readonly status: ReplicaSetStatus;
  /** A pod becomes available by mere passing of time. */
  readonly recheckMs?: number | undefined;
}

export function planStatus(
  replicaSet: ReplicaSet,
  mine: readonly Pod[],
  failure: Failure | undefined,
  now: Date,
): StatusPlan {
  const { minReadySeconds = 0, template } = replicaSet.spec;
  const active = mine.filter(isActive);
  const times = active.map((pod) => availableAt(pod, minReadySeconds)).filter((at) => at !== undefined);
  const waits = times.map((at) => at - now.getTime()).filter((wait) => wait > 0);
  const labels = Object.entries(template?.metadata?.labels ?? {});
  const conditions = failureCondition(replicaSet, failure, now);
  const status: ReplicaSetStatus = {
    replicas: active.length,
    fullyLabeledReplicas: active.filter(({ metadata }) => labels.every(([k, v]) => metadata.labels?.[k] === v)).length,
    readyReplicas: active.filter(isPodReady).length,
    availableReplicas: times.length - waits.length,
    observedGeneration: replicaSet.metadata.generation ?? 0,
    ...(conditions.length > 0 && { conditions }),
  };
  return { status, recheckMs: waits.length > 0 ? Math.min(...waits) : undefined };
}

function failureCondition(replicaSet: ReplicaSet, failure: Failure | undefined, now: Date): ReplicaSetCondition[] {
  const before = replicaSet.status?.conditions ?? [];
  const others = before.filter(({ type }) => type !== 'ReplicaFailure');
  if (!failure) return others;
  const old = before.find(({ type }) => type === 'ReplicaFailure');
  if (old?.reason === failure.reason) return before;
  return [...others, { type: 'ReplicaFailure', status: 'True', lastTransitionTime: timestamp(now), ...failure }];
}

/** Zeroes are left out on the wire. */
export function sameStatus(a: ReplicaSetStatus | undefined, b: ReplicaSetStatus): boolean {
  const full = (status: ReplicaSetStatus | undefined) => ({
    replicas: status?.replicas ?? 0,
    fullyLabeledReplicas: status?.fullyLabeledReplicas ?? 0,
    readyReplicas: status?.readyReplicas ?? 0,
    availableReplicas: status?.availableReplicas ?? 0,
    observedGeneration: status?.observedGeneration ?? 0,
    conditions: status?.conditions ?? [],
  });
  return sameJson(full(a), full(b));
}
