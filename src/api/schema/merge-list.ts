// The lists of a strategic merge patch (api.md §10.1): sets of scalars, and lists of maps with a merge key. What the
// patch names comes in the order of `$setElementOrder`, or else of the patch; live items that it does not name keep
// their order among themselves, and their place before a patched item that they stood before.

import { badRequest } from '../errors.ts';
import { goText } from './go-text.ts';
import { copyJson, isObject, type JsonObject, own } from './json.ts';

/** The scalars of `live` without those that `$deleteFromPrimitiveList` names. */
export function deleteScalars(live: readonly unknown[], doomed: readonly unknown[]): unknown[] {
  const gone = new Set(doomed);
  return live.filter((item) => !gone.has(item));
}

/** The union of both, ordered. */
export function mergeScalars(
  live: readonly unknown[],
  patch: readonly unknown[],
  order?: readonly unknown[],
): unknown[] {
  const changes = patch.filter((item) => item !== null);
  const union = [...new Set([...live, ...changes])];
  return arrange(union, (item) => item, live, order ?? changes);
}

export interface ItemMerger {
  readonly merge: (live: JsonObject, patch: JsonObject) => JsonObject;
  /** A patch item that has no live one to merge with. */
  readonly plain: (patch: JsonObject) => JsonObject;
}

/** Items with equal `key` merge, new ones are added, those with `$patch: delete` go. */
export function mergeMaps(
  live: readonly unknown[],
  patch: readonly unknown[],
  order: readonly unknown[] | undefined,
  key: string,
  { merge, plain }: ItemMerger,
): unknown[] {
  const { replace, doomed, changes } = sort(patch, key);
  if (replace) return changes.map(plain);
  const id = (item: unknown) => keyOf(item, key);
  const merged: unknown[] = live.filter((item) => !doomed.has(id(item))).map(copyJson);
  const places = ranks(merged.map(id));
  for (const change of changes) {
    const name = requiredKey(change, key);
    const place = places.get(name);
    if (place === undefined) places.set(name, merged.push(plain(change)) - 1);
    else merged[place] = merge(merged[place] as JsonObject, change);
  }
  const named = changes.map(id);
  const wanted = order?.map((item) => requiredKey(item, key)) ?? named;
  assertOrdered(named, wanted, key);
  return arrange(merged, id, live.map(id), wanted);
}

function assertOrdered(named: readonly unknown[], wanted: readonly unknown[], key: string): void {
  const ordered = new Set(wanted);
  const astray = named.find((name) => !ordered.has(name));
  if (astray !== undefined) {
    throw badRequest(`$setElementOrder lacks ${key} ${JSON.stringify(astray)}, which the patch has`);
  }
}

/** Directives apart from the items that carry content. */
function sort(patch: readonly unknown[], key: string) {
  const doomed = new Set<unknown>();
  const changes: JsonObject[] = [];
  let replace = false;
  for (const item of patch) {
    if (item === null) continue;
    if (!isObject(item)) throw missingKey(item, key);
    const directive = own(item, '$patch');
    if (directive === 'replace') replace = true;
    else if (directive === 'delete') doomed.add(requiredKey(item, key));
    else if (directive === undefined || directive === 'merge') changes.push(item);
    else throw badRequest(`unrecognized value ${JSON.stringify(directive)} of the directive $patch in ${goText(item)}`);
  }
  return { replace, doomed, changes };
}

/**
 * Puts the items that `wanted` names in its order, and weaves the others in: such an item goes before a wanted one only
 * when both were live and it stood before it. So items that are new come first, which is what upstream does.
 */
function arrange<T>(
  items: readonly T[],
  id: (item: T) => unknown,
  live: readonly unknown[],
  wanted: readonly unknown[],
): T[] {
  const rank = ranks(wanted);
  const place = ranks(live);
  const named = items.filter((item) => rank.has(id(item)));
  named.sort((a, b) => (rank.get(id(a)) as number) - (rank.get(id(b)) as number));
  const others = items.filter((item) => !rank.has(id(item)));
  const result: T[] = [];
  let next = 0;
  for (const item of named) {
    const before = place.get(id(item)) ?? -1;
    for (; next < others.length; next++) {
      const other = others[next] as T;
      if ((place.get(id(other)) ?? before) >= before) break;
      result.push(other);
    }
    result.push(item);
  }
  return [...result, ...others.slice(next)];
}

/** First position of every id. */
function ranks(ids: readonly unknown[]): Map<unknown, number> {
  const ranked = new Map<unknown, number>();
  ids.forEach((id, index) => {
    if (!ranked.has(id)) ranked.set(id, index);
  });
  return ranked;
}

const keyOf = (item: unknown, key: string): unknown => (isObject(item) ? own(item, key) : undefined);

function requiredKey(item: unknown, key: string): unknown {
  const id = keyOf(item, key);
  if (id === undefined || id === null) throw missingKey(item, key);
  return id;
}

const missingKey = (item: unknown, key: string) =>
  badRequest(`map: ${goText(item)} does not contain declared merge key: ${key}`);
