// Services that wait for a load balancer, and what they have been told. The events of one that waits for long are told
// again, since events are forgotten after an hour; but not at every look.

import type { Service } from '#api/index.ts';
import { keyOf, type WorkQueue } from '#client/index.ts';
import type { ControllerParts } from '../parts.ts';

const repeatMs = 600_000;

interface Wait {
  readonly since: number;
  readonly told?: { readonly message: string; readonly at: number } | undefined;
}

export interface Why {
  readonly reason: string;
  /** What it waits for, and what to do. */
  readonly message: string;
  /** Nothing is told of waits that are shorter. */
  readonly patienceMs?: number | undefined;
  /** When to look again, if that is before there is something to tell. */
  readonly retryAfterMs?: number | undefined;
}

export class Waiting {
  readonly #parts: Pick<ControllerParts, 'events' | 'clock'>;
  readonly #queue: WorkQueue;
  readonly #waits = new Map<string, Wait>();

  constructor(parts: Pick<ControllerParts, 'events' | 'clock'>, queue: WorkQueue) {
    this.#parts = parts;
    this.#queue = queue;
  }

  has(key: string): boolean {
    return this.#waits.has(key);
  }

  end(key: string): void {
    this.#waits.delete(key);
  }

  /** Something was let go: whoever waits may be waiting for it. */
  lookAgain(): void {
    for (const key of this.#waits.keys()) this.#queue.add(key);
  }

  /** Goes on waiting: writes an event when it is time for one, and sees to it that the Service is looked at again. */
  tell(service: Service, { reason, message, patienceMs = 0, retryAfterMs = repeatMs }: Why): void {
    const key = keyOf(service);
    const now = this.#parts.clock.now().getTime();
    const { since, told } = this.#waits.get(key) ?? { since: now };
    const due = Math.max(since + patienceMs, told?.message === message ? told.at + repeatMs : 0);
    const isDue = due <= now;
    if (isDue) this.#parts.events.event(service, 'Warning', reason, message);
    this.#waits.set(key, { since, told: isDue ? { message, at: now } : told });
    this.#queue.addAfter(key, Math.min(retryAfterMs, isDue ? repeatMs : due - now));
  }
}
