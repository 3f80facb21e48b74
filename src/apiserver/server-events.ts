// Events of the server's own loops (api.md §16). The recorder of `#client` is for those who reach the server by its API;
// these are written from within. Nobody waits for them, and none that fails stops a loop.

import { apiVersionOf, type Event, isNotFound, type Kind, type KubeObject } from '#api/index.ts';
import { eventKind } from '#api/kinds/event.ts';
import { newEvent } from '#api/new-event.ts';
import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/log.ts';
import type { Writer } from './writer.ts';

/** Written events whose repeats are recognised; the longest unused are forgotten. */
const rememberedLimit = 1000;
/** Events under way; more are only logged. */
const pendingLimit = 200;
const kindOfEvents = eventKind as unknown as Kind;
const fieldManager = 'kube-apiserver';

export class ServerEvents {
  readonly #writer: Writer;
  readonly #clock: Clock;
  readonly #log: Logger;
  /** Names of written events, by what they say of which object. */
  readonly #names = new Map<string, string>();
  #pending = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(writer: Writer, clock: Clock, log: Logger) {
    this.#writer = writer;
    this.#clock = clock;
    this.#log = log;
  }

  warn(kind: Kind, object: KubeObject, component: string, reason: string, message: string): void {
    const { name, namespace } = object.metadata;
    this.#log.warn(message, { kind: kind.kind, namespace, name, reason });
    if (this.#pending >= pendingLimit) return;
    this.#pending++;
    const about = { ...object, apiVersion: apiVersionOf(kind), kind: kind.kind };
    const event = newEvent({ about, type: 'Warning', reason, message, component, at: this.#clock.now() });
    this.#last = this.#last
      .then(() => this.#write(event))
      .catch((error) => this.#log.debug('event could not be written', { reason, message, error }))
      .finally(() => this.#pending--);
  }

  async #write(event: Event): Promise<void> {
    const { involvedObject, reason, message, metadata } = event;
    const key = JSON.stringify([involvedObject.kind, involvedObject.uid, metadata.namespace, reason, message]);
    const known = this.#names.get(key);
    this.#names.delete(key);
    const name = known && (await this.#raise(known, event)) ? known : await this.#create(event);
    this.#names.set(key, name);
    for (const oldest of this.#names.keys()) {
      if (this.#names.size <= rememberedLimit) break;
      this.#names.delete(oldest);
    }
  }

  async #create(event: Event): Promise<string> {
    await this.#writer.create(kindOfEvents, event as unknown as KubeObject, { dryRun: false, fieldManager });
    return event.metadata.name ?? '';
  }

  /** False when the event is gone: its time to live is over. */
  async #raise(name: string, { metadata: { namespace = '' }, lastTimestamp }: Event): Promise<boolean> {
    const apply = (old: KubeObject): KubeObject => {
      const event = old as unknown as Event;
      return { ...event, count: (event.count ?? 1) + 1, lastTimestamp } as unknown as KubeObject;
    };
    try {
      const change = { apply, rules: 'main', dryRun: false, fieldManager } as const;
      await this.#writer.update({ kind: kindOfEvents, namespace, name }, change);
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }
}
