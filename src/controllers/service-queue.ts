// Queues the Services that a change of a Service or of a pod concerns. The first change is worked on at once; those that
// follow closely are taken together, since each sync of a large Service writes and sends a whole slice.

import { keyOf, WorkQueue } from '#client/index.ts';
import { sameJson } from './json.ts';
import type { ControllerParts } from './parts.ts';
import { affectsEndpoints } from './service-pods.ts';

/** How syncs that fail are tried again: a second later and then ever more seldom, few at a time, and not for ever. */
export const retries = {
  backoff: { baseMs: 1000, maxMs: 1_000_000 },
  retryRate: { perSecond: 10, burst: 100 },
  maxRetries: 15,
} as const;

export interface Pace {
  /** Changes of pods of one Service are worked on no more often than this. */
  readonly spacingMs: number;
  /** How long a change of a pod waits for others to be worked on with. */
  readonly batchMs?: number | undefined;
}

export function queueServices(
  { informers: { services, pods }, selectors }: ControllerParts<'services' | 'pods'>,
  { spacingMs, batchMs = 0 }: Pace,
): WorkQueue {
  const queue = new WorkQueue();
  /** When each Service's changes are worked on next, or were last. */
  const syncAt = new Map<string, number>();
  const addSpaced = (key: string): void => {
    const now = performance.now();
    const before = syncAt.get(key) ?? Number.NEGATIVE_INFINITY;
    const at = before > now ? before : Math.max(now + batchMs, before + spacingMs);
    syncAt.set(key, at);
    queue.addAfter(key, at - now);
  };
  services.onChange(({ type, object }) => {
    if (type === 'deleted') syncAt.delete(keyOf(object));
    queue.add(keyOf(object));
  });
  pods.onChange(({ object, old }) => {
    if (old && !affectsEndpoints(old, object)) return;
    for (const service of selectors.servicesOf(object)) addSpaced(keyOf(service));
    const isMoved = old && !sameJson(old.metadata.labels, object.metadata.labels);
    for (const service of isMoved ? selectors.servicesOf(old) : []) addSpaced(keyOf(service));
  });
  return queue;
}
