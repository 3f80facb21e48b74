// Keeps a copy of one resource's collection up to date: list, then watch from the list's revision, resuming at the last
// revision seen when a watch ends (api.md §7, §8, §20). What was seen is told to a `Mirror`, in order.

import { ApiError, isExpired, type KubeObject } from '#api/index.ts';
import { systemClock } from '#lib/clock.ts';
import type { Logger } from '#lib/log.ts';
import { delayAfter } from './backoff.ts';
import { MalformedAnswer, type Resource } from './client.ts';

export interface Mirror<T, K = T> {
  /** What is kept of an object of a list until the list is complete. */
  keep(object: T): K;
  /** The whole collection, after a list; every object as {@link Mirror.keep} gave it. */
  replace(objects: K[]): void;
  put(object: T): void;
  remove(object: T): void;
  /** What the server sent and is no object: it is left out. Told in the log where there is no such method. */
  skip?(what: unknown): void;
}

export interface Selection {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** How many objects are listed at a time; 500 when absent. */
  readonly pageSize?: number | undefined;
}

const usualPageSize = 500;
const backoff = { baseMs: 100, maxMs: 30_000 };
/** A watch that lived this long was a good one: its end does not count as a failure. */
const healthyMs = 1_000;

/** What cannot be read may have been news, which only a new list tells. */
const isUnreadable = (error: unknown): boolean => error instanceof MalformedAnswer;

/** The revision that we have is of no use to this server: history compacted, or another, younger store behind the name. */
const mustRelist = (error: unknown): boolean =>
  isExpired(error) ||
  (error instanceof ApiError && (error.code === 410 || /too large resource version/i.test(error.message)));

/** Runs until `signal` aborts; never rejects. */
export async function reflect<T extends KubeObject, K>(
  resource: Resource<T>,
  selection: Selection,
  mirror: Mirror<T, K>,
  { signal, log }: { signal: AbortSignal; log: Logger },
): Promise<void> {
  const reflection = { resource, selection, mirror, signal, log };
  let revision: string | undefined;
  let failures = 0;
  while (!signal.aborted) {
    const started = performance.now();
    try {
      if (revision === undefined) revision = await listAll(reflection);
      for await (const seen of follow(reflection, revision)) {
        revision = seen;
        failures = 0;
      }
      // The server ends watches in its own time; one that it ends at once must not be asked for in a tight loop.
      failures = performance.now() - started > healthyMs ? 0 : failures + 1;
    } catch (error) {
      if (signal.aborted) return;
      const relist = mustRelist(error) || isUnreadable(error);
      if (relist) revision = undefined;
      failures = relist ? Math.max(failures, 0) + 1 : failures + 1;
      const fields = { resource: resource.ref.resource, error, failures, relist };
      if (mustRelist(error)) log.debug('watch is too old, listing again', fields);
      else log.warn('list and watch failed, trying again', fields);
    }
    if (failures > 0) await systemClock.sleep(delayAfter(failures, backoff), signal).catch(() => {});
  }
}

interface Reflection<T extends KubeObject, K> {
  readonly resource: Resource<T>;
  readonly selection: Selection;
  readonly mirror: Mirror<T, K>;
  readonly signal: AbortSignal;
  readonly log: Logger;
}

async function listAll<T extends KubeObject, K>(reflection: Reflection<T, K>): Promise<string> {
  const { resource, mirror, signal } = reflection;
  const { pageSize = usualPageSize, ...selection } = reflection.selection;
  const objects: K[] = [];
  let next: string | undefined;
  for (;;) {
    const page = await resource.list({ ...selection, limit: pageSize, continue: next, signal });
    // Page by page, so that what nobody keeps of a long list is not all there at once.
    for (const item of page.items) if (isUsable(reflection, item)) objects.push(mirror.keep(item));
    next = page.metadata.continue || undefined;
    if (next) continue;
    mirror.replace(objects);
    return page.metadata.resourceVersion ?? '';
  }
}

/** One watch, to its end. Yields the revision after each event, bookmarks included. */
async function* follow<T extends KubeObject, K>(
  reflection: Reflection<T, K>,
  resourceVersion: string,
): AsyncGenerator<string> {
  const { resource, mirror, signal } = reflection;
  const { pageSize: _, ...selection } = reflection.selection;
  const timeoutSeconds = 300 + Math.floor(Math.random() * 300);
  const events = resource.watch({ ...selection, resourceVersion, timeoutSeconds, allowWatchBookmarks: true, signal });
  for await (const { type, object } of events) {
    if (!isUsable(reflection, object)) continue;
    if (type === 'ADDED' || type === 'MODIFIED') mirror.put(object);
    else if (type === 'DELETED') mirror.remove(object);
    const { resourceVersion: seen } = object.metadata;
    if (seen && typeof seen === 'string') yield seen;
  }
}

/** Whether it is an object of the API at all: one without metadata is none. */
function isUsable<T extends KubeObject, K>(
  { mirror, log, resource }: Reflection<T, K>,
  what: T | undefined,
): what is T {
  const metadata: unknown = what?.metadata;
  if (typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata)) return true;
  if (mirror.skip) mirror.skip(what);
  else log.warn('the API server sent what is no object', { resource: resource.ref.resource });
  return false;
}
