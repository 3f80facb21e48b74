// Puts an applied configuration on top of a live object: what it says wins, what it does not mention stays
// (api.md §10.3). Nothing is removed here; null is a value like any other, until the result is pruned.

import { put } from '../json.ts';
import { asList, asObject, elementOfItem, type KeyedList, type ScalarSet, type Shape, settle } from './shape.ts';

/** `live` is not changed; the result shares what the configuration does not touch. */
export function merge(anyShape: Shape, live: unknown, applied: unknown): unknown {
  if (applied === undefined) return live;
  if (live === undefined) return applied;
  const shape = settle(anyShape, live ?? undefined, applied ?? undefined);
  switch (shape.is) {
    case 'struct':
    case 'map': {
      const [old, wanted] = [asObject(live), asObject(applied)];
      if (Object.keys(old).length === 0 && Object.keys(wanted).length === 0) return applied;
      const result: Record<string, unknown> = { ...old };
      for (const name of Object.keys(wanted)) {
        const below = shape.is === 'map' ? shape.of : shape.byName.get(name)?.shape;
        const before = Object.hasOwn(old, name) ? old[name] : undefined;
        if (below) put(result, name, merge(below, before, wanted[name]));
      }
      return result;
    }
    case 'set':
    case 'keyed': {
      const [old, wanted] = [asList(live), asList(applied)];
      return old.length === 0 && wanted.length === 0 ? applied : mergeItems(shape, old, wanted);
    }
    default:
      return applied;
  }
}

/** Live items that the configuration does not name keep their places between those it names, which come in its order. */
function mergeItems(list: KeyedList | ScalarSet, live: readonly unknown[], applied: readonly unknown[]): unknown[] {
  const elements = live.map((item) => elementOfItem(list, item));
  const wantedElements = applied.map((item) => elementOfItem(list, item));
  const wanted = new Map(wantedElements.map((element, index) => [element, applied[index]]));
  const old = new Map<string, unknown>();
  // Of several that cannot be told apart, none is the one to merge with.
  for (const [index, element] of elements.entries()) old.set(element, old.has(element) ? null : live[index]);
  const shared = wantedElements.filter((element) => old.has(element));
  const merged = new Set<string>();
  const result: unknown[] = [];
  let sharedAt = 0;
  let nextShared = shared[sharedAt];
  const take = (element: string): void => {
    merged.add(element);
    result.push(list.is === 'set' ? wanted.get(element) : merge(list.of, old.get(element), wanted.get(element)));
  };
  let [at, wantedAt] = [0, 0];
  while (at < elements.length || wantedAt < wantedElements.length) {
    const element = elements[at];
    const wantedElement = wantedElements[wantedAt];
    if (element !== undefined && wantedElement !== undefined) {
      if (element === wantedElement) {
        take(element);
        at++;
        wantedAt++;
        nextShared = shared[++sharedAt];
        continue;
      }
      if (wanted.has(element) && nextShared !== undefined && nextShared !== element) {
        // Its turn comes when the configuration's order says so.
        at++;
        continue;
      }
    }
    if (element !== undefined) {
      if (!wanted.has(element)) {
        result.push(live[at]);
        at++;
        continue;
      }
      if (merged.has(element)) at++;
    }
    if (wantedElement !== undefined) {
      take(wantedElement);
      wantedAt++;
      if (nextShared === wantedElement) nextShared = shared[++sharedAt];
    }
  }
  return result;
}
