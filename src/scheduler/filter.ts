// Which nodes a pod may run on: each filter says why not, in the words that `kubectl describe pod` shows. Pure.

import { isNodeReady, type Node, type Pod, type Taint, tolerates, unschedulableTaint } from '#api/index.ts';
import type { NodeSelectorTerm } from '#api/schema/selector.ts';
import { shortages } from './resources.ts';

export interface Candidate {
  readonly node: Node;
  /** Not ended, those assumed to be there included. */
  readonly pods: readonly Pod[];
}
/** Undefined when the node will do. */
type Filter = (pod: Pod, candidate: Candidate) => string | undefined;

const readyFilter: Filter = (_, { node }) => (isNodeReady(node) ? undefined : 'node(s) were not ready');

/** Whether the pod may be beside the taint. */
export const bears = ({ spec }: Pod, taint: Taint): boolean =>
  spec.tolerations?.some((toleration) => tolerates(toleration, taint)) ?? false;

const cordoned: Taint = { key: unschedulableTaint, effect: 'NoSchedule' };
const unschedulableFilter: Filter = (pod, { node }) =>
  node.spec.unschedulable && !bears(pod, cordoned) ? 'node(s) were unschedulable' : undefined;

const taintFilter: Filter = (pod, { node }) => {
  const taint = (node.spec.taints ?? []).find((one) => one.effect !== 'PreferNoSchedule' && !bears(pod, one));
  return taint && `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`;
};

const affinityFilter: Filter = ({ spec }, { node }) => {
  const wanted = Object.entries(spec.nodeSelector ?? {});
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  const isSelected = wanted.every(([key, value]) => node.metadata.labels?.[key] === value);
  const isAffine = terms === undefined || terms.some((term) => matchesTerm(term, node));
  return isSelected && isAffine ? undefined : "node(s) didn't match Pod's node affinity/selector";
};

/** All requirements of the term hold; an empty term matches no node. */
export function matchesTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: Node): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  const labels = node.metadata.labels ?? {};
  return (
    matchExpressions.every((requirement) => holds(requirement, labels[requirement.key])) &&
    matchFields.every(
      (requirement) => requirement.key === 'metadata.name' && holds(requirement, node.metadata.name ?? ''),
    )
  );
}

type Requirement = NonNullable<NodeSelectorTerm['matchExpressions']>[number];
function holds({ operator, values = [] }: Requirement, value: string | undefined): boolean {
  const [first = ''] = values;
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number(value) > Number(first);
    case 'Lt':
      return value !== undefined && Number(value) < Number(first);
    default:
      return false;
  }
}

const hostPortFilter: Filter = (pod, { pods }) => {
  const wanted = hostPorts(pod);
  const isTaken = wanted.length > 0 && pods.flatMap(hostPorts).some((taken) => wanted.some((one) => clash(one, taken)));
  return isTaken ? "node(s) didn't have free ports for the requested pod ports" : undefined;
};

interface HostPort {
  readonly port: number;
  readonly protocol: string;
  readonly ip: string;
}
const hostPorts = ({ spec }: Pod): HostPort[] =>
  spec.containers
    .flatMap(({ ports }) => ports ?? [])
    .map(({ hostPort, containerPort, protocol = 'TCP', hostIP }) => ({
      port: hostPort || (spec.hostNetwork ? containerPort : 0),
      protocol,
      ip: hostIP || '0.0.0.0',
    }))
    .filter(({ port }) => port > 0);
const clash = (a: HostPort, b: HostPort): boolean =>
  a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === '0.0.0.0' || b.ip === '0.0.0.0');

const filters: readonly Filter[] = [unschedulableFilter, taintFilter, readyFilter, affinityFilter, hostPortFilter];

/** Why the pod may not run on the node: the first reason found, or all that the node has too little of. */
export function reasonsAgainst(pod: Pod, candidate: Candidate): string[] {
  for (const filter of filters) {
    const reason = filter(pod, candidate);
    if (reason) return [reason];
  }
  return shortages(pod, candidate.node, candidate.pods);
}

/** `0/2 nodes are available: 1 node(s) were unschedulable, …`, the reasons in alphabetical order. */
export function describeReasons(total: number, reasons: readonly string[]): string {
  if (total === 0) return 'no nodes available to schedule pods';
  const counted = [...Map.groupBy(reasons, (reason) => reason)].map(([reason, all]) => `${all.length} ${reason}`);
  return `0/${total} nodes are available: ${counted.sort().join(', ')}.`;
}
