// The host's way to cluster IPs leads through one node. When that node is not ready, the way moves to another, as a
// router in front of a datacentre would do it.

import { isNodeReady, type Node, nodes } from '#api/index.ts';
import { type Client, Informer } from '#client/index.ts';
import type { Logger } from '#lib/log.ts';
import { routeHost } from '#network/index.ts';

const internalIP = (node: Node): string | undefined =>
  node.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address;

export function followReadyNode(client: Client, serviceCIDR: string, log: Logger, signal: AbortSignal): void {
  const informer = new Informer(client.resource(nodes), { log });
  let via: string | undefined;
  let last: Promise<void> = Promise.resolve();
  informer.onChange(() => {
    const ready = informer.list().filter(isNodeReady).map(internalIP);
    const next = ready.includes(via) ? via : ready[0];
    if (!next || next === via || signal.aborted) return;
    via = next;
    last = last
      .then(() => routeHost([{ to: serviceCIDR, via: next }]))
      .catch((error) => {
        log.error('cannot route cluster IPs from the host', { via: next, error });
        // The next news of any node tries again.
        if (via === next) via = undefined;
      });
  });
  informer.start(signal);
}
