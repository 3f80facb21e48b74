// A pod's cells (api.md §18): its status column tells how far it is, or what went wrong, in one word.

import { age } from '../../duration.ts';
import type { Column } from '../../kind.ts';
import { isPodReady, isPodTerminal, isSidecar, podCondition } from '../../pod-conditions.ts';
import type { ContainerState, ContainerStatus, Pod } from '../../schema/pod.ts';
import { ageColumn, column, nameColumn, none, orNone, wide } from '../columns.ts';

const sidecarNames = ({ spec }: Pod): Set<string> =>
  new Set((spec.initContainers ?? []).filter(isSidecar).map(({ name }) => name));
const isStartedSidecar = (status: ContainerStatus, sidecars: Set<string>): boolean =>
  sidecars.has(status.name) && status.started === true;

const ended = ({ reason, signal, exitCode }: NonNullable<ContainerState['terminated']>): string =>
  reason || (signal ? `Signal:${signal}` : `ExitCode:${exitCode}`);

/** What the first unfinished init container is doing; undefined when none holds the pod up. */
function initReason(pod: Pod): string | undefined {
  const sidecars = sidecarNames(pod);
  const statuses = pod.status?.initContainerStatuses ?? [];
  for (const [i, status] of statuses.entries()) {
    const { terminated, waiting } = status.state ?? {};
    if (terminated?.exitCode === 0 || isStartedSidecar(status, sidecars)) continue;
    if (terminated) return `Init:${ended(terminated)}`;
    if (waiting?.reason && waiting.reason !== 'PodInitializing') return `Init:${waiting.reason}`;
    return `Init:${i}/${pod.spec.initContainers?.length ?? 0}`;
  }
  return undefined;
}

const isInitialised = (pod: Pod): boolean =>
  initReason(pod) === undefined || podCondition(pod, 'Initialized')?.status === 'True';

function containerReason(pod: Pod, start: string): string {
  let reason = start;
  let running = false;
  for (const { state, ready } of (pod.status?.containerStatuses ?? []).toReversed()) {
    if (state?.waiting?.reason) reason = state.waiting.reason;
    else if (state?.terminated) reason = ended(state.terminated);
    else if (ready && state?.running) running = true;
  }
  if (reason === 'Completed' && running) return isPodReady(pod) ? 'Running' : 'NotReady';
  return reason;
}

function statusCell(pod: Pod): string {
  if (pod.metadata.deletionTimestamp) {
    if (pod.status?.reason === 'NodeLost') return 'Unknown';
    if (!isPodTerminal(pod)) return 'Terminating';
  }
  const gated = podCondition(pod, 'PodScheduled')?.reason === 'SchedulingGated';
  const start = gated ? 'SchedulingGated' : pod.status?.reason || pod.status?.phase || '';
  const init = initReason(pod);
  return isInitialised(pod) ? containerReason(pod, init ?? start) : (init ?? start);
}

function readyCell(pod: Pod): string {
  const sidecars = sidecarNames(pod);
  const beside = (pod.status?.initContainerStatuses ?? []).filter((s) => isStartedSidecar(s, sidecars) && s.ready);
  const main = isInitialised(pod)
    ? (pod.status?.containerStatuses ?? []).filter((s) => s.ready && s.state?.running)
    : [];
  return `${beside.length + main.length}/${(pod.spec.containers ?? []).length + sidecars.size}`;
}

function restartsCell(pod: Pod, now: Date): string {
  const sidecars = sidecarNames(pod);
  const init = pod.status?.initContainerStatuses ?? [];
  const counted = isInitialised(pod)
    ? [...init.filter(({ name }) => sidecars.has(name)), ...(pod.status?.containerStatuses ?? [])]
    : init;
  const restarts = counted.reduce((sum, { restartCount }) => sum + (restartCount ?? 0), 0);
  const last = counted
    .map(({ lastState }) => lastState?.terminated?.finishedAt ?? '')
    .sort()
    .at(-1);
  return restarts > 0 && last ? `${restarts} (${age(last, now)} ago)` : String(restarts);
}

function gatesCell(pod: Pod): string {
  const gates = pod.spec.readinessGates ?? [];
  const open = gates.filter(({ conditionType }) => podCondition(pod, conditionType)?.status === 'True');
  return gates.length === 0 ? none : `${open.length}/${gates.length}`;
}

export const podColumns: readonly Column<Pod>[] = [
  nameColumn,
  column('Ready', 'Ready containers, of those the pod has', readyCell),
  column('Status', 'How far the pod is, or what is wrong', statusCell),
  column('Restarts', 'How often its containers were started again', restartsCell),
  ageColumn,
  wide('IP', 'Address of the pod', ({ status }) => orNone(status?.podIPs?.[0]?.ip)),
  wide('Node', 'Node it runs on', ({ spec }) => orNone(spec.nodeName)),
  wide('Nominated Node', 'Node that is being cleared for it', ({ status }) => orNone(status?.nominatedNodeName)),
  wide('Readiness Gates', 'Conditions met, of those that it asks for', gatesCell),
];

const endings: ReadonlyMap<string, string> = new Map([
  ['Succeeded', 'All containers of the pod ended without an error.'],
  ['Failed', 'A container of the pod ended with an error.'],
]);

/** A finished pod's row says so, which lets kubectl tell it from a running one. */
export function podRowConditions({ status }: Pod): { type: string; status: string; reason: string; message: string }[] {
  const phase = status?.phase ?? '';
  const message = endings.get(phase);
  return message === undefined ? [] : [{ type: 'Completed', status: 'True', reason: phase, message }];
}
