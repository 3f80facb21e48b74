// Which nodes may announce the addresses of a Service, and in which order of preference. Every node computes the same from the
// same objects, so nothing has to be agreed on. Pure.

import { createHash } from 'node:crypto';
import { type EndpointSlice, isNodeReady, type Node, type Service } from '#api/index.ts';

/** Upstream's, of nodes that are to get nothing from outside. */
const excludeLabel = 'node.kubernetes.io/exclude-from-external-load-balancers';
/** Of a node that is about to be taken away (services.md D.9). */
const goingTaint = 'ToBeDeletedByClusterAutoscaler';

const canServe = (node: Node): boolean =>
  isNodeReady(node) &&
  node.metadata.deletionTimestamp === undefined &&
  node.metadata.labels?.[excludeLabel] === undefined &&
  !node.spec.taints?.some(({ key }) => key === goingTaint);

/**
 * Names of nodes. With externalTrafficPolicy Local those that have ready endpoints, for want of them those whose endpoints serve
 * while they end (services.md D.3); where there are no endpoints at all, any node can refuse.
 * @param slices of the Service; read for externalTrafficPolicy Local alone
 */
export function candidatesFor(
  service: Service,
  nodes: readonly Node[],
  slices: readonly EndpointSlice[],
): readonly string[] {
  const able = nodes.filter(canServe).map(({ metadata }) => metadata.name ?? '');
  const ordered = inOrder(able, `${service.metadata.namespace}/${service.metadata.name}`);
  if (service.spec.externalTrafficPolicy !== 'Local') return ordered;
  const endpoints = slices.flatMap((slice) => slice.endpoints ?? []);
  const ready = endpoints.filter(({ conditions }) => conditions?.ready ?? true);
  const ending = endpoints.filter(({ conditions }) => conditions?.serving && conditions.terminating);
  for (const some of [ready, ending]) {
    const there = new Set(some.map(({ nodeName }) => nodeName));
    const local = ordered.filter((node) => there.has(node));
    if (local.length > 0) return local;
  }
  return ready.length > 0 ? [] : ordered;
}

/**
 * By a hash of node and Service (rendezvous hashing): Services spread over the nodes, and when a node comes or goes no Service moves
 * but those that it had, or gets.
 */
function inOrder(nodes: readonly string[], service: string): string[] {
  const weighed = nodes.map((node) => ({
    node,
    weight: createHash('sha256').update(`${node}#${service}`).digest('hex'),
  }));
  return weighed.sort((a, b) => (a.weight < b.weight ? -1 : 1)).map(({ node }) => node);
}

/**
 * Whether it is up to us: all who are preferred are gone. Of these `ask` is asked from the nearest on, and only for as long as
 * they are gone, so that each candidate keeps an eye on one other, and nobody on all.
 */
export function isUpTo(name: string, candidates: readonly string[], isGone: (node: string) => boolean): boolean {
  const place = candidates.indexOf(name);
  if (place === -1) return false;
  return candidates.slice(0, place).reverse().every(isGone);
}
