// Records core/v1 Events (api.md §16): what `kubectl describe` and `kubectl get events` show of what the system did.
// Recording never waits and never fails its caller; repeats of an event raise the count of the one already written.

import { type Event, events, ignoreNotFound, type KubeObject } from '#api/index.ts';
import { newEvent } from '#api/new-event.ts';
import { timestamp } from '#api/schema/time.ts';
import { type Clock, systemClock } from '#lib/clock.ts';
import { createLogger, type Logger } from '#lib/log.ts';
import type { Client, Resource } from './client.ts';

/** Events that wait to be written; more are dropped. */
const pendingLimit = 1000;
/** Written events whose repeats are recognised; the longest unused are forgotten. */
const rememberedLimit = 4096;

interface Written {
  readonly name: string;
  readonly count: number;
}

export class EventRecorder {
  readonly #events: Resource<Event>;
  readonly #component: string;
  readonly #host: string | undefined;
  readonly #clock: Clock;
  readonly #log: Logger;
  /** By identity, oldest first. */
  readonly #pending = new Map<string, Event>();
  readonly #written = new Map<string, Written>();
  #writing: Promise<void> | undefined;

  constructor(client: Client, component: string, host?: string, options: { clock?: Clock; log?: Logger } = {}) {
    this.#events = client.resource(events);
    this.#component = component;
    this.#host = host;
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log ?? createLogger(`events/${component}`);
  }

  /** @param object must have `apiVersion` and `kind`, as everything that this folder hands out has. */
  event(object: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void {
    const key = JSON.stringify([
      object.kind,
      object.metadata.namespace,
      object.metadata.name,
      object.metadata.uid,
      type,
      reason,
      message,
    ]);
    const waiting = this.#pending.get(key);
    if (waiting) {
      waiting.count = (waiting.count ?? 1) + 1;
      waiting.lastTimestamp = timestamp(this.#clock.now());
      return;
    }
    if (this.#pending.size >= pendingLimit) {
      this.#log.debug('event dropped, too many wait to be written', { reason, message });
      return;
    }
    const from = { component: this.#component, host: this.#host, at: this.#clock.now() };
    this.#pending.set(key, newEvent({ about: object, type, reason, message, ...from }));
    this.#writing ??= this.#writeAll();
  }

  /** Resolves when all that was recorded before is written or given up. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    // Callers record in the middle of their work: it goes first, and what is recorded meanwhile goes in the same run.
    await Promise.resolve();
    for (let [next] = this.#pending; next; [next] = this.#pending) {
      const [key, event] = next;
      this.#pending.delete(key);
      try {
        await this.#write(key, event);
      } catch (error) {
        this.#log.debug('event could not be written', { reason: event.reason, message: event.message, error });
      }
    }
    this.#writing = undefined;
  }

  async #write(key: string, event: Event): Promise<void> {
    const { namespace } = event.metadata;
    const before = this.#written.get(key);
    const count = (before?.count ?? 0) + (event.count ?? 1);
    const name = before && (await this.#raise(before.name, { ...event, count }));
    const written = name ? { name, count } : { name: await this.#create(event), count: event.count ?? 1 };
    this.#log.debug('event written', { namespace, ...written });
    this.#written.delete(key);
    this.#written.set(key, written);
    for (const oldest of this.#written.keys()) {
      if (this.#written.size <= rememberedLimit) break;
      this.#written.delete(oldest);
    }
  }

  async #create(event: Event): Promise<string> {
    return (await this.#events.create(event)).metadata.name ?? '';
  }

  /** Undefined when the event is gone: its time to live is over. */
  async #raise(name: string, { count, lastTimestamp, metadata }: Event): Promise<string | undefined> {
    const options = { namespace: metadata.namespace, type: 'merge' } as const;
    return await this.#events.patch(name, { count, lastTimestamp }, options).then(() => name, ignoreNotFound);
  }
}
