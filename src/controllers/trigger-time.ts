// When what an EndpointSlice shows last began to change: the annotation from which network programming latency is
// measured (services.md §C.5).

import { type Pod, podCondition, type Service } from '#api/index.ts';
import { keyOf } from '#client/index.ts';

interface Seen {
  created: string | undefined;
  /** By the pod's name: when its readiness last changed, as it is written there. */
  readonly pods: Map<string, string>;
  /** A trigger that was to be written and was not. */
  missed?: number | undefined;
}

export class TriggerTimes {
  readonly #seen = new Map<string, Seen>();

  /** The earliest trigger that moved since the last call for this Service; its creation, on the first. */
  next(service: Service, pods: readonly Pod[]): string | undefined {
    const { creationTimestamp: created } = service.metadata;
    const seen = this.#seen.get(keyOf(service));
    if (!seen) {
      const all = pods.map((pod): [string, string] => [pod.metadata.name ?? '', triggerOf(pod)]);
      this.#seen.set(keyOf(service), { created, pods: new Map(all) });
      return created;
    }
    let earliest = seen.missed ?? Number.POSITIVE_INFINITY;
    if (timeOf(created) > timeOf(seen.created)) earliest = Math.min(earliest, timeOf(created));
    seen.created = created;
    seen.missed = undefined;
    for (const pod of pods) {
      const { name = '' } = pod.metadata;
      const [before, now] = [seen.pods.get(name), triggerOf(pod)];
      if (now === before) continue;
      seen.pods.set(name, now);
      if (timeOf(now) > timeOf(before)) earliest = Math.min(earliest, timeOf(now));
    }
    if (seen.pods.size > pods.length) forgetOthers(seen.pods, pods);
    return Number.isFinite(earliest) ? format(earliest) : undefined;
  }

  /** What `next` said was not written after all: it still counts the next time. */
  missed(service: string, trigger: string | undefined): void {
    const seen = this.#seen.get(service);
    if (seen && trigger !== undefined) seen.missed = timeOf(trigger);
  }

  forget(key: string): void {
    this.#seen.delete(key);
  }
}

function forgetOthers(seen: Map<string, string>, pods: readonly Pod[]): void {
  const present = new Set(pods.map(({ metadata }) => metadata.name));
  for (const name of seen.keys()) if (!present.has(name)) seen.delete(name);
}

const triggerOf = (pod: Pod): string => podCondition(pod, 'Ready')?.lastTransitionTime ?? '';
const timeOf = (text = ''): number => Date.parse(text) || 0;
/** RFC 3339 in UTC, with as many decimals as there are. */
const format = (time: number): string => new Date(time).toISOString().replace(/\.?0*Z$/, 'Z');
