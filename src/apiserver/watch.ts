// GET with watch=true (api.md §8): a stream of JSON documents, one a line, each written as soon as its event happens.

import { ApiError, expired, internalError } from '#api/index.ts';
import type { HttpResponse } from '#lib/http.ts';
import { CompactedError, type Entry, SlowWatcherError, type StoreEvent } from '#storage/index.ts';
import { Alarms } from './alarms.ts';
import { type Call, representationOf } from './call.ts';
import { linkSignals } from './linked-signal.ts';
import { collect, type Page } from './list.ts';
import { gathered } from './list-body.ts';
import type { Parts } from './parts.ts';
import type { Registry } from './registry.ts';
import { boolean, wholeNumber } from './request.ts';
import { invalidListOptions, parseResourceVersion, reached, watchErrors } from './resource-version.ts';
import { commonHeaders } from './respond.ts';
import { parseSelection, type Selection } from './selection.ts';
import { together, WatchFrames } from './watch-frames.ts';

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
  const errors = watchErrors(query);
  if (errors.length > 0) throw invalidListOptions(...errors);
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

async function* stream(parts: Parts, call: Call, options: WatchOptions): AsyncGenerator<Uint8Array> {
  const { registry, clock, closing } = parts;
  const frames = new WatchFrames(parts, call);
  const lineOf = (event: StoreEvent) => {
    const seen = seenBy(options.selection, registry.viewEvent(call.kind, event), registry);
    return seen && frames.event(seen.type, seen.entry);
  };
  const alarms = new Alarms(clock);
  const { signal: ended, abort: end } = linkSignals([alarms.signal, closing, call.request.signal]);
  // Here, and not where reading ends: a reader who only aborts would leave the timers behind.
  ended.addEventListener('abort', () => alarms.stop(), { once: true });
  try {
    let after = options.after;
    if (after === undefined) {
      const { prefix, selection } = options;
      const reading = { kind: call.kind, prefix, startKey: prefix, revision: undefined, selection, limit: undefined };
      const page = await collect(registry, reading);
      yield* gathered(initial(page, frames));
      after = page.revision;
      if (options.marksInitialEnd) yield frames.bookmark(after, { 'k8s.io/initial-events-end': 'true' });
    }
    const changes = registry.store.watch(options.prefix, after, ended);
    alarms.end(options.timeoutMs);
    let bookmarkIsDue = false;
    if (options.bookmarks) {
      alarms.every(bookmarkMs, Math.max(options.timeoutMs - lastBookmarkMs, 0), () => {
        bookmarkIsDue = true;
        changes.interrupt();
      });
    }
    for await (const events of changes) {
      // All that has happened meanwhile goes out together: with many watchers, single events would cost too much.
      const pieces = together(events.map(lineOf).filter((line) => line !== undefined));
      for (let i = 0; i < pieces.length; i++) yield pieces[i] as Uint8Array;
      if (!bookmarkIsDue) continue;
      bookmarkIsDue = false;
      yield frames.bookmark(changes.revision);
    }
  } catch (error) {
    // The status line is long gone: an error is the stream's last event.
    yield frames.error(translate(error));
  } finally {
    // A reader who only stops reading would leave the store's watch behind, one who was gone from the start the timers.
    end();
    alarms.stop();
  }
}

interface Seen {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly entry: Entry;
}

function* initial({ entries }: Page, frames: WatchFrames): Generator<Uint8Array> {
  for (const entry of entries) yield* frames.initial(entry);
}

/** What an event is to somebody who sees only the objects that a selection matches. */
export function seenBy(selection: Selection, event: StoreEvent, registry: Registry): Seen | undefined {
  const { entry, previous, revision } = event;
  // By far most watches: worth not making the closure below for each of their events.
  if (selection.matchesAll && entry) return { type: previous ? 'MODIFIED' : 'ADDED', entry };
  const sees = (which: Entry | undefined) =>
    !!which && (selection.matchesAll || selection.matches(registry.decode(which)));
  if (sees(entry)) return { type: sees(previous) ? 'MODIFIED' : 'ADDED', entry: entry as Entry };
  // Deleted, or it left the selection: gone for this watch, in the state in which it was last seen but at the revision of
  // this event, so that a client that resumes from it misses nothing and repeats nothing.
  return previous && sees(previous) ? { type: 'DELETED', entry: registry.last(previous, revision) } : undefined;
}

function translate(error: unknown): ApiError {
  if (error instanceof CompactedError) return expired(error.message);
  if (error instanceof SlowWatcherError) return expired(`too old resource version: ${error.message}`);
  if (error instanceof ApiError) return error;
  return internalError(error instanceof Error ? error.message : 'the watch failed', error);
}
