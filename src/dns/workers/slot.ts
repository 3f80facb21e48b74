// The place of one worker: when a worker ends another one takes its place, and listens as soon as it knows what it serves.

import { type Clock, systemClock } from '#lib/clock.ts';
import type { Logger } from '#lib/log.ts';
import { aggregated } from '#lib/metrics.ts';
import { Restarts } from '#lib/restarts.ts';
import { type Generation, type Leave, metricOf, type ToldMetric, told } from './messages.ts';
import { WorkerProcess } from './worker-process.ts';

const goodRunMs = 10_000;
/** A scrape does not wait longer for one worker. */
const metricsMs = 2000;

export interface SlotEvents {
  /** A worker has begun, listens, or has ended. */
  onChange(): void;
  onLoop(generation: number, message: string): void;
}

export interface SlotParts {
  /** For its log: `dns/1`. */
  readonly name: string;
  readonly log: Logger;
  readonly events: SlotEvents;
  readonly clock?: Clock;
}

export class Slot {
  readonly #parts: SlotParts;
  readonly #clock: Clock;
  readonly #restarts = new Restarts({ goodRunMs });
  readonly #stopped = new AbortController();
  #generation: Generation;
  #worker: WorkerProcess;
  readonly #ended: Promise<void>;
  /** What the worker said last, and what those before it had counted. */
  #metrics: readonly ToldMetric[] = [];
  #earlier: readonly ToldMetric[] = [];

  /** @param waits to listen until it knows all that it serves: others do meanwhile. */
  constructor(parts: SlotParts, generation: Generation, waits: boolean) {
    this.#parts = parts;
    this.#clock = parts.clock ?? systemClock;
    this.#generation = generation;
    this.#worker = this.#fork(waits);
    this.#ended = this.#keep();
  }

  /** The one that is there now, or has just ended. */
  get worker(): WorkerProcess {
    return this.#worker;
  }

  /** Rejects when it cannot take them; then it goes on with those that it has. */
  async reload(generation: Generation): Promise<void> {
    await this.#worker.reload(generation);
    this.#generation = generation;
  }

  /** What others could not take is given up here, too. */
  async undo(generation: Generation): Promise<void> {
    this.#generation = generation;
    await this.#worker.reload(generation).catch(() => this.#worker.kill());
  }

  /** A worker that does not serve yet begins anew. */
  restart(generation: Generation): void {
    this.#generation = generation;
    this.#worker.kill();
  }

  async metrics(): Promise<readonly ToldMetric[]> {
    const over = new AbortController();
    const late = this.#clock.sleep(metricsMs, over.signal).catch(() => {});
    const metrics = await Promise.race([this.#worker.metrics().catch(() => {}), late]);
    over.abort();
    if (metrics) this.#metrics = metrics;
    return [...this.#metrics, ...this.#earlier];
  }

  /** What all of them have counted that are no more. */
  get counted(): readonly ToldMetric[] {
    return this.#earlier;
  }

  /** Resolves when it is empty. */
  async stop(how: Leave): Promise<void> {
    this.#stopped.abort();
    this.#worker.leave(how);
    await this.#ended;
  }

  #fork(waits: boolean): WorkerProcess {
    const { name, log, events } = this.#parts;
    return new WorkerProcess(name, log, { type: 'serve', waits, ...this.#generation }, events);
  }

  async #keep(): Promise<void> {
    const { log, events } = this.#parts;
    while (true) {
      const startedAt = performance.now();
      const why = await this.#worker.ended;
      this.#earlier = [...this.#earlier, ...this.#metrics.filter(({ type }) => type !== 'gauge')];
      this.#metrics = [];
      events.onChange();
      if (this.#stopped.signal.aborted) return;
      log.error('a worker has ended, another one takes its place', { why });
      this.#earlier = await told(aggregated(this.#earlier.map(metricOf)));
      const waitMs = this.#restarts.next(performance.now() - startedAt) ?? 0;
      await this.#clock.sleep(waitMs, this.#stopped.signal).catch(() => {});
      if (this.#stopped.signal.aborted) return;
      this.#worker = this.#fork(true);
      this.#worker.started.catch(({ message }) => log.error('a worker cannot serve', { problem: message }));
      events.onChange();
    }
  }
}
