// What a part that was told no more than its node's name reads from its Node object, as long as it runs.

import { EventEmitter, once } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import { type Node, nodes } from '#api/index.ts';
import type { Logger } from '#lib/log.ts';
import type { Client } from './client.ts';
import { Informer } from './informer.ts';

export interface OwnNode {
  /** Of either family, those that other nodes reach it at. */
  readonly addresses: readonly string[];
  /** Of the pods on this node; none where something else than the node's spec gives them out. */
  readonly podCIDRs: readonly string[];
}

export class OwnNodeFollower {
  readonly #name: string;
  readonly #informer: Informer<Node>;
  readonly #changes = new EventEmitter();
  readonly #signal: AbortSignal;
  readonly #log: Logger;

  /** Follows the Node of this name until `signal` aborts. */
  constructor(client: Client, name: string, { log, signal }: { readonly log: Logger; readonly signal: AbortSignal }) {
    this.#name = name;
    this.#log = log;
    this.#signal = signal;
    this.#informer = new Informer<Node>(client.resource(nodes), { fieldSelector: `metadata.name=${name}`, log });
    this.#informer.onChange(() => this.#changes.emit('change'));
    this.#informer.start(signal);
  }

  /**
   * Resolves with what the Node says, as soon as that is something else than it `was`, however long that takes. One that is
   * gone, or has no address, says nothing. Rejects when the signal aborts.
   */
  async next(was?: OwnNode): Promise<OwnNode> {
    await this.#informer.synced(this.#signal);
    for (let told = ''; ; ) {
      const node = this.#informer.get(this.#name);
      const own = node && ownNodeOf(node);
      if (own && !isDeepStrictEqual(own, was)) return own;
      const lacking = node ? 'has no InternalIP in its status' : 'is not registered';
      if (!was && told !== lacking)
        this.#log.warn(`the node ${this.#name} ${lacking}, waiting for it; is --node right?`);
      told = lacking;
      await once(this.#changes, 'change', { signal: this.#signal });
    }
  }
}

/** Undefined: it has no address yet. */
function ownNodeOf({ spec, status }: Node): OwnNode | undefined {
  const addresses = (status?.addresses ?? []).filter(({ type }) => type === 'InternalIP').map(({ address }) => address);
  const { podCIDRs, podCIDR } = spec ?? {};
  return addresses.length > 0 ? { addresses, podCIDRs: podCIDRs ?? (podCIDR ? [podCIDR] : []) } : undefined;
}
