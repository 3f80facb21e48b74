// The loop of a node's service proxy: waits for changes, and brings the kernel up to them (services.md D.7). After a quiet
// time a change is written at once; under load, changes that come while one is being written go together.

import type { Client } from '#client/index.ts';
import type { Family } from '#lib/cidr.ts';
import { type Clock, systemClock } from '#lib/clock.ts';
import { createLogger, type Logger } from '#lib/log.ts';
import type { Nft } from '#nftables/index.ts';
import { ChangeTracker } from './changes.ts';
import { nodePortRanges, primary } from './node-port-addresses.ts';
import { Observers, type ProxyObserver } from './observer.ts';
import { TableWriter } from './table-writer.ts';
import { families } from './words.ts';

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
  /** Of the cluster; both when absent. The other's table is never touched: the kernel may not have it. */
  readonly families?: readonly Family[] | undefined;
  /** The node's addresses, at most one of a family. */
  readonly nodeIPs: readonly string[];
  /** Where node ports are served: ranges of addresses, or `primary` for `nodeIPs`, which is the default. */
  readonly nodePortAddresses?: readonly string[] | undefined;
  /** Pods, of both families: their connections to cluster IPs keep their source address. None: everybody's do. */
  readonly clusterCIDRs: readonly string[];
  /** Pods on this node; as `clusterCIDRs` when it is not known which these are. */
  readonly nodePodCIDRs?: readonly string[] | undefined;
  /** Where cluster IPs come from; the cluster's ServiceCIDR objects, where it has them, say it better. */
  readonly serviceCIDRs: readonly string[];
  /** Also pods' connections to cluster IPs lose their source address. */
  readonly masqueradeAll?: boolean | undefined;
  /** From the end of one write to the begin of the next. */
  readonly minSyncPeriodMs?: number | undefined;
  /** How often to see whether somebody else changed our chains, rules and sets, which costs next to nothing. */
  readonly checkPeriodMs?: number | undefined;
  /** How often to compare every element with what it should be: seconds of work for a large cluster. */
  readonly comparePeriodMs?: number | undefined;
}

const retryMs = { first: 100, most: 30_000 };

/** A family's table and when it may be written again. */
interface Turn {
  readonly writer: TableWriter;
  notBefore: number;
}

export class Proxier {
  readonly #options: ProxierOptions;
  readonly #observers: Observers;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #changes: ChangeTracker;
  readonly #turns: Turn[];
  readonly #firstSync = Promise.withResolvers<void>();
  #stopped: Promise<void> = Promise.resolve();
  #lastComparison = 0;
  #lastCheck = 0;

  /** Throws UserError when `nodePortAddresses` cannot be understood. */
  constructor({ client, nft, observers = [], log, clock }: ProxierParts, options: ProxierOptions) {
    const { nodeName, nodeIPs, nodePortAddresses = [primary] } = options;
    this.#options = options;
    this.#log = log ?? createLogger('proxy');
    this.#observers = new Observers(observers, this.#log);
    this.#clock = clock ?? systemClock;
    const changes = new ChangeTracker(client, nodeName, this.#observers, this.#log);
    this.#changes = changes;
    const source = {
      all: () => changes.all(),
      get: (key: string) => changes.get(key),
      get serviceCIDRs() {
        return changes.serviceCIDRs.length > 0 ? changes.serviceCIDRs : options.serviceCIDRs;
      },
      get place() {
        return { nodeName, nodeIPs, zone: changes.zone };
      },
    };
    const rules = { ...options, nodePortIPs: nodePortRanges(nodePortAddresses, nodeIPs) };
    this.#turns = (options.families ?? families).map((family) => ({
      writer: new TableWriter(family, { nft, log: this.#log, source, observer: this.#observers, options: rules }),
      notBefore: 0,
    }));
  }

  /** The rules stay when it stops, as they do when it crashes: connections go on being made. */
  start(signal: AbortSignal): void {
    this.#stopped = this.#run(signal).catch((error) => {
      if (!signal.aborted) this.#log.error('service proxy ended', { error });
    });
  }

  /** Resolves when the rules of all families have been written for the first time. */
  synced(): Promise<void> {
    return this.#firstSync.promise;
  }

  async stopped(): Promise<void> {
    await this.#stopped;
    await Promise.all(this.#turns.map(({ writer }) => writer.idle()));
  }

  async #run(signal: AbortSignal): Promise<void> {
    await this.#changes.start(signal);
    this.#lastComparison = this.#lastCheck = this.#now();
    const begin = performance.now();
    void this.#firstSync.promise.then(() => {
      this.#log.info('all service rules are written', { ms: Math.round(performance.now() - begin) });
    });
    while (!signal.aborted) {
      await this.#waitForWork(signal);
      if (this.#now() >= this.#lastCheck + this.#checkPeriodMs) await this.#check();
      const changed = this.#changes.take();
      for (const { writer } of this.#turns) writer.add(changed);
      const due = this.#turns.filter((turn) => this.#isDue(turn));
      await Promise.all(due.map((turn) => this.#write(turn)));
      if (this.#turns.every(({ writer }) => writer.failures === 0)) this.#firstSync.resolve();
      await this.#clock.sleep(this.#options.minSyncPeriodMs ?? 20, signal);
    }
  }

  async #write(turn: Turn): Promise<void> {
    const { writer } = turn;
    try {
      await writer.write(this.#now());
    } catch (error) {
      const retryAfter = Math.min(retryMs.first * 2 ** (writer.failures - 1), retryMs.most);
      turn.notBefore = this.#now() + retryAfter;
      this.#log.error('cannot write service rules, trying again', {
        node: this.#options.nodeName,
        family: writer.family,
        retryAfter,
        error,
      });
    }
  }

  #isDue({ writer, notBefore }: Turn): boolean {
    return this.#now() >= notBefore && writer.hasWork(this.#now());
  }

  async #waitForWork(signal: AbortSignal): Promise<void> {
    if (this.#changes.pending || this.#turns.some((turn) => this.#isDue(turn))) return;
    const times = this.#turns.map(({ writer, notBefore }) =>
      writer.failures > 0 ? notBefore : (writer.nextWork ?? Number.POSITIVE_INFINITY),
    );
    const rest = Math.min(this.#lastCheck + this.#checkPeriodMs, ...times) - this.#now();
    if (rest <= 0) return;
    const done = new AbortController();
    const waiting = AbortSignal.any([signal, done.signal]);
    try {
      await Promise.race([this.#changes.somePending(), this.#clock.sleep(rest, waiting)]);
    } finally {
      done.abort();
    }
  }

  /** Finds out whether the tables are as we left them; somebody may have flushed the ruleset. */
  async #check(): Promise<void> {
    this.#lastCheck = this.#now();
    const isDue = this.#now() >= this.#lastComparison + (this.#options.comparePeriodMs ?? 600_000);
    if (isDue) this.#lastComparison = this.#now();
    for (const { writer } of this.#turns) {
      try {
        if (isDue) writer.distrust();
        if (await writer.isIntact()) continue;
        this.#log.warn('service rules were changed by somebody else, putting them right', {
          node: this.#options.nodeName,
          family: writer.family,
        });
      } catch (error) {
        this.#log.error('cannot see whether service rules are as they were', { node: this.#options.nodeName, error });
      }
      writer.distrust();
    }
  }

  get #checkPeriodMs(): number {
    return this.#options.checkPeriodMs ?? 30_000;
  }

  #now(): number {
    return this.#clock.now().getTime();
  }
}
