// Events are kept for an hour after they last happened (api.md §16): a cluster that runs for months must not fill with
// what it once reported.

import { setImmediate } from 'node:timers/promises';
import { type Event, isConflict, isNotFound, type Kind } from '#api/index.ts';
import { eventKind } from '#api/kinds/event.ts';
import { deleteObject } from './delete.ts';
import type { Parts } from './parts.ts';

const lifetimeMs = 3_600_000;

export const lastSeen = ({ series, lastTimestamp, eventTime, metadata }: Event): number =>
  Date.parse(series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? '') || 0;

/** Deletes the events that are over. */
export async function expireEvents(parts: Parts): Promise<void> {
  const limit = parts.clock.now().getTime() - lifetimeMs;
  for await (const event of parts.registry.all(eventKind)) {
    if (lastSeen(event) >= limit) continue;
    const { namespace = '', name = '', resourceVersion } = event.metadata;
    const options = { isDryRun: false, preconditions: { resourceVersion } };
    const target = { kind: eventKind as unknown as Kind, namespace, name };
    await deleteObject(parts, target, options).catch((error) => {
      // Gone, or seen again just now: either way there is nothing to expire.
      if (!isNotFound(error) && !isConflict(error)) throw error;
    });
    // Thousands may be over at once, and a delete waits for nothing real.
    await setImmediate();
  }
}
