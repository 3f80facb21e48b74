// What a pod gets once, when it is created (api.md §13): a first status, and what upstream's admission plug-ins add
// (service account, priority, patience with nodes that fail).

import type { Pod, PodCondition } from '../../schema/pod.ts';
import type { Toleration } from '../../schema/selector.ts';
import { notReadyTaint, unreachableTaint } from '../../taints.ts';
import { qosClass } from './qos.ts';

/** How long a pod stays on a node that is gone before it is evicted. */
const patienceSeconds = 300;
const builtInPriorities: ReadonlyMap<string, number> = new Map([
  ['system-cluster-critical', 2_000_000_000],
  ['system-node-critical', 2_000_001_000],
]);

/** What says, from the first moment, that a pod with gates is not waiting for the scheduler. */
const gated: PodCondition = {
  type: 'PodScheduled',
  status: 'False',
  reason: 'SchedulingGated',
  message: 'Scheduling is blocked due to non-empty scheduling gates',
};

export function preparePodCreate(pod: Pod): void {
  pod.spec ??= { containers: [] };
  const { spec } = pod;
  pod.status = { phase: 'Pending', qosClass: qosClass({ ...spec, containers: spec.containers ?? [] }) };
  if (spec.schedulingGates?.length) pod.status.conditions = [{ ...gated }];
  spec.serviceAccountName ||= spec.serviceAccount || 'default';
  spec.priority ??= builtInPriorities.get(spec.priorityClassName ?? '') ?? 0;
  spec.preemptionPolicy ??= 'PreemptLowerPriority';
  spec.tolerations = withPatience(spec.tolerations ?? []);
}

function withPatience(tolerations: Toleration[]): Toleration[] {
  const missing = [notReadyTaint, unreachableTaint].filter(
    (taint) => !tolerations.some(({ key, effect }) => (!key || key === taint) && (!effect || effect === 'NoExecute')),
  );
  const added = missing.map((key) => ({
    key,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: patienceSeconds,
  }));
  return [...tolerations, ...added];
}
