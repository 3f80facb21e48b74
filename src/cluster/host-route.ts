// The host's way to cluster IPs leads through one node. When that node is not ready, or not there any more, the way moves
// to another, as a router in front of a datacentre would do it: at once, not when the cluster has noticed.

import { isNodeReady, type Node, nodes } from '#api/index.ts';
import { type Client, Informer } from '#client/index.ts';
import { parseAddress, parseCidr } from '#lib/cidr.ts';
import type { Logger } from '#lib/log.ts';
import { type HostRoute, routeHost } from '#network/index.ts';

export interface ServiceRoutes {
  /** One for each IP family. */
  readonly serviceCIDRs: readonly string[];
  /** Whether a node can be reached at all, whatever the API says of it. */
  readonly isThere: (nodeName: string) => Promise<boolean>;
}

const lookPeriodMs = 1000;

export function followReadyNode(client: Client, routes: ServiceRoutes, log: Logger, signal: AbortSignal): void {
  const informer = new Informer(client.resource(nodes), { log });
  let via: string | undefined;
  const canRoute = async (node: Node): Promise<boolean> =>
    isNodeReady(node) && (await routes.isThere(node.metadata.name ?? ''));
  const move = async (): Promise<void> => {
    const all = informer.list();
    const able = await Promise.all(all.map(canRoute));
    const candidates = all.filter((_, i) => able[i]);
    const next = nextHop(
      via,
      candidates.map(({ metadata }) => metadata.name ?? ''),
    );
    const node = candidates.find(({ metadata }) => metadata.name === next);
    if (!node || next === via || signal.aborted) return;
    await routeHost(routesThrough(node, routes.serviceCIDRs));
    via = next;
  };
  let last: Promise<void> = Promise.resolve();
  // What fails is tried again at the next look.
  const look = (): void => {
    last = last.then(move).catch((error) => log.error('cannot route cluster IPs from the host', { error }));
  };
  informer.onChange(look);
  informer.start(signal);
  const timer = setInterval(look, lookPeriodMs);
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
}

/**
 * The node to go on with: the one in use while it can route, else any that can.
 * @param candidates names of the nodes that can route
 */
export const nextHop = (inUse: string | undefined, candidates: readonly string[]): string | undefined =>
  inUse !== undefined && candidates.includes(inUse) ? inUse : candidates[0];

/** Each range by the node's address of its family; none for a family that the node has no address of. */
export function routesThrough({ status }: Node, ranges: readonly string[]): HostRoute[] {
  const addresses = (status?.addresses ?? []).filter(({ type }) => type === 'InternalIP');
  return ranges.flatMap((to) => {
    const found = addresses.find(({ address }) => parseAddress(address)?.family === parseCidr(to)?.family);
    return found ? [{ to, via: found.address }] : [];
  });
}
