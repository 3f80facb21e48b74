// GET with watch=true (api.md §8): a stream of JSON documents, one a line, each written as soon as its event happens.

import { ApiError, expired, forbiddenField, internalError, type KubeObject } from '#api/index.ts';
import type { HttpResponse } from '#lib/http.ts';
import { CompactedError, type Entry, SlowWatcherError, type StoreEvent } from '#storage/index.ts';
import { Alarms } from './alarms.ts';
import { type Call, representationOf } from './call.ts';
import { linkSignals } from './linked-signal.ts';
import { collect } from './list.ts';
import type { Parts } from './parts.ts';
import { boolean, wholeNumber } from './request.ts';
import { invalidListOptions, parseResourceVersion, reached } from './resource-version.ts';
import { commonHeaders } from './respond.ts';
import { parseSelection, type Selection } from './selection.ts';
import { WatchFrames } from './watch-frames.ts';

const bookmarkMs = 60_000;
/** A last bookmark this long before the end lets the client resume from close by. */
const lastBookmarkMs = 2_000;

interface WatchOptions {
  readonly prefix: string;
  readonly selection: Selection;
  /** Undefined: begin with the objects that there are. */
  readonly after: number | undefined;
  readonly bookmarks: boolean;
  /** The client waits for a bookmark that says that it has seen everything. */
  readonly marksInitialEnd: boolean;
  readonly timeoutMs: number;
}

export async function watch(parts: Parts, call: Call): Promise<HttpResponse> {
  const options = await watchOptions(parts, call);
  const { media } = representationOf(call);
  if (media !== 'json') throw new ApiError(406, 'NotAcceptable', 'only application/json is available for a watch');
  return {
    status: 200,
    headers: { ...commonHeaders, 'content-type': 'application/json', ...call.warnings.headers() },
    body: stream(parts, call, options),
  };
}

async function watchOptions({ registry, clock }: Parts, call: Call): Promise<WatchOptions> {
  const { query, kind, at, request } = call;
  const selection = parseSelection(kind, query, at.name);
  const version = parseResourceVersion(query.get('resourceVersion'));
  const bookmarks = boolean(query, 'allowWatchBookmarks');
  const sendInitialEvents = query.get('sendInitialEvents') ? boolean(query, 'sendInitialEvents') : undefined;
  assertInitialEvents(query, sendInitialEvents);
  if (version) await reached(registry.store, version, clock, request.signal);
  const timeout = wholeNumber(query, 'timeoutSeconds') || 1800 * (1 + Math.random());
  return {
    prefix: registry.prefixFor(kind, at.namespace, selection.name),
    selection,
    after: (sendInitialEvents ?? !version) ? undefined : version || registry.store.revision,
    bookmarks,
    marksInitialEnd: sendInitialEvents === true && bookmarks,
    timeoutMs: Math.min(timeout * 1000, 2 ** 31 - 1),
  };
}

function assertInitialEvents(query: URLSearchParams, sendInitialEvents: boolean | undefined): void {
  const match = query.get('resourceVersionMatch');
  const field = 'resourceVersionMatch';
  if (sendInitialEvents !== undefined && match !== 'NotOlderThan') {
    const why = 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan';
    throw invalidListOptions(forbiddenField(field, why));
  }
  if (sendInitialEvents === undefined && match) {
    const why = 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided';
    throw invalidListOptions(forbiddenField(field, why));
  }
}

async function* stream(parts: Parts, call: Call, options: WatchOptions): AsyncGenerator<Uint8Array> {
  const frames = new WatchFrames(parts, call);
  try {
    yield* events(parts, call, options, frames);
  } catch (error) {
    // The status line is long gone: an error is the stream's last event.
    yield frames.error(translate(error));
  }
}

async function* events({ registry, clock, closing }: Parts, call: Call, options: WatchOptions, frames: WatchFrames) {
  const alarms = new Alarms(clock);
  const { signal: ended, unlink } = linkSignals([alarms.signal, closing, call.request.signal]);
  // Also when nobody reads on: a reader who only aborts would leave the timers behind.
  ended.addEventListener('abort', () => alarms.stop(), { once: true });
  try {
    let revision = options.after;
    if (revision === undefined) {
      const { prefix, selection } = options;
      const page = await collect(registry, {
        prefix,
        startKey: prefix,
        revision: undefined,
        selection,
        limit: undefined,
      });
      for (const entry of page.entries) yield frames.event('ADDED', entry);
      revision = page.revision;
      if (options.marksInitialEnd) yield frames.bookmark(revision, { 'k8s.io/initial-events-end': 'true' });
    }
    const source = registry.store.watch(options.prefix, revision, ended)[Symbol.asyncIterator]();
    alarms.end(options.timeoutMs);
    if (options.bookmarks) alarms.every(bookmarkMs, Math.max(options.timeoutMs - lastBookmarkMs, 0));
    let next = source.next();
    for (;;) {
      let result = await alarms.race(next);
      if (result === 'alarm') {
        // Up to the store's revision nothing is left to send, unless the next event has just come.
        const current = registry.store.revision;
        result = await Promise.race([next, Promise.resolve('alarm' as const)]);
        if (result === 'alarm') {
          revision = Math.max(revision, current);
          yield frames.bookmark(revision);
          continue;
        }
      }
      if (result.done) return;
      revision = result.value.revision;
      const change = seenBy(options.selection, result.value, (entry) => registry.decode(entry));
      if (change) yield frames.event(change.type, change.entry);
      next = source.next();
    }
  } finally {
    alarms.stop();
    unlink();
  }
}

interface Seen {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly entry: Entry;
}

/** What an event is to somebody who sees only the objects that a selection matches. */
export function seenBy(
  selection: Selection,
  { type, entry, previous }: StoreEvent,
  decode: (entry: Entry) => KubeObject,
): Seen | undefined {
  const sees = (which: Entry | undefined) => !!which && (selection.matchesAll || selection.matches(decode(which)));
  const before = sees(previous);
  if (type === 'delete') return before ? { type: 'DELETED', entry } : undefined;
  const now = sees(entry);
  if (now) return { type: before ? 'MODIFIED' : 'ADDED', entry };
  // It left the selection: gone for this watch, in the state in which it was last seen.
  return before && previous ? { type: 'DELETED', entry: atRevision(previous, entry, decode) } : undefined;
}

/** The old content under the new version, so that a client that resumes from it misses nothing and repeats nothing. */
function atRevision(previous: Entry, { modRevision }: Entry, decode: (entry: Entry) => KubeObject): Entry {
  const object = decode(previous);
  const moved = { ...object, metadata: { ...object.metadata, resourceVersion: String(modRevision) } };
  return { ...previous, modRevision, value: Buffer.from(JSON.stringify(moved)) };
}

function translate(error: unknown): ApiError {
  if (error instanceof CompactedError) return expired(error.message);
  if (error instanceof SlowWatcherError) return expired(`too old resource version: ${error.message}`);
  if (error instanceof ApiError) return error;
  return internalError(error instanceof Error ? error.message : 'the watch failed', error);
}
