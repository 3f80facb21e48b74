// What a put makes of a key, the same in every store; when others see it is the store's own.

import type { Encode, Entry, StoreEvent } from './store.ts';

export interface Put {
  readonly key: string;
  /** What the key held before. */
  readonly previous: Entry | undefined;
  readonly revision: number;
  readonly encode: Encode;
  /** In ms since 1970; undefined for what stays. */
  readonly expiresAt: number | undefined;
}

export function putEvent({ key, previous, revision, encode, expiresAt }: Put): StoreEvent & { entry: Entry } {
  const createRevision = previous?.createRevision ?? revision;
  const entry: Entry = { key, value: encode(revision), modRevision: revision, createRevision, expiresAt };
  return { type: 'put', key, revision, entry, previous };
}
