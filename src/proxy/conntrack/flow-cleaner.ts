// UDP has no end of a connection, so a flow goes on to where it was first sent for as long as packets keep coming, also
// when nobody is there any more, and also when nobody was there at first. Such flows are taken out of conntrack
// (services.md D.8), beside the proxy's loop: going through a long table must not delay the next rules. TCP and SCTP are
// never touched.

import type { Family } from '#lib/cidr.ts';
import { type Clock, systemClock } from '#lib/clock.ts';
import type { Logger } from '#lib/log.ts';
import type { LeftUdp, ProxyObserver, ServiceState, Written } from '../observer.ts';
import type { Conntrack } from './conntrack.ts';
import { StaleFlows } from './stale-flows.ts';
import { type Frontend, type Serving, UdpFrontends } from './udp-frontends.ts';

export interface FlowCleanerParts {
  readonly conntrack: Conntrack;
  /** Of the node, where node ports may be served. */
  readonly nodeAddresses: () => Promise<readonly string[]>;
  readonly log: Logger;
  readonly clock?: Clock | undefined;
  /** Is told of each clean-up. */
  readonly onCleaned?: ((family: Family, seconds: number, deleted: number) => void) | undefined;
}

export interface FlowCleanerOptions {
  readonly nodeName: string;
  readonly families: readonly Family[];
}

const retryMs = { first: 1000, most: 60_000 };

interface Work {
  readonly frontends: UdpFrontends;
  /** The newest is what counts. Bounded by the number of addresses. */
  readonly pending: Map<Frontend, Serving>;
  /** Until this is done, a flow that is ended might begin again on the same wrong way. */
  affinity: Promise<void>;
}

export class FlowCleaner implements ProxyObserver {
  readonly #parts: FlowCleanerParts;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #work: ReadonlyMap<Family, Work>;
  #cleaning: Promise<void> | undefined;

  /** @param signal ends it, between two looks at the table. */
  constructor(parts: FlowCleanerParts, { nodeName, families }: FlowCleanerOptions, signal: AbortSignal) {
    this.#parts = parts;
    this.#clock = parts.clock ?? systemClock;
    this.#signal = signal;
    this.#work = new Map(
      families.map((family) => [
        family,
        { frontends: new UdpFrontends(family, nodeName), pending: new Map(), affinity: Promise.resolve() },
      ]),
    );
  }

  set(family: Family, key: string, state: ServiceState | undefined): void {
    this.#work.get(family)?.frontends.set(key, state);
  }

  left(family: Family, frontends: readonly LeftUdp[]): void {
    this.#work.get(family)?.frontends.left(frontends);
  }

  /** Not before: a packet in between would make the same flow again. */
  written(family: Family, { full, affinity }: Pick<Written, 'full' | 'affinity'>): void {
    const work = this.#work.get(family);
    if (!work) return;
    // Flows may have begun while the rules were not what they should be.
    if (full) work.frontends.doubtAll();
    work.affinity = affinity;
    for (const [frontend, serving] of work.frontends.take()) work.pending.set(frontend, serving);
    if (work.pending.size > 0 && !this.#signal.aborted) this.#cleaning ??= this.#cleanUp();
  }

  /** Resolves when nothing is left to do, or all is over. */
  async idle(): Promise<void> {
    await this.#cleaning;
  }

  async #cleanUp(): Promise<void> {
    let wait = retryMs.first;
    while (!this.#signal.aborted) {
      const waiting = [...this.#work].filter(([, { pending }]) => pending.size > 0);
      if (waiting.length === 0) break;
      const done = [];
      for (const [family, work] of waiting) {
        await work.affinity;
        done.push(await this.#try(family, work.pending));
      }
      if (done.every(Boolean)) {
        wait = retryMs.first;
      } else {
        await this.#clock.sleep(wait, this.#signal).catch(() => {});
        wait = Math.min(2 * wait, retryMs.most);
      }
    }
    this.#cleaning = undefined;
  }

  /** Resolves with whether it could be done. */
  async #try(family: Family, pending: Work['pending']): Promise<boolean> {
    const changed = new Map(pending);
    pending.clear();
    try {
      await this.#clean(family, changed);
      return true;
    } catch (error) {
      this.#parts.log.warn('cannot end stale UDP flows, trying again', { family, error });
      for (const [frontend, serving] of changed) if (!pending.has(frontend)) pending.set(frontend, serving);
      return false;
    }
  }

  async #clean(family: Family, changed: ReadonlyMap<Frontend, Serving>): Promise<void> {
    const { conntrack, nodeAddresses, log, onCleaned } = this.#parts;
    const begin = performance.now();
    const stale = new StaleFlows(changed);
    await conntrack.eachUdp(family, (flow) => stale.see(flow));
    const groups = await stale.groups(nodeAddresses);
    const deleted = groups.length === 0 ? 0 : await conntrack.deleteUdp(family, groups);
    const seconds = (performance.now() - begin) / 1000;
    if (deleted > 0) log.info('ended stale UDP flows', { family, flows: deleted });
    onCleaned?.(family, seconds, deleted);
  }
}
