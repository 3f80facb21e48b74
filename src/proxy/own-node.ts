// What a proxy that was told no more than its node's name reads from its Node object.

import { type Node, nodes } from '#api/index.ts';
import { type Client, Informer } from '#client/index.ts';
import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/log.ts';

export interface OwnNode {
  /** Of either family, those that other nodes reach it at. */
  readonly addresses: readonly string[];
  /** Of the pods on this node; none where something else than the node's spec gives them out. */
  readonly podCIDRs: readonly string[];
}

const waitMs = 1000;

/** Resolves when the Node is there and has an address, however long that takes. Rejects when `signal` aborts. */
export async function readOwnNode(
  client: Client,
  name: string,
  { log, clock, signal }: { readonly log: Logger; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<OwnNode> {
  const over = new AbortController();
  const informer = new Informer<Node>(client.resource(nodes), { fieldSelector: `metadata.name=${name}`, log });
  informer.start(AbortSignal.any([signal, over.signal]));
  try {
    await informer.synced(signal);
    for (let isTold = false; ; isTold = true) {
      const node = informer.get(name);
      const addresses = (node?.status?.addresses ?? [])
        .filter(({ type }) => type === 'InternalIP')
        .map(({ address }) => address);
      if (node && addresses.length > 0) {
        const { podCIDRs, podCIDR } = node.spec ?? {};
        return { addresses, podCIDRs: podCIDRs ?? (podCIDR ? [podCIDR] : []) };
      }
      const lacking = node ? 'has no InternalIP in its status' : 'is not registered';
      if (!isTold) log.warn(`the node ${name} ${lacking}, waiting for it; is --node right?`);
      await clock.sleep(waitMs, signal);
    }
  } finally {
    over.abort();
  }
}
