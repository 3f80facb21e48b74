// The proxy of a node as a whole: the loop that writes the rules, and what goes along with it.

import type { Client } from '#client/index.ts';
import type { Clock } from '#lib/clock.ts';
import { createLogger, type Logger } from '#lib/log.ts';
import type { Nft } from '#nftables/index.ts';
import type { Conntrack } from './conntrack/conntrack.ts';
import { FlowCleaner } from './conntrack/flow-cleaner.ts';
import type { NodeNetwork } from './network.ts';
import type { ProxyObserver } from './observer.ts';
import { Proxier, type ProxierOptions } from './proxier.ts';
import { families as allFamilies } from './words.ts';

export interface NodeProxyParts {
  readonly client: Client;
  /** Of the node's network namespace, as are the next two. */
  readonly nft: Nft;
  readonly conntrack: Conntrack;
  readonly network: NodeNetwork;
  readonly log?: Logger | undefined;
  readonly clock?: Clock | undefined;
}

export type NodeProxyOptions = ProxierOptions;

export class NodeProxy {
  readonly #parts: NodeProxyParts;
  readonly #options: NodeProxyOptions;
  readonly #log: Logger;
  #proxier: Proxier | undefined;
  #cleaner: FlowCleaner | undefined;

  constructor(parts: NodeProxyParts, options: NodeProxyOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#log = parts.log ?? createLogger('proxy');
  }

  /** The rules stay when the signal ends it, as they do when it crashes. */
  start(signal: AbortSignal): void {
    const { client, nft, clock } = this.#parts;
    const observers = this.#observers(signal);
    this.#proxier = new Proxier({ client, nft, observers, log: this.#log, clock }, this.#options);
    this.#proxier.start(signal);
  }

  /** Resolves when the rules have been written for the first time. Only after the start. */
  async synced(): Promise<void> {
    await this.#proxier?.synced();
  }

  async stopped(): Promise<void> {
    await this.#proxier?.stopped();
    await this.#cleaner?.idle();
  }

  #observers(signal: AbortSignal): ProxyObserver[] {
    const { conntrack, network, clock } = this.#parts;
    const { nodeName, families = allFamilies } = this.#options;
    this.#cleaner = new FlowCleaner(
      { conntrack, nodeAddresses: () => network.addresses(), log: this.#log, clock },
      { nodeName, families },
      signal,
    );
    return [this.#cleaner];
  }
}
