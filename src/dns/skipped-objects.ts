// Objects that the API server sent and that cannot be used: all are counted, and told of, though not one by one when there are
// many.

import { type Clock, systemClock } from '#lib/clock.ts';
import type { Logger } from '#lib/log.ts';
import { Counter, type Metric } from '#lib/metrics.ts';

/** Of one resource, no more than one line in this time. */
const quietMs = 10_000;

interface Told {
  at: number;
  /** Objects that were skipped since. */
  untold: number;
}

export class SkippedObjects {
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #counts = new Counter();
  readonly #told = new Map<string, Told>();

  constructor({ log, clock = systemClock }: { log: Logger; clock?: Clock }) {
    this.#log = log;
    this.#clock = clock;
  }

  /** @param object its name, as far as it has one */
  add(resource: string, object: string, error: unknown): void {
    this.#counts.add({ resource });
    const now = this.#clock.now().getTime();
    const told = this.#told.get(resource) ?? { at: Number.NEGATIVE_INFINITY, untold: 0 };
    this.#told.set(resource, told);
    if (now - told.at < quietMs) {
      told.untold++;
      return;
    }
    const others = told.untold > 0 ? { others: told.untold } : {};
    this.#log.warn('skipped an object that cannot be used', { resource, object, error, ...others });
    Object.assign(told, { at: now, untold: 0 });
  }

  metrics(): Metric[] {
    const help = 'Objects of the API that could not be used.';
    return [
      { name: 'portolan_dns_skipped_objects_total', help, type: 'counter', samples: () => this.#counts.samples() },
    ];
  }
}
