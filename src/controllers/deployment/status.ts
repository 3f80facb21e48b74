// A Deployment's status: counts, and the conditions Available, Progressing and ReplicaFailure that `kubectl rollout
// status` and others wait for (api.md §19, §21). Pure.

import type { Deployment, ReplicaSet } from '#api/index.ts';
import { timestamp } from '#api/schema/time.ts';
import { sameJson } from '../json.ts';
import { desiredOf, limits, sizeOf, sum } from './sizes.ts';

export type DeploymentStatus = NonNullable<Deployment['status']>;
type DeploymentCondition = NonNullable<DeploymentStatus['conditions']>[number];

export interface StatusPlan {
  readonly status: DeploymentStatus;
  /** The progress deadline passes then. */
  readonly recheckMs?: number | undefined;
}
export interface Progress {
  readonly deployment: Deployment;
  readonly newest: ReplicaSet | undefined;
  readonly old: readonly ReplicaSet[];
  /** Name of the ReplicaSet that is being created just now. */
  readonly created?: string | undefined;
  readonly now: Date;
}

export function planStatus(progress: Progress): StatusPlan {
  const { deployment, newest, old, now } = progress;
  const all = newest ? [...old, newest] : [...old];
  const available = sum(all.map(({ status }) => status?.availableReplicas ?? 0));
  const { collisionCount, conditions = [] } = deployment.status ?? {};
  const counts: DeploymentStatus = {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: sum(all.map(({ status }) => status?.replicas ?? 0)),
    updatedReplicas: newest?.status?.replicas ?? 0,
    readyReplicas: sum(all.map(({ status }) => status?.readyReplicas ?? 0)),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, sum(all.map(sizeOf)) - available),
    ...(collisionCount && { collisionCount }),
  };
  let next = withCondition(conditions, availability(deployment, available), now);
  const progressing = progressCondition(progress, counts);
  if (progressing) next = withCondition(next, progressing, now);
  const failure = all.flatMap(({ status }) => status?.conditions ?? []).find(({ type }) => type === 'ReplicaFailure');
  next = failure ? withCondition(next, failure, now) : next.filter(({ type }) => type !== 'ReplicaFailure');
  const status = withoutZeroes({ ...counts, conditions: next });
  return { status, recheckMs: deadlineMs(deployment, status, now) };
}

type Verdict = Pick<DeploymentCondition, 'type' | 'status' | 'reason' | 'message'> & {
  /** The rollout moved, even if that reads the same as before. */
  readonly moved?: boolean;
};

function availability(deployment: Deployment, available: number): Verdict {
  return available >= desiredOf(deployment) - limits(deployment).maxUnavailable
    ? verdict('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.')
    : verdict('Available', 'False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.');
}

