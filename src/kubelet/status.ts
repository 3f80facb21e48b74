// A pod's status, computed from what its containers are doing. Pure: the same records always give the same status, and
// `statusPatch` says how little must be written for the API server to know it.

import { isDeepStrictEqual } from 'node:util';
import { type Container, type ContainerStatus, isSidecar, type Pod, type PodStatus } from '#api/index.ts';
import type { PodCondition } from '#api/schema/pod.ts';
import { timestamp } from '#api/schema/time.ts';
import type { PerFamily } from '#lib/cidr.ts';

/** The state of one container as its runner keeps it. */
export interface ContainerRecord {
  readonly name: string;
  readonly state: NonNullable<ContainerStatus['state']>;
  readonly lastState: NonNullable<ContainerStatus['lastState']>;
  readonly restartCount: number;
  readonly containerID: string | undefined;
  /** Running, and its startup probe (if any) has succeeded. */
  readonly started: boolean;
  /** What the readiness probe says; true without one. */
  readonly probedReady: boolean;
}

export interface PodView {
  readonly pod: Pod;
  /** Of all containers; one without a record has not been looked at yet. */
  readonly records: ReadonlyMap<string, ContainerRecord>;
  readonly networkReady: boolean;
  readonly podIPs: readonly string[];
  readonly hostIPs: PerFamily<string>;
  readonly startTime: string;
  /** No container runs, and none will be started again. */
  readonly over: boolean;
  /** The kubelet gave the pod up: the phase is Failed. */
  readonly failure: { readonly reason: string; readonly message: string } | undefined;
}

const initContainersOf = ({ spec }: Pod): readonly Container[] => spec.initContainers ?? [];

/** Why a container waits that nothing was done for yet. */
export const waitingReason = (pod: Pod): string =>
  initContainersOf(pod).length > 0 ? 'PodInitializing' : 'ContainerCreating';

function containerStatus({ records, pod }: PodView, container: Container, isInit: boolean): ContainerStatus {
  const record = records.get(container.name);
  const state = record?.state ?? { waiting: { reason: waitingReason(pod) } };
  const running = state.running !== undefined;
  const ready =
    isInit && !isSidecar(container)
      ? state.terminated?.exitCode === 0
      : running && record?.started === true && record.probedReady;
  return {
    name: container.name,
    state,
    lastState: record?.lastState ?? {},
    ready,
    restartCount: record?.restartCount ?? 0,
    image: container.image ?? '',
    imageID: record?.containerID ? (container.image ?? '') : '',
    ...(record?.containerID && { containerID: record.containerID }),
    started: running && record?.started === true,
  };
}

/** Init containers are through: ended well, or, a sidecar, started. */
function isInitialised(view: PodView): boolean {
  return initContainersOf(view.pod).every((container) => {
    const record = view.records.get(container.name);
    return isSidecar(container) ? record?.started === true : record?.state.terminated?.exitCode === 0;
  });
}

export function podPhase(view: PodView): NonNullable<PodStatus['phase']> {
  if (view.failure) return 'Failed';
  const { pod, records } = view;
  const policy = pod.spec.restartPolicy ?? 'Always';
  const appRecords = pod.spec.containers.map(({ name }) => records.get(name));
  const exitCodes = appRecords.map((record) => (record?.state.terminated ?? record?.lastState.terminated)?.exitCode);
  if (view.over && exitCodes.every((code) => code !== undefined)) {
    return exitCodes.every((code) => code === 0) ? 'Succeeded' : 'Failed';
  }
  if (view.over) return 'Failed';
  const failedInit = initContainersOf(pod).some(
    (container) => !isSidecar(container) && (records.get(container.name)?.state.terminated?.exitCode ?? 0) !== 0,
  );
  if (failedInit && policy === 'Never') return 'Failed';
  const everRan = appRecords.some((record) => record && (record.state.running || record.state.terminated));
  if (!isInitialised(view) && !everRan) return 'Pending';
  if (appRecords.some((record) => !record || (record.state.waiting && !record.lastState.terminated))) return 'Pending';
  if (appRecords.some((record) => record?.state.running) || policy === 'Always') return 'Running';
  if (exitCodes.every((code) => code === 0)) return 'Succeeded';
  return policy === 'Never' ? 'Failed' : 'Running';
}

type NewCondition = Pick<PodCondition, 'type' | 'status' | 'reason' | 'message'>;
const isTrue = (type: string, reason?: string): NewCondition => ({ type, status: 'True', ...(reason && { reason }) });
const isFalse = (type: string, reason: string, message?: string): NewCondition => ({
  type,
  status: 'False',
  reason,
  ...(message && { message }),
});

