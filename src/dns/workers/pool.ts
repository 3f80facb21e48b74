// Several processes that answer at the same addresses (directive `multisocket`), each with records and connections of its
// own, and the kernel between them and the clients. This one keeps them running and answers no query: it serves what is
// served over HTTP for all of them.

import { setTimeout } from 'node:timers/promises';
import type { Logger } from '#lib/log.ts';
import { aggregated, type Metric } from '#lib/metrics.ts';
import { UserError } from '#lib/user-error.ts';
import { siteKey } from '../blocks.ts';
import { Components } from '../component.ts';
import type { DnsSettings, ServerKey } from '../config/settings.ts';
import { overlap } from '../listeners/site.ts';
import { ensureVacant } from '../listeners/vacancy.ts';
import { endpointsOf, refuseReady } from '../operations/endpoint.ts';
import { openEndpoints } from '../operations/observers.ts';
import { ServerCounts } from '../operations/server-metrics.ts';
import type { ServerStatus } from '../operations/status.ts';
import type { Reloadable } from '../reloader.ts';
import { type DnsServer, type DnsServerParts, graceMs, isWatched, lameduckOf } from '../server.ts';
import { workersOf } from './count.ts';
import { type Generation, type Leave, metricOf, type ToldMetric, told } from './messages.ts';
import { Slot } from './slot.ts';

export interface WorkerPoolParts {
  readonly log: Logger;
  readonly onLoop: NonNullable<DnsServerParts['onLoop']>;
  /** How long a worker may say nothing until it is taken for stuck; 20 s when absent. */
  readonly silenceMs?: number;
}

const pollMs = 20;
const looksInSilence = 4;

export class WorkerPool implements ServerStatus, Reloadable {
  readonly #log: Logger;
  readonly #onLoop: WorkerPoolParts['onLoop'];
  readonly #silenceMs: number;
  readonly #counts = new ServerCounts();
  readonly #ended = new AbortController();
  #slots: Slot[] = [];
  #inForce: Generation;
  #before: Generation | undefined;
  #components = new Components();
  #wasReady = false;
  /** Those that are wanted no more, until they are empty; then what they have counted. */
  #leaving: readonly Slot[] = [];
  #counted: readonly ToldMetric[] = [];

  constructor({ log, onLoop, silenceMs = 20_000 }: WorkerPoolParts, settings: DnsSettings) {
    this.#log = log;
    this.#onLoop = onLoop;
    this.#silenceMs = silenceMs;
    this.#inForce = { settings, generation: 1 };
  }

  get addresses(): DnsServer['addresses'] {
    return this.#slots.find(({ worker }) => worker.isServing)?.worker.addresses ?? [];
  }

