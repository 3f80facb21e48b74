// What changed between two states of an object, field by field: added, modified, removed. The one walk that every update
// pays for, so notations are only made for what differs.

import { equalJson } from './equal.ts';
import {
  difference,
  type Fields,
  FieldsBuilder,
  has,
  isEmpty,
  leaf,
  none,
  recursiveDifference,
  union,
} from './fields.ts';
import { fieldElement } from './path-element.ts';
import {
  asList,
  asObject,
  elementOfItem,
  type GranularMap,
  type KeyedList,
  type ScalarSet,
  type Shape,
  type Struct,
  settle,
} from './shape.ts';
import { addedFields, isZero, toFields } from './to-fields.ts';

/** No field is in more than one of the three. */
export interface Comparison {
  readonly added: Fields;
  readonly modified: Fields;
  readonly removed: Fields;
}

export const changedFields = ({ added, modified }: Comparison): Fields => union(modified, added);
export const isSame = ({ added, modified, removed }: Comparison): boolean =>
  isEmpty(added) && isEmpty(modified) && isEmpty(removed);

/** The comparison, but for the fields in `ignored` and all below them. */
export const ignoring = ({ added, modified, removed }: Comparison, ignored: Fields): Comparison => ({
  added: recursiveDifference(added, ignored),
  modified: recursiveDifference(modified, ignored),
  removed: recursiveDifference(removed, ignored),
});

/** The fields of a configuration that a live object still has as they were applied, as a test of paths. */
export function unchangedFields(shape: Struct, config: object, live: object): (path: readonly string[]) => boolean {
  const comparison = compare(shape, config, live);
  const changed = union(changedFields(comparison), comparison.removed);
  const fields = difference(toFields(shape, config), changed);
  return (path) => has(fields, path);
}

const nothingSkipped: ReadonlySet<string> = new Set();

/** `skip` names fields of the top that do not count. */
export function compare(shape: Struct, before: object, after: object, skip = nothingSkipped): Comparison {
  const comparer = new Comparer();
  comparer.struct(shape, before as Record<string, unknown>, after as Record<string, unknown>, skip);
  return comparer.result();
}

class Comparer {
  #added: FieldsBuilder | undefined;
  #modified: FieldsBuilder | undefined;
  #removed: FieldsBuilder | undefined;
  /** Steps, or what they can be made of. */
  readonly #path: (string | { list: KeyedList | ScalarSet; item: unknown })[] = [];

  result(): Comparison {
    return {
      added: this.#added?.fields() ?? none,
      modified: this.#modified?.fields() ?? none,
      removed: this.#removed?.fields() ?? none,
    };
  }

