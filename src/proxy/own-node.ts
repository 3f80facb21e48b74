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
      const own = node && ownNodeOf(node);
      if (own) return own;
      const lacking = node ? 'has no InternalIP in its status' : 'is not registered';
      if (!isTold) log.warn(`the node ${name} ${lacking}, waiting for it; is --node right?`);
      await clock.sleep(waitMs, signal);
    }
  } finally {
    over.abort();
  }
}

/** Resolves when the Node says something else than it did, or `signal` aborts. One that is gone says nothing. */
export async function ownNodeChange(
  client: Client,
  name: string,
  was: OwnNode,
  { log, signal }: { readonly log: Logger; readonly signal: AbortSignal },
): Promise<void> {
  const over = new AbortController();
  const informer = new Informer<Node>(client.resource(nodes), { fieldSelector: `metadata.name=${name}`, log });
  try {
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
      informer.onChange(() => {
        const node = informer.get(name);
        const now = node && ownNodeOf(node);
        if (now && JSON.stringify(now) !== JSON.stringify(was)) resolve();
      });
      informer.start(AbortSignal.any([signal, over.signal]));
    });
  } finally {
    over.abort();
  }
}

/** Undefined: it has no address yet. */
function ownNodeOf({ spec, status }: Node): OwnNode | undefined {
  const addresses = (status?.addresses ?? []).filter(({ type }) => type === 'InternalIP').map(({ address }) => address);
  const { podCIDRs, podCIDR } = spec ?? {};
  return addresses.length > 0 ? { addresses, podCIDRs: podCIDRs ?? (podCIDR ? [podCIDR] : []) } : undefined;
}
