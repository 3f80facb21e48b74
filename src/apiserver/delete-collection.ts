// DELETE of a collection: each object that the selectors match, as if it were deleted by itself (api.md §11).

import { isConflict, isNotFound } from '#api/index.ts';
import type { HttpResponse } from '#lib/http.ts';
import type { Entry } from '#storage/index.ts';
import { type Call, formatOf, representationOf } from './call.ts';
import { deleteObject, deleteOptions } from './delete.ts';
import { collect, listHead } from './list.ts';
import type { Parts } from './parts.ts';
import { wholeNumber } from './request.ts';
import { respondWithList } from './respond.ts';
import { parseSelection } from './selection.ts';
import type { Target } from './writer.ts';

/** Deletions under way together: a store on disk commits them as one. */
const atOnce = 50;

export async function deleteCollection(parts: Parts, call: Call): Promise<HttpResponse> {
  const { registry } = parts;
  const { kind, at } = call;
  const options = deleteOptions(call);
  const prefix = registry.prefixOf(kind, at.namespace);
  const page = await collect(registry, {
    kind,
    prefix,
    startKey: prefix,
    revision: undefined,
    selection: parseSelection(kind, call.query),
    limit: wholeNumber(call.query, 'limit') || undefined,
  });
  const deleteOne = async (entry: Entry): Promise<Entry[]> => {
    const { name = '', namespace = '', uid } = registry.decode(entry).metadata;
    // Only the object that was listed: not one that took its name meanwhile.
    const preconditions = { ...options.preconditions, ...(uid && { uid }) };
    const target = { kind, namespace, name };
    const result = await deleteObject(parts, target, { ...options, preconditions }).catch((error) =>
      ignoreReplaced(parts, target, uid, error),
    );
    return result ? [result.entry] : [];
  };
  const deleted: Entry[] = [];
  for (let at = 0; at < page.entries.length; at += atOnce) {
    // Who has been told that it takes too long, or is gone, decides anew about the rest.
    call.request.signal?.throwIfAborted();
    const results = await Promise.all(page.entries.slice(at, at + atOnce).map(deleteOne));
    deleted.push(...results.flat());
  }
  const representation = { ...representationOf(call), as: 'object' as const };
  const head = listHead(call, { resourceVersion: String(registry.store.revision) });
  const items = deleted.map(({ value }) => value);
  return respondWithList(head, 'items', items, formatOf(call, representation), call.warnings.headers());
}

/** The listed object is gone by itself, perhaps with another in its place; any other error is thrown. */
async function ignoreReplaced({ registry }: Parts, target: Target, uid: string | undefined, error: unknown) {
  if (isNotFound(error)) return undefined;
  const now = isConflict(error) ? await registry.get(target.kind, target) : undefined;
  if (!now || registry.decode(now).metadata.uid === uid) throw error;
  return undefined;
}