  #add(shape: Shape, value: unknown): void {
    this.#added ??= new FieldsBuilder();
    this.#added.add(this.#steps(), addedFields(shape, value));
  }

  #remove(shape: Shape, value: unknown): void {
    this.#removed ??= new FieldsBuilder();
    this.#removed.add(this.#steps(), addedFields(shape, value));
  }

  #modify(): void {
    this.#modified ??= new FieldsBuilder();
    this.#modified.add(this.#steps(), leaf);
  }

  #steps(): string[] {
    return this.#path.map((step) => (typeof step === 'string' ? step : elementOfItem(step.list, step.item)));
  }

  struct(shape: Struct, before: Record<string, unknown>, after: Record<string, unknown>, skip = nothingSkipped): void {
    for (const { name, element, shape: below, implied } of shape.fields) {
      const [old, now] = [before[name], after[name]];
      if (old === now || skip.has(name)) continue;
      this.#path.push(element);
      if (old !== undefined && now !== undefined) this.#both(below, old, now);
      else this.#one(below, implied, old, now);
      this.#path.pop();
    }
  }

  /** A field that is there on one side only. What cannot be absent upstream was, or will be, empty instead. */
  #one(shape: Shape, implied: boolean, old: unknown, now: unknown): void {
    const isContainer = shape.is !== 'leaf' && shape.is !== 'free';
    if (implied && isContainer) {
      const empty = shape.is === 'set' || shape.is === 'keyed' ? [] : {};
      this.#both(shape, old ?? empty, now ?? empty);
    } else if (implied && isZero(old ?? now)) {
      return;
    } else if (now === undefined) this.#remove(shape, old);
    else this.#add(shape, now);
  }

  #both(anyShape: Shape, old: unknown, now: unknown): void {
    if (old === now) return;
    const shape = settle(anyShape, old ?? undefined, now ?? undefined);
    if (shape.is === 'leaf') {
      if (!equalJson(old, now)) this.#modify();
      return;
    }
    if (isBare(old) && isBare(now)) {
      // Null, empty list and empty map are different values, though nothing is in them.
      if ((old === null) !== (now === null)) this.#modify();
      return;
    }
    if (shape.is === 'struct') this.struct(shape, asObject(old), asObject(now));
    else if (shape.is === 'map') this.#map(shape, asObject(old), asObject(now));
    else this.#items(shape, asList(old), asList(now));
  }

  #map({ of }: GranularMap, before: Record<string, unknown>, after: Record<string, unknown>): void {
    for (const name of Object.keys(before)) {
      const old = before[name];
      const now = Object.hasOwn(after, name) ? after[name] : undefined;
      if (old === now || old === undefined) continue;
      this.#path.push(fieldElement(name));
      if (now === undefined) this.#remove(of, old);
      else this.#both(of, old, now);
      this.#path.pop();
    }
    for (const name of Object.keys(after)) {
      if (after[name] === undefined || (Object.hasOwn(before, name) && before[name] !== undefined)) continue;
      this.#path.push(fieldElement(name));
      this.#add(of, after[name]);
      this.#path.pop();
    }
  }

  #items(list: KeyedList | ScalarSet, before: readonly unknown[], after: readonly unknown[]): void {
    if (sameInPlace(list, before, after)) {
      for (const [index, old] of before.entries()) this.#item(list, [old], [after[index]]);
      return;
    }
    const [olds, nows] = [byElement(list, before), byElement(list, after)];
    for (const [element, old] of olds) this.#item(list, old, nows.get(element) ?? []);
    for (const [element, now] of nows) if (!olds.has(element)) this.#item(list, [], now);
  }

  /** All items of the same keys. There should be one of them on each side, at most. */
  #item(list: KeyedList | ScalarSet, old: readonly unknown[], now: readonly unknown[]): void {
    const of: Shape = list.is === 'set' ? { is: 'leaf' } : list.of;
    this.#path.push({ list, item: now[0] ?? old[0] });
    if (old.length === 1 && now.length === 1) this.#both(of, old[0], now[0]);
    else if (old.length > 1 && now.length > 1) {
      if (!equalJson(old, now)) this.#modify();
    } else {
      // Of several, only their being there was owned.
      if (old.length > 0) this.#remove(old.length === 1 ? of : { is: 'leaf' }, old[0]);
      if (now.length > 0) this.#add(now.length === 1 ? of : { is: 'leaf' }, now[0]);
    }
    this.#path.pop();
  }
}

const isBare = (value: unknown): boolean => {
  if (typeof value !== 'object' || value === null) return true;
  return Array.isArray(value) ? value.length === 0 : Object.keys(value).length === 0;
};

/** Whether items stand where they stood, one for each key: then nobody needs to look for them. */
function sameInPlace(list: KeyedList | ScalarSet, before: readonly unknown[], after: readonly unknown[]): boolean {
  if (before.length !== after.length) return false;
  if (list.is === 'set') return equalJson(before, after);
  for (const [index, item] of before.entries()) if (!haveSameKeys(list, item, after[index])) return false;
  return before.length < 2 || byElement(list, before).size === before.length;
}

const haveSameKeys = ({ keys }: KeyedList, a: unknown, b: unknown): boolean => {
  const [one, other] = [asObject(a), asObject(b)];
  return keys.every(({ name, fallback }) => (one[name] ?? fallback) === (other[name] ?? fallback));
};

function byElement(list: KeyedList | ScalarSet, items: readonly unknown[]): Map<string, unknown[]> {
  const found = new Map<string, unknown[]>();
  for (const item of items) {
    const element = elementOfItem(list, item);
    const same = found.get(element);
    if (same) same.push(item);
    else found.set(element, [item]);
  }
  return found;
}
