// When what an EndpointSlice shows last began to change: the annotation from which network programming latency is
// measured (services.md §C.5).

import { type Pod, podCondition, type Service } from '#api/index.ts';
import { keyOf } from '#client/index.ts';

export const triggerTimeAnnotation = 'endpoints.kubernetes.io/last-change-trigger-time';

export class TriggerTimes {
  /** By Service: the last trigger of each of its pods. */
  readonly #seen = new Map<string, Map<string, number>>();

  /** The earliest trigger that moved since the last call for this Service; its creation, on the first. */
  next(service: Service, pods: readonly Pod[]): string | undefined {
    const key = keyOf(service);
    const before = this.#seen.get(key);
    const now = new Map(pods.map((pod) => [keyOf(pod), triggerOf(pod)]));
    this.#seen.set(key, now);
    if (!before) return service.metadata.creationTimestamp;
    const moved = [...now].filter(([pod, time]) => time > (before.get(pod) ?? 0)).map(([, time]) => time);
    return moved.length > 0 ? format(Math.min(...moved)) : undefined;
  }

  forget(key: string): void {
    this.#seen.delete(key);
  }
}

const triggerOf = (pod: Pod): number => Date.parse(podCondition(pod, 'Ready')?.lastTransitionTime ?? '') || 0;
/** RFC 3339 in UTC, with as many decimals as there are. */
const format = (time: number): string => new Date(time).toISOString().replace(/\.?0*Z$/, 'Z');
