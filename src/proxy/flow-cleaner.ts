// Ends stale UDP flows beside the proxy's loop: going through a long conntrack table must not delay the next rules.

import type { Logger } from '#lib/log.ts';
import { type Conntrack, staleFlows } from './conntrack.ts';
import type { ChangedFlows } from './programme.ts';

export class FlowCleaner {
  readonly #conntrack: Conntrack;
  readonly #log: Logger;
  /** By address; the newest is what counts. Bounded by the number of addresses. */
  readonly #pending = new Map<string, ChangedFlows>();
  #work: Promise<void> | undefined;

  constructor(conntrack: Conntrack, log: Logger) {
    this.#conntrack = conntrack;
    this.#log = log;
  }

  /** To be called after the rules are written, or a packet in between would make the same flow again. */
  add(changed: readonly ChangedFlows[]): void {
    for (const each of changed) this.#pending.set(each.key, each);
    if (this.#pending.size > 0) this.#work ??= this.#cleanUp();
  }

  /** Resolves when nothing is left to do. */
  async idle(): Promise<void> {
    await this.#work;
  }

  async #cleanUp(): Promise<void> {
    while (this.#pending.size > 0) {
      const changed = [...this.#pending.values()];
      this.#pending.clear();
      try {
        await this.#conntrack.deleteUdp(staleFlows(await this.#conntrack.listUdp(), changed));
      } catch (error) {
        this.#log.warn('cannot end stale UDP flows', { error });
      }
    }
    this.#work = undefined;
  }
}
