// What the control plane thinks of a node: its conditions and taints, and when its pods have to go. Pure.

import {
  type Node,
  nodeCondition,
  notReadyTaint,
  type Pod,
  podCondition,
  type Taint,
  tolerates,
  unreachableTaint,
  unschedulableTaint,
} from '#api/index.ts';
import { timestamp } from '#api/schema/time.ts';
import { sameJson } from '../json.ts';

type PodCondition = NonNullable<NonNullable<Pod['status']>['conditions']>[number];
type NodeCondition = NonNullable<NonNullable<Node['status']>['conditions']>[number];

/** How long a pod stays on a node that is not ready or not reachable when it does not say. */
const defaultTolerationSeconds = 300;

export const readiness = (node: Node): string => nodeCondition(node, 'Ready')?.status ?? 'Unknown';

/** The conditions of a node that is not heard of any more; undefined when they say so already. */
export function unheardConditions(node: Node, now: Date): NodeCondition[] | undefined {
  const before = node.status?.conditions ?? [];
  const unknown = (condition: NodeCondition): NodeCondition =>
    condition.status === 'Unknown'
      ? condition
      : {
          ...condition,
          status: 'Unknown',
          reason: 'NodeStatusUnknown',
          message: 'Kubelet stopped posting node status.',
          lastTransitionTime: timestamp(now),
        };
  const hasReady = before.some(({ type }) => type === 'Ready');
  const all: NodeCondition[] = hasReady ? before : [...before, { type: 'Ready', status: '' }];
  const after = all.map(unknown);
  return sameJson(before, after) ? undefined : after;
}

/** The taints that follow from readiness and cordoning; undefined when they are right. */
export function wantedTaints(node: Node, now: Date): Taint[] | undefined {
  const before = node.spec.taints ?? [];
  const status = readiness(node);
  const key = status === 'True' ? undefined : status === 'Unknown' ? unreachableTaint : notReadyTaint;
  const wanted = [
    ...(key ? [taint(key, 'NoSchedule'), taint(key, 'NoExecute')] : []),
    ...(node.spec.unschedulable ? [taint(unschedulableTaint, 'NoSchedule')] : []),
  ];
  const ours = [notReadyTaint, unreachableTaint, unschedulableTaint];
  const isSame = (a: Taint, b: Taint): boolean => a.key === b.key && a.effect === b.effect;
  const kept = before.filter((one) => !ours.includes(one.key) || wanted.some((each) => isSame(each, one)));
  const added = wanted.filter((one) => !kept.some((each) => isSame(each, one)));
  if (added.length === 0 && kept.length === before.length) return undefined;
  return [...kept, ...added.map((one) => ({ ...one, timeAdded: timestamp(now) }))];
}
const taint = (key: string, effect: string): Taint => ({ key, effect });

/** The pod's Ready condition turned to False, so that it leaves the EndpointSlices; undefined when it is not True. */
export function unreadyConditions(pod: Pod, now: Date): PodCondition[] | undefined {
  const ready = podCondition(pod, 'Ready');
  if (ready?.status !== 'True') return undefined;
  return [{ ...ready, status: 'False', lastTransitionTime: timestamp(now) }];
}

/** When the node's NoExecute taints drive the pod away, in milliseconds since the epoch; undefined: never. */
export function evictionTime(pod: Pod, node: Node, now: Date): number | undefined {
  const taints = (node.spec.taints ?? []).filter(({ effect }) => effect === 'NoExecute');
  const times = taints.map((one) => {
    const seconds = toleratedSeconds(pod, one);
    return (Date.parse(one.timeAdded ?? '') || now.getTime()) + seconds * 1000;
  });
  const first = Math.min(...times);
  return Number.isFinite(first) ? first : undefined;
}

function toleratedSeconds({ spec }: Pod, taint: Taint): number {
  const matching = (spec.tolerations ?? []).filter((one) => tolerates(one, taint));
  if (matching.length > 0) {
    return Math.min(...matching.map(({ tolerationSeconds }) => tolerationSeconds ?? Number.POSITIVE_INFINITY));
  }
  // Admission normally writes this into the pod; a pod made without it is treated alike.
  return taint.key === notReadyTaint || taint.key === unreachableTaint ? defaultTolerationSeconds : 0;
}