  get endpoints(): DnsServer['endpoints'] {
    return endpointsOf(this.#components);
  }

  /** Resolves when all workers listen. Rejects when one cannot. */
  async start(): Promise<void> {
    const { settings } = this.#inForce;
    this.#components = this.#endpointsFor(settings);
    try {
      await this.#components.started();
      for (const site of sitesOf(settings)) await ensureVacant(site);
      await this.#resize(workersOf(settings), false);
      await Promise.all(this.#slots.map(({ worker }) => worker.started));
    } catch (error) {
      await this.close();
      throw error;
    }
    void this.#watch();
  }

  /** Resolves when other settings are in force in all workers. Rejects when one cannot take them; then no worker keeps them. */
  async reload(settings: DnsSettings): Promise<void> {
    const next = { settings, generation: this.#inForce.generation + 1 };
    const components = this.#endpointsFor(settings, this.#components);
    try {
      await components.started();
      const own = sitesOf(this.#inForce.settings);
      const others = sitesOf(settings).filter((site) => !own.some((each) => overlap(each, site)));
      for (const site of others) await ensureVacant(site);
      await this.#exchange(next);
    } catch (error) {
      this.reloadFailed();
      components.stop(this.#components);
      throw error;
    }
    this.#before = this.#inForce;
    this.#inForce = next;
    this.#components.stop(components);
    this.#components = components;
    await this.#resize(workersOf(settings), true);
  }

  reloadFailed(): void {
    this.#counts.failedReloads++;
  }

  unready(): string[] {
    if (this.#wasReady && !isWatched(this.#inForce.settings)) return [];
    const names = this.#slots.length === 0 ? ['workers'] : this.#slots.flatMap(({ worker }) => worker.unready);
    this.#wasReady ||= names.length === 0;
    return [...new Set(names)].sort();
  }

  /** Resolves when all workers know what they serve; rejects when `signal` aborts before. */
  async synced(signal?: AbortSignal): Promise<void> {
    while (this.unready().length > 0) await setTimeout(pollMs, undefined, { signal });
  }

  /** What all workers count together. */
  async metrics(): Promise<Metric[]> {
    const counted = this.#counted;
    const workers = await Promise.all([...this.#slots, ...this.#leaving].map((slot) => slot.metrics()));
    const own = [...this.#components].flatMap((component) => [...(component.metrics?.() ?? [])]);
    return aggregated([...[...workers.flat(), ...counted].map(metricOf), ...own, ...this.#counts.metrics()]);
  }

  /** As {@link DnsServer.shutDown}. */
  async shutDown(hurry?: AbortSignal): Promise<void> {
    refuseReady(this.#components);
    const slots = this.#slots;
    const inHurry = () => {
      for (const { worker } of slots) worker.leave('at once');
    };
    hurry?.addEventListener('abort', inHurry, { once: true });
    const patienceMs = lameduckOf(this.#inForce.settings) + 2 * graceMs;
    await this.#stop(slots, hurry?.aborted ? 'at once' : 'lameduck', hurry?.aborted ? graceMs : patienceMs);
    await this.close();
  }

  async close(): Promise<void> {
    this.#ended.abort();
    await this.#stop(this.#slots, 'at once', graceMs);
    this.#components.stop();
  }

  #endpointsFor(settings: DnsSettings, before?: Components): Components {
    const components = new Components(before);
    const parts = { status: this, log: this.#log, out: process.stdout };
    for (const server of settings.servers) openEndpoints(server, components, parts);
    return components;
  }

  /** In all workers or in none. */
  async #exchange(next: Generation): Promise<void> {
    const serving = this.#slots.filter(({ worker }) => worker.isServing);
    const others = this.#slots.filter((slot) => !serving.includes(slot));
    const results = await Promise.allSettled(serving.map((slot) => slot.reload(next)));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) {
      await Promise.all(
        serving.filter((_, i) => results[i]?.status === 'fulfilled').map((slot) => slot.undo(this.#inForce)),
      );
      throw failed.reason;
    }
    for (const slot of others) slot.restart(next);
  }

  /** @param waits to listen, those that are new: others serve meanwhile. */
  async #resize(count: number, waits: boolean): Promise<void> {
    while (this.#slots.length < count) {
      const name = `dns/${this.#slots.length + 1}`;
      const events = {
        onChange: () => this.#spur(),
        onLoop: (generation: number, message: string) => this.#looped(generation, message),
      };
      this.#slots.push(new Slot({ name, log: this.#log, events }, this.#inForce, waits));
    }
    this.#leaving = this.#slots.splice(count);
    if (this.#leaving.length === 0) return;
    await Promise.all(this.#leaving.map((slot) => slot.metrics()));
    await this.#stop(this.#leaving, 'leave', 3 * graceMs);
    const all = [...this.#counted, ...this.#leaving.flatMap(({ counted }) => counted)];
    const counted = await told(aggregated(all.map(metricOf)));
    this.#counted = counted;
    this.#leaving = [];
  }

  async #stop(slots: readonly Slot[], how: Leave, patienceMs: number): Promise<void> {
    const over = new AbortController();
    const kill = () => {
      for (const { worker } of slots) worker.kill();
    };
    setTimeout(patienceMs, undefined, { signal: over.signal }).then(kill, () => {});
    await Promise.all(slots.map((slot) => slot.stop(how)));
    over.abort();
  }

  /** When nobody listens, nobody waits any longer: what a worker knows is better than silence. */
  #spur(): void {
    if (this.#slots.some(({ worker }) => worker.isServing)) return;
    for (const { worker } of this.#slots) worker.listen();
  }

  #looped(generation: number, message: string): void {
    const of = [this.#inForce, this.#before].find((each) => each?.generation === generation);
    if (of) this.#onLoop(new UserError(message), of.settings);
  }

  async #watch(): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      await setTimeout(this.#silenceMs / looksInSilence, undefined, { signal, ref: false }).catch(() => {});
      for (const { worker } of this.#slots) {
        if (worker.silence() < looksInSilence) continue;
        this.#log.error('a worker says nothing any more, it is killed');
        worker.kill();
      }
    }
  }
}

/** Each address once. */
function sitesOf({ servers }: DnsSettings): readonly Omit<ServerKey, 'zone'>[] {
  const sites = servers.flatMap(({ keys }) => keys);
  return [...new Map(sites.map((site) => [siteKey(site), site])).values()];
}
