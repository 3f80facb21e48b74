// Queues the Services that a change of a Service or of a pod concerns. The first change is worked on at once; those that
// follow closely are taken together, since each sync of a large Service writes and sends a whole slice.

import { keyOf, WorkQueue } from '#client/index.ts';
import { sameJson } from './json.ts';
import type { Informers } from './parts.ts';
import { affectsEndpoints, servicesOf } from './service-pods.ts';

/** @param spacingMs changes of pods of one Service are worked on no more often than this */
export function queueServices({ services, pods }: Pick<Informers, 'services' | 'pods'>, spacingMs: number): WorkQueue {
  const queue = new WorkQueue();
  /** When each Service's changes are worked on next, or were last. */
  const syncAt = new Map<string, number>();
  const addSpaced = (key: string): void => {
    const now = performance.now();
    const before = syncAt.get(key) ?? Number.NEGATIVE_INFINITY;
    const at = before > now ? before : Math.max(now, before + spacingMs);
    syncAt.set(key, at);
    queue.addAfter(key, at - now);
  };
  const servicesUnder = (key: string) => services.by('selector', key);
  services.onChange(({ type, object }) => {
    if (type === 'deleted') syncAt.delete(keyOf(object));
    queue.add(keyOf(object));
  });
  pods.onChange(({ object, old }) => {
    if (old && !affectsEndpoints(old, object)) return;
    for (const service of servicesOf(object, servicesUnder)) addSpaced(keyOf(service));
    const isMoved = old && !sameJson(old.metadata.labels, object.metadata.labels);
    for (const service of isMoved ? servicesOf(old, servicesUnder) : []) addSpaced(keyOf(service));
  });
  return queue;
}