function initialized(view: PodView, phase: string): NewCondition {
  if (phase === 'Succeeded') return isTrue('Initialized', 'PodCompleted');
  if (isInitialised(view)) return isTrue('Initialized');
  const incomplete = initContainersOf(view.pod).filter(
    ({ name }) => view.records.get(name)?.state.terminated?.exitCode !== 0,
  );
  const names = incomplete.map(({ name }) => name).join(' ');
  return isFalse('Initialized', 'ContainersNotInitialized', `containers with incomplete status: [${names}]`);
}

function containersReady(statuses: readonly ContainerStatus[], phase: string): NewCondition {
  if (phase === 'Succeeded') return isFalse('ContainersReady', 'PodCompleted');
  if (phase === 'Failed') return isFalse('ContainersReady', 'PodFailed');
  const unready = statuses.filter(({ ready }) => !ready).map(({ name }) => name);
  if (unready.length === 0) return isTrue('ContainersReady');
  return isFalse('ContainersReady', 'ContainersNotReady', `containers with unready status: [${unready.join(' ')}]`);
}

function ready(pod: Pod, containers: NewCondition): NewCondition {
  if (containers.status !== 'True') return { ...containers, type: 'Ready' };
  const complaints = (pod.spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const found = pod.status?.conditions?.find(({ type }) => type === conditionType);
    if (!found) return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`];
    if (found.status === 'True') return [];
    return [`the status of pod readiness gate "${conditionType}" is not "True", but ${found.status}`];
  });
  if (complaints.length === 0) return isTrue('Ready');
  return isFalse('Ready', 'ReadinessGatesNotReady', complaints.join(', '));
}

/** The time of the last change stays with a condition until its status changes. */
function withTime(condition: NewCondition, before: readonly PodCondition[], now: string): PodCondition {
  const old = before.find(({ type }) => type === condition.type);
  const same = old?.status === condition.status && old.lastTransitionTime;
  return { ...condition, lastTransitionTime: same || now };
}

/** @param before what the API server has, for the times of conditions */
export function podStatus(view: PodView, before: PodStatus, now: Date): PodStatus {
  const { pod } = view;
  const phase = podPhase(view);
  const inits = initContainersOf(pod).map((container) => containerStatus(view, container, true));
  const apps = pod.spec.containers.map((container) => containerStatus(view, container, false));
  const sidecars = inits.filter(({ name }) => initContainersOf(pod).some((c) => c.name === name && isSidecar(c)));
  const containers = containersReady([...sidecars, ...apps], phase);
  const conditions = [
    view.networkReady ? isTrue('PodReadyToStartContainers') : { type: 'PodReadyToStartContainers', status: 'False' },
    initialized(view, phase),
    ready(pod, containers),
    containers,
    isTrue('PodScheduled'),
  ];
  return {
    phase,
    conditions: conditions.map((condition) => withTime(condition, before.conditions ?? [], timestamp(now))),
    ...(view.failure && { reason: view.failure.reason, message: view.failure.message }),
    hostIP: view.hostIPs[0],
    hostIPs: view.hostIPs.map((ip) => ({ ip })),
    ...(view.podIPs[0] && { podIP: view.podIPs[0], podIPs: view.podIPs.map((ip) => ({ ip })) }),
    startTime: view.startTime,
    ...(inits.length > 0 && { initContainerStatuses: inits }),
    containerStatuses: apps,
  };
}

/** Lists that the API server merges: what others added goes only when it is told that ours is all. */
const mergedLists = new Set(['hostIPs', 'podIPs']);

/** The strategic merge patch from one status to the other; undefined when there is nothing to say. */
export function statusPatch(before: PodStatus, after: PodStatus): Partial<PodStatus> | undefined {
  const patch: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(after)) {
    if (field === 'conditions' || isDeepStrictEqual(value, before[field as keyof PodStatus])) continue;
    patch[field] = mergedLists.has(field) ? [{ $patch: 'replace' }, ...(value as object[])] : value;
  }
  if (before.podIP && !after.podIP) Object.assign(patch, { podIP: null, podIPs: [{ $patch: 'replace' }] });
  const conditions = (after.conditions ?? []).filter(
    (condition) => !before.conditions?.some((old) => sameCondition(old, condition)),
  );
  // A reason that is over must be taken away in the merge, as leaving it out would keep it.
  if (conditions.length > 0) patch.conditions = conditions.map((c) => ({ reason: null, message: null, ...c }));
  return Object.keys(patch).length > 0 ? (patch as Partial<PodStatus>) : undefined;
}

const sameCondition = (a: PodCondition, b: PodCondition): boolean =>
  a.type === b.type &&
  a.status === b.status &&
  (a.reason ?? '') === (b.reason ?? '') &&
  (a.message ?? '') === (b.message ?? '');
