// One of several that could do a piece of work does it: the one that holds a Lease, renews it, and stops before it could
// have run out (as client-go's leaderelection does). What counts is when we saw the Lease change, never the times that
// are written in it: clocks of machines differ.

import { isAlreadyExists, isConflict, isNotFound, type Lease, leases } from '#api/index.ts';
import { type Clock, systemClock } from '#lib/clock.ts';
import type { Logger } from '#lib/log.ts';
import type { Client } from './client.ts';

export interface LeaderElectionOptions {
  /** The Lease, the same for all who compete. */
  readonly namespace: string;
  readonly name: string;
  /** Who we are; no two who compete may have the same. */
  readonly identity: string;
  /** Others wait this long after the last renewal that they saw; 15 s when absent. */
  readonly leaseDurationMs?: number | undefined;
  /** Who cannot renew for this long stops leading: less than the lease's duration; 10 s when absent. */
  readonly renewDeadlineMs?: number | undefined;
  /** 2 s when absent. */
  readonly retryPeriodMs?: number | undefined;
  readonly clock?: Clock | undefined;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

type Times = Required<Pick<LeaderElectionOptions, 'leaseDurationMs' | 'renewDeadlineMs' | 'retryPeriodMs' | 'clock'>>;

/**
 * Waits until we lead, then calls `lead`, whose signal aborts when we lead no more. Resolves when `signal` has aborted, the
 * Lease given up; throws when the Lease is lost, after which whoever leads must not go on: best to end the process.
 */
export async function runAsLeader(
  client: Client,
  options: LeaderElectionOptions,
  lead: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const election = new Election(client, options);
  const { signal } = options;
  if (!(await election.won())) return;
  const over = new AbortController();
  try {
    const renewing = election.holdOn();
    await Promise.race([renewing, lead(AbortSignal.any([signal, over.signal])).then(() => renewing)]);
  } finally {
    over.abort();
    await election.release();
  }
}

class Election {
  readonly #client: Client;
  readonly #options: LeaderElectionOptions;
  readonly #times: Times;
  /** The Lease as last seen, and when it was first seen like that, by a clock that only goes forward. */
  #seen: Lease | undefined;
  #seenAt = 0;

  constructor(client: Client, options: LeaderElectionOptions) {
    const { leaseDurationMs = 15_000, renewDeadlineMs = 10_000, retryPeriodMs = 2_000, clock = systemClock } = options;
    this.#client = client;
    this.#options = options;
    this.#times = { leaseDurationMs, renewDeadlineMs, retryPeriodMs, clock };
  }

  /** False when the signal aborted first. */
  async won(): Promise<boolean> {
    const { log, name, signal } = this.#options;
    let told = '';
    while (!signal.aborted) {
      const holder = await this.#try().catch((error) => {
        log.warn('cannot take part in the election of a leader, trying again', { lease: name, error });
        return undefined;
      });
      if (holder === this.#options.identity) return true;
      if (holder !== undefined && holder !== told) log.info('somebody else leads, waiting', { lease: name, holder });
      told = holder ?? told;
      await this.#pause();
    }
    return false;
  }

  /** Resolves when the signal aborts, throws when the Lease is lost. */
  async holdOn(): Promise<void> {
    const { name, identity, signal } = this.#options;
    let renewedAt = performance.now();
    for (;;) {
      await this.#pause();
      if (signal.aborted) return;
      let why = 'unknown';
      const holder = await this.#try().catch((error: Error) => {
        why = error.message;
        return undefined;
      });
      if (holder === identity) renewedAt = performance.now();
      else if (holder !== undefined) {
        throw new Error(`the lease ${name} was lost: ${holder || 'somebody else'} leads now`);
      }
      if (performance.now() - renewedAt > this.#times.renewDeadlineMs) {
        throw new Error(
          `the lease ${name} was lost: it could not be renewed for ${this.#times.renewDeadlineMs} ms: ${why}`,
        );
      }
    }
  }

  /** Lets the next one lead at once, if we lead. */
  async release(): Promise<void> {
    const lease = this.#seen;
    if (lease?.spec.holderIdentity !== this.#options.identity) return;
    const spec = { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: this.#now() };
    await this.#leases.update({ ...lease, spec }).catch(() => {
      // It runs out by itself.
    });
  }

  /** Takes or renews the Lease if it may be had, and resolves with who holds it. */
  async #try(): Promise<string> {
    const { identity } = this.#options;
    const lease = await this.#read();
    if (!lease) return await this.#create();
    const { holderIdentity = '', leaseTransitions = 0 } = lease.spec;
    const isOurs = holderIdentity === identity;
    const isRunning = performance.now() - this.#seenAt < (lease.spec.leaseDurationSeconds ?? 0) * 1000;
    if (holderIdentity && !isOurs && isRunning) return holderIdentity;
    const taken = isOurs ? {} : { acquireTime: this.#now(), leaseTransitions: leaseTransitions + 1 };
    const spec = { ...lease.spec, ...this.#claim, ...taken };
    try {
      this.#see(await this.#leases.update({ ...lease, spec }));
      return identity;
    } catch (error) {
      if (isConflict(error)) return (await this.#read())?.spec.holderIdentity ?? '';
      throw error;
    }
  }

  async #create(): Promise<string> {
    const { name, namespace, identity } = this.#options;
    const spec = { ...this.#claim, acquireTime: this.#now(), leaseTransitions: 0 };
    try {
      this.#see(await this.#leases.create({ metadata: { name, namespace }, spec }));
      return identity;
    } catch (error) {
      if (isAlreadyExists(error)) return (await this.#read())?.spec.holderIdentity ?? '';
      throw error;
    }
  }

  async #read(): Promise<Lease | undefined> {
    const { name, namespace } = this.#options;
    try {
      const lease = await this.#leases.get(name, namespace);
      this.#see(lease);
      return lease;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  #see(lease: Lease): void {
    if (lease.metadata.resourceVersion === this.#seen?.metadata.resourceVersion) return;
    this.#seen = lease;
    this.#seenAt = performance.now();
  }

  get #claim(): Lease['spec'] {
    const { identity: holderIdentity } = this.#options;
    // Whole seconds, and never none.
    const leaseDurationSeconds = Math.max(1, Math.ceil(this.#times.leaseDurationMs / 1000));
    return { holderIdentity, leaseDurationSeconds, renewTime: this.#now() };
  }

  get #leases() {
    return this.#client.resource(leases);
  }

  /** A micro time, of which we know the milliseconds. */
  #now(): string {
    return this.#times.clock.now().toISOString().replace('Z', '000Z');
  }

  async #pause(): Promise<void> {
    await this.#times.clock.sleep(this.#times.retryPeriodMs, this.#options.signal).catch(() => {});
  }
}
