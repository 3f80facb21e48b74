// The host's way to cluster IPs leads through one node. When that node is not ready, or not there any more, the way moves
// to another, as a router in front of a datacentre would do it: at once, not when the cluster has noticed.

import { isNodeReady, type Node, nodes } from '#api/index.ts';
import { type Client, Informer } from '#client/index.ts';
import type { Logger } from '#lib/log.ts';
import { routeHost } from '#network/index.ts';

export interface HostRoute {
  readonly serviceCIDR: string;
  /** Whether a node can be reached at all, whatever the API says of it. */
  readonly isThere: (nodeName: string) => Promise<boolean>;
}

const lookPeriodMs = 1000;

const internalIP = (node: Node): string | undefined =>
  node.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address;

export function followReadyNode(client: Client, route: HostRoute, log: Logger, signal: AbortSignal): void {
  const informer = new Informer(client.resource(nodes), { log });
  let via: string | undefined;
  const move = async (): Promise<void> => {
    const candidates = await Promise.all(
      informer.list().map(async (node) => {
        const canRoute = isNodeReady(node) && (await route.isThere(node.metadata.name ?? ''));
        return canRoute ? internalIP(node) : undefined;
      }),
    );
    const next = nextHop(via, candidates);
    if (!next || next === via || signal.aborted) return;
    await routeHost([{ to: route.serviceCIDR, via: next }]);
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
 * The address to go on with: the one in use while it can route, else any that can.
 * @param candidates one for each node, undefined for those that cannot route.
 */
export function nextHop(inUse: string | undefined, candidates: readonly (string | undefined)[]): string | undefined {
  const usable = candidates.filter((address) => address !== undefined);
  return inUse !== undefined && usable.includes(inUse) ? inUse : usable[0];
}
