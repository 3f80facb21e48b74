// The loop of a node's service proxy: waits for changes, and brings the kernel up to them (services.md D.7). After a quiet
// time a change is written at once; under load, changes that come while one is being written go together.

import { setImmediate } from 'node:timers/promises';
import type { Client } from '#client/index.ts';
import { type Clock, systemClock } from '#lib/clock.ts';
import { createLogger, type Logger } from '#lib/log.ts';
import { isNotFound, type Nft } from '#nftables/index.ts';
import { ChangeTracker } from './changes.ts';
import { Observers, type ProxyObserver } from './observer.ts';
import { Programme } from './programme.ts';
import { table } from './rules.ts';
import { wantsOf } from './service-addresses.ts';

export interface ProxierParts {
  readonly client: Client;
  /** Of the node's network namespace. */
  readonly nft: Nft;
  readonly observers?: readonly ProxyObserver[] | undefined;
  readonly log?: Logger | undefined;
  readonly clock?: Clock | undefined;
}

export interface ProxierOptions {
  readonly nodeName: string;
  /** Where node ports are served. */
  readonly nodeIPs: readonly string[];
  /** Pods: their connections to cluster IPs keep their source address. */
  readonly clusterCIDR: string;
  readonly serviceCIDR: string;
  /** From the end of one write to the begin of the next. */
  readonly minSyncPeriodMs?: number | undefined;
  /** How often to see whether somebody else changed our table. */
  readonly checkPeriodMs?: number | undefined;
}

/** Everything is written anew, whatever we believe is there. */
const fullSyncPeriodMs = 3_600_000;
const retryMs = { first: 100, most: 30_000 };
/** Services turned into rules before others get a turn on the event loop. */
const servicesPerTurn = 100;

export class Proxier {
  readonly #options: ProxierOptions;
  readonly #nft: Nft;
  readonly #observers: Observers;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #changes: ChangeTracker;
  readonly #firstSync = Promise.withResolvers<void>();
  #stopped: Promise<void> = Promise.resolve();
  /** Undefined: what the kernel has is not known. */
  #programme: Programme | undefined;
  #definition = '';
  #lastFullSync = 0;
  #lastCheck = 0;

  constructor({ client, nft, observers = [], log, clock }: ProxierParts, options: ProxierOptions) {
    this.#options = options;
    this.#nft = nft;
    this.#log = log ?? createLogger('proxy');
    this.#observers = new Observers(observers, this.#log);
    this.#clock = clock ?? systemClock;
    this.#changes = new ChangeTracker(client, this.#observers, this.#log);
  }

  /** The rules stay when it stops, as they do when it crashes: connections go on being made. */
  start(signal: AbortSignal): void {
    this.#stopped = this.#run(signal).catch((error) => {
      if (!signal.aborted) this.#log.error('service proxy ended', { error });
    });
  }

  /** Resolves when the rules have been written for the first time. */
  synced(): Promise<void> {
    return this.#firstSync.promise;
  }

  async stopped(): Promise<void> {
    await this.#stopped;
  }

  async #run(signal: AbortSignal): Promise<void> {
    await this.#changes.start(signal);
    let retryAfter = retryMs.first;
    while (!signal.aborted) {
      await this.#waitForWork(signal);
      try {
        await this.#work();
        this.#firstSync.resolve();
        retryAfter = retryMs.first;
        await this.#clock.sleep(this.#options.minSyncPeriodMs ?? 20, signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#programme = undefined;
        this.#observers.failed('IPv4');
        this.#log.error('cannot write service rules, trying again', {
          node: this.#options.nodeName,
          retryAfter,
          error,
        });
        await this.#clock.sleep(retryAfter, signal);
        retryAfter = Math.min(retryAfter * 2, retryMs.most);
      }
    }
  }

  async #waitForWork(signal: AbortSignal): Promise<void> {
    if (this.#programme === undefined || this.#changes.pending) return;
    const period = this.#options.checkPeriodMs ?? 30_000;
    const rest = this.#lastCheck + period - this.#now();
    if (rest <= 0) return;
    const done = new AbortController();
    const waiting = AbortSignal.any([signal, done.signal]);
    try {
      await Promise.race([this.#changes.somePending(), this.#clock.sleep(rest, waiting)]);
    } finally {
      done.abort();
    }
  }

  async #work(): Promise<void> {
    if (this.#now() >= this.#lastCheck + (this.#options.checkPeriodMs ?? 30_000)) await this.#check();
    if (this.#programme === undefined) await this.#syncAll();
    else await this.#sync(this.#programme, this.#changes.take(), false);
  }

  /** Finds out whether the table is as we left it; somebody may have flushed the ruleset. */
  async #check(): Promise<void> {
    this.#lastCheck = this.#now();
    if (this.#programme === undefined) return;
    if (this.#now() >= this.#lastFullSync + fullSyncPeriodMs) {
      this.#programme = undefined;
      return;
    }
    const found = await this.#nft.definition(table).catch((error) => {
      if (isNotFound(error)) return '';
      throw error;
    });
    if (found === this.#definition) return;
    this.#log.warn('service rules were changed by somebody else, writing them anew', { node: this.#options.nodeName });
    this.#programme = undefined;
  }

  async #syncAll(): Promise<void> {
    const programme = new Programme(this.#options);
    this.#lastFullSync = this.#now();
    await this.#sync(programme, new Set([...this.#changes.take(), ...this.#changes.all()]), true);
    this.#programme = programme;
  }

  async #sync(programme: Programme, services: ReadonlySet<string>, full: boolean): Promise<void> {
    if (services.size === 0 && !full) return;
    const begin = performance.now();
    let turn = 0;
    for (const key of services) {
      if (++turn % servicesPerTurn === 0) await setImmediate();
      const found = this.#changes.get(key);
      this.#observers.set(key, found);
      programme.set(key, found && wantsOf(found.service, found.slices, this.#options));
    }
    const { transaction, newRules } = programme.take();
    if (!transaction.isEmpty) await this.#nft.run(transaction);
    if (newRules) this.#definition = await this.#nft.definition(table);
    const seconds = (performance.now() - begin) / 1000;
    this.#log.debug('wrote service rules', { node: this.#options.nodeName, services: services.size, seconds });
    this.#observers.written('IPv4', { seconds, full });
  }

  #now(): number {
    return this.#clock.now().getTime();
  }
}
