// What writes make of their keys, the same in every store; when others see it is the store's own.

import type { CommitResult, DeleteResult, Entry, PutResult, StoreEvent, Write } from './store.ts';

export interface Ground {
  /** What a key holds for the next write to it. */
  readonly newest: (key: string) => Entry | undefined;
  /** What the first of the writes takes. */
  readonly revision: number;
  /** When a key that is to live so long expires, in ms since 1970; undefined for what stays. */
  readonly expiresAt: (ttlSeconds: number | undefined) => number | undefined;
}

/** The events of all writes, or which of them lost. Nothing is encoded unless all may happen. */
export function eventsOf(writes: readonly Write[], ground: Ground): { lost: number } | { events: StoreEvent[] } {
  if (writes.length > 1 && new Set(writes.map(({ key }) => key)).size < writes.length) {
    throw new Error('a commit may write each key once');
  }
  const previous = writes.map(({ key }) => ground.newest(key));
  const lost = writes.findIndex(({ expected }, i) => (previous[i]?.modRevision ?? 0) !== expected);
  if (lost >= 0) return { lost };
  // What is not there cannot be deleted, whatever was expected.
  const missing = writes.findIndex(({ encode }, i) => !encode && !previous[i]);
  if (missing >= 0) return { lost: missing };
  return { events: writes.map((write, i) => eventOf(write, previous[i], ground.revision + i, ground)) };
}

function eventOf(write: Write, previous: Entry | undefined, revision: number, { expiresAt }: Ground): StoreEvent {
  const { key, encode, ttlSeconds } = write;
  if (!encode) return { type: 'delete', key, revision, previous: previous as Entry };
  const entry: Entry = {
    key,
    value: encode(revision),
    modRevision: revision,
    createRevision: previous?.createRevision ?? revision,
    expiresAt: expiresAt(ttlSeconds),
  };
  return { type: 'put', key, revision, entry, previous };
}

/** The result of a commit that was one put. */
export function putResult(result: CommitResult): PutResult {
  return result.ok ? { ok: true, entry: result.events[0]?.entry as Entry } : result;
}

/** The result of a commit that was one deletion. */
export function deleteResult(result: CommitResult): DeleteResult {
  if (!result.ok) return result;
  const { revision, previous } = result.events[0] as StoreEvent;
  return { ok: true, revision, last: previous as Entry };
}