/** All replicas are of the present template, available, and nothing else is left. */
export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const desired = desiredOf(deployment);
  return (
    (status.updatedReplicas ?? 0) === desired &&
    (status.replicas ?? 0) === desired &&
    (status.availableReplicas ?? 0) === desired &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

const progressOf = (status: DeploymentStatus | undefined): DeploymentCondition | undefined =>
  status?.conditions?.find(({ type }) => type === 'Progressing');

/** Undefined when the condition stays as it is. */
function progressCondition(
  { deployment, newest, created, now }: Progress,
  next: DeploymentStatus,
): Verdict | undefined {
  const { progressDeadlineSeconds, paused } = deployment.spec;
  if (progressDeadlineSeconds === undefined) return undefined;
  const before = progressOf(deployment.status);
  if (paused) {
    if (before?.reason === 'DeploymentPaused' || before?.reason === 'ProgressDeadlineExceeded') return undefined;
    return verdict('Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused');
  }
  if (before?.reason === 'DeploymentPaused') {
    return verdict('Progressing', 'Unknown', 'DeploymentResumed', 'Deployment is resumed');
  }
  if (created) return progressed('NewReplicaSetCreated', `Created new replica set "${created}"`);
  const wasComplete = before?.reason === 'NewReplicaSetAvailable' && next.replicas === next.updatedReplicas;
  if (wasComplete) return undefined;
  const subject = newest ? `ReplicaSet "${newest.metadata.name}"` : `Deployment "${deployment.metadata.name}"`;
  if (isComplete(deployment, next))
    return progressed('NewReplicaSetAvailable', `${subject} has successfully progressed.`);
  if (!before && newest) return progressed('FoundNewReplicaSet', `Found new replica set "${newest.metadata.name}"`);
  if (hasMoved(deployment.status, next)) return progressed('ReplicaSetUpdated', `${subject} is progressing.`);
  if (!timedOut(before, progressDeadlineSeconds, now)) return undefined;
  return verdict('Progressing', 'False', 'ProgressDeadlineExceeded', `${subject} has timed out progressing.`);
}

const verdict = (type: string, status: string, reason: string, message: string): Verdict => ({
  type,
  status,
  reason,
  message,
});
const progressed = (reason: string, message: string): Verdict => ({
  ...verdict('Progressing', 'True', reason, message),
  moved: true,
});

function hasMoved(before: DeploymentStatus | undefined, next: DeploymentStatus): boolean {
  const count = (status: DeploymentStatus | undefined) => ({
    updated: status?.updatedReplicas ?? 0,
    old: (status?.replicas ?? 0) - (status?.updatedReplicas ?? 0),
    ready: status?.readyReplicas ?? 0,
    available: status?.availableReplicas ?? 0,
  });
  const [a, b] = [count(before), count(next)];
  return b.updated > a.updated || b.old < a.old || b.ready > a.ready || b.available > a.available;
}

const deadlineOf = (condition: DeploymentCondition, seconds: number): number =>
  Date.parse(condition.lastUpdateTime ?? condition.lastTransitionTime ?? '') + seconds * 1000;

function timedOut(condition: DeploymentCondition | undefined, seconds: number, now: Date): boolean {
  if (!condition || condition.reason === 'NewReplicaSetAvailable') return false;
  return condition.reason === 'ProgressDeadlineExceeded' || now.getTime() >= deadlineOf(condition, seconds);
}

function deadlineMs(deployment: Deployment, status: DeploymentStatus, now: Date): number | undefined {
  const { progressDeadlineSeconds: seconds, paused } = deployment.spec;
  const condition = progressOf(status);
  if (seconds === undefined || paused || !condition || isComplete(deployment, status)) return undefined;
  if (condition.reason === 'NewReplicaSetAvailable' || condition.reason === 'ProgressDeadlineExceeded')
    return undefined;
  return Math.max(deadlineOf(condition, seconds) - now.getTime(), 100);
}

function withCondition(conditions: readonly DeploymentCondition[], next: Verdict, now: Date): DeploymentCondition[] {
  const { moved, ...said } = next;
  const old = conditions.find(({ type }) => type === next.type);
  const isSame = old?.status === next.status && old.reason === next.reason && old.message === next.message;
  if (isSame && !moved) return [...conditions];
  const lastUpdateTime = timestamp(now);
  const lastTransitionTime = old?.status === next.status ? old.lastTransitionTime : lastUpdateTime;
  const { type, status, reason, message } = said;
  const condition = { type, status, lastUpdateTime, lastTransitionTime, reason, message };
  return old ? conditions.map((one) => (one === old ? condition : one)) : [...conditions, condition];
}

/** As the wire leaves them out; makes statuses comparable. */
const withoutZeroes = (status: DeploymentStatus): DeploymentStatus =>
  Object.fromEntries(Object.entries(status).filter(([, value]) => value !== 0)) as DeploymentStatus;

export const sameStatus = (a: DeploymentStatus | undefined, b: DeploymentStatus): boolean =>
  sameJson(withoutZeroes(a ?? {}), b);
