// How long it takes from a change of a pod or Service to the rules that show it: from the annotation that the endpoints'
// controller writes, one observation for each changed slice (services.md D.10, network programming latency SLI).

import { type EndpointSlice, triggerTimeAnnotation } from '#api/index.ts';
import { type Change, keyOf } from '#client/index.ts';

/** Of the slices of one family. */
export class ProgrammingLatency {
  /** What changed before this ran says nothing of it. */
  readonly #start: number;
  /** By slice, the oldest that the rules do not show; bounded by the number of slices. */
  #pending = new Map<string, number>();
  #inWork = new Map<string, number>();

  constructor(start: number) {
    this.#start = start;
  }

  changed({ type, object, old }: Change<EndpointSlice>): void {
    const key = keyOf(object);
    if (type === 'deleted') {
      this.#pending.delete(key);
      this.#inWork.delete(key);
      return;
    }
    const trigger = triggerOf(object);
    if (trigger === undefined || trigger === (old && triggerOf(old))) return;
    const time = Date.parse(trigger);
    if (time > this.#start && !this.#pending.has(key)) this.#pending.set(key, time);
  }

  /** What changed until now goes into the next rules. */
  begin(): void {
    for (const [key, time] of this.#pending) if (!this.#inWork.has(key)) this.#inWork.set(key, time);
    this.#pending.clear();
  }

  /** Seconds, of each slice that the rules show now. */
  written(now: number): number[] {
    const seconds = [...this.#inWork.values()].map((time) => Math.max(0, now - time) / 1000);
    this.#inWork.clear();
    return seconds;
  }
}

const triggerOf = ({ metadata }: EndpointSlice): string | undefined => metadata.annotations?.[triggerTimeAnnotation];
