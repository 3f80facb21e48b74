// The node's own addresses for DNS: set up before the server listens, looked after while it does, taken away when it ends.

import { systemClock } from '#lib/clock.ts';
import { createLogger, type Logger } from '#lib/log.ts';
import { Counter, type Metric } from '#lib/metrics.ts';
import { hasDummy, removeDummy, setDummy } from '#network/index.ts';
import type { Nft } from '#nftables/index.ts';
import { hasRules, removeRules, setRules, type Untracked } from './rules.ts';

export interface LocalAddressParts {
  readonly nft: Nft;
  readonly log?: Logger;
}

export interface LocalAddressOptions extends Untracked {
  /** Made for this alone. */
  readonly link: string;
  /** How often link and rules are looked after; a minute when absent. */
  readonly checkMs?: number;
}

const usualCheckMs = 60_000;

export class LocalAddress {
  readonly #nft: Nft;
  readonly #log: Logger;
  readonly #options: LocalAddressOptions;
  readonly #errors = new Counter();
  /** What was there before may be another one's that serves. */
  #isOurs = false;

  constructor({ nft, log = createLogger('node-dns') }: LocalAddressParts, options: LocalAddressOptions) {
    this.#nft = nft;
    this.#log = log;
    this.#options = options;
  }

  /** Rejects with what the kernel refused. */
  async setUp(): Promise<void> {
    const { link, addresses } = this.#options;
    this.#isOurs ||= !(await hasDummy(link, addresses));
    await setDummy(link, addresses);
    await setRules(this.#nft, this.#options);
  }

  /** This process answers there, so nobody else does: it takes down what it found, too. */
  claim(): void {
    this.#isOurs = true;
  }

  /** Puts back what somebody took away, until `signal` aborts. Never rejects. */
  async lookAfter(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await systemClock.sleep(this.#options.checkMs ?? usualCheckMs, signal).catch(() => {});
      if (!signal.aborted) await this.#check();
    }
  }

  /** Link and rules; not those that were there before and were never claimed. */
  async takeDown(): Promise<void> {
    if (this.#isOurs) await removeLeftovers(this.#nft, this.#options.link);
  }

  *metrics(): Iterable<Metric> {
    yield {
      name: 'coredns_nodecache_setup_errors_total',
      help: 'The number of errors during periodic network setup for node-cache.',
      type: 'counter',
      samples: () => this.#errors.samples(),
    };
  }

  async #check(): Promise<void> {
    const { link, addresses } = this.#options;
    await this.#attempt('interface_check', async () => {
      if (await hasDummy(link, addresses)) return;
      await setDummy(link, addresses);
      this.#log.warn('the link was gone, or not as it should be: put back', { link, addresses });
    });
    await this.#attempt('rules', async () => {
      if (await hasRules(this.#nft, this.#options)) return;
      await setRules(this.#nft, this.#options);
      this.#log.warn('the rules were gone: put back', { addresses });
    });
  }

  async #attempt(errortype: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#errors.add({ errortype });
      this.#log.error('cannot look after the address of the node; trying again later', { errortype, error });
    }
  }
}

/** What a process that was killed has left. */
export async function removeLeftovers(nft: Nft, link: string): Promise<void> {
  await removeRules(nft);
  await removeDummy(link);
}
