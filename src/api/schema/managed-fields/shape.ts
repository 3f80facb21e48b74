// How a type falls into fields that can be owned one by one: its topology (api.md §10.2). Compiled once from a message
// table, because every write walks it: names in order, the notation of each field and of each item's keys at hand.

import type { Field, Message, StringMap, Type } from '../dsl.ts';
import { fieldsOf } from '../fields.ts';
import { isObject, type JsonObject } from '../json.ts';
import { fieldElement, valueElement } from './path-element.ts';

export type Shape = Leaf | Struct | GranularMap | ScalarSet | KeyedList | Free;

/** Owned as a whole: scalars, and what is atomic. */
export interface Leaf {
  readonly is: 'leaf';
}
export interface Struct {
  readonly is: 'struct';
  /** In the order of their notations. */
  readonly fields: readonly StructField[];
  readonly byName: ReadonlyMap<string, StructField>;
}
export interface StructField {
  readonly name: string;
  readonly element: string;
  readonly shape: Shape;
  /** It has no way to be absent upstream: a struct that is no pointer, or a field that is always written. */
  readonly implied: boolean;
}
export interface GranularMap {
  readonly is: 'map';
  readonly of: Shape;
}
export interface ScalarSet {
  readonly is: 'set';
}
/** A list whose items are told apart by some of their fields. */
export interface KeyedList {
  readonly is: 'keyed';
  readonly of: Shape;
  readonly keys: readonly ItemKey[];
}
export interface ItemKey {
  readonly name: string;
  /** `"name":`, as it stands in the notation of an item. */
  readonly prefix: string;
  /** What an item without the key counts as; undefined when it then just lacks the key. */
  readonly fallback: string | number | undefined;
}
/** A JSON value of any form: its objects fall into fields, its lists do not. */
export interface Free {
  readonly is: 'free';
}

const leafShape: Leaf = { is: 'leaf' };
const freeShape: Free = { is: 'free' };
const compiled = new WeakMap<Message, Struct>();

/** The message as a whole, even where a field of its type would be one unit. */
export function shapeOf(message: Message): Struct {
  const known = compiled.get(message);
  if (known) return known;
  const fields: StructField[] = [];
  const byName = new Map<string, StructField>();
  const struct: Struct = { is: 'struct', fields, byName };
  // Before its fields, for a message may contain itself.
  compiled.set(message, struct);
  for (const [name, field] of [...fieldsOf(message)].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const entry = { name, element: fieldElement(name), shape: shapeOfField(field), implied: isImplied(field) };
    fields.push(entry);
    byName.set(name, entry);
  }
  return struct;
}

const isImplied = ({ presence, of }: Field): boolean =>
  presence === 'required' || (presence === 'optional' && of.is === 'message');

/** Whether the field is one unit, or falls into parts that have owners of their own. */
export function shapeOfField({ of, rules }: Field): Shape {
  if (of.is === 'list') {
    if (rules.listType === 'set') return { is: 'set' };
    return rules.listType === 'map' ? keyedList(of.of, rules.listMapKeys ?? []) : leafShape;
  }
  if (rules.mapType === 'atomic') return leafShape;
  return of.is === 'message' && rules.mapType === 'granular' ? shapeOf(of) : shapeOfType(of);
}

function shapeOfType(type: Type): Shape {
  switch (type.is) {
    case 'message':
      return type.atomic ? leafShape : shapeOf(type);
    case 'map':
      return mapShape(type);
    case 'list':
      return leafShape;
    case 'scalar':
      return type.scalar === 'rawExtension' ? freeShape : leafShape;
  }
}

const mapShape = ({ of }: StringMap): GranularMap => ({ is: 'map', of: shapeOfType(of) });

function keyedList(of: Type, names: readonly string[]): Shape {
  if (of.is !== 'message') throw new TypeError(`a list of scalars cannot have keys: ${names.join(', ')}`);
  const known = fieldsOf(of);
  const keys = [...names].sort().map((name) => {
    const field = known.get(name);
    if (!field) throw new TypeError(`${of.name} has no field ${name} to be the key of a list`);
    return { name, prefix: `${JSON.stringify(name)}:`, fallback: fallbackOf(field) };
  });
  // The items of such a list are never one unit: their keys are fields of theirs.
  return { is: 'keyed', of: of.atomic ? leafShape : shapeOf(of), keys };
}

function fallbackOf({ presence, rules, of }: Field): string | number | undefined {
  if (rules.default !== undefined) return rules.default;
  if (presence !== 'required' || of.is !== 'scalar') return undefined;
  return of.scalar === 'int32' || of.scalar === 'int64' ? 0 : '';
}

/** The notation of an item of a list; undefined when it has none of the keys. */
export function keyOfItem(list: KeyedList, item: unknown): string | undefined {
  if (!isObject(item)) return undefined;
  let text = '';
  for (const { name, prefix, fallback } of list.keys) {
    const value = item[name] ?? fallback;
    if (value !== undefined) text += `${text && ','}${prefix}${JSON.stringify(value)}`;
  }
  return text ? `k:{${text}}` : undefined;
}

/** The notation of an item that is stored: whatever it is, it has one. */
export const elementOfItem = (list: KeyedList | ScalarSet, item: unknown): string =>
  list.is === 'set' ? valueElement(item) : (keyOfItem(list, item) ?? 'k:{}');

/** Where a step leads. */
export function shapeBelow(shape: Shape, element: string): Shape | undefined {
  const kind = element[0];
  switch (shape.is) {
    case 'struct':
      return kind === 'f' ? shape.byName.get(element.slice(2))?.shape : undefined;
    case 'map':
      return kind === 'f' ? shape.of : undefined;
    case 'keyed':
      return kind === 'k' ? shape.of : undefined;
    case 'set':
      return kind === 'v' ? leafShape : undefined;
    case 'free':
      return kind === 'f' ? freeShape : undefined;
    case 'leaf':
      return undefined;
  }
}

/** A value of no fixed form is one of these, by what it is. */
export const settle = (shape: Shape, ...values: unknown[]): Exclude<Shape, Free> => {
  if (shape.is !== 'free') return shape;
  return values.every((value) => value === undefined || isObject(value)) ? freeMap : leafShape;
};
const freeMap: GranularMap = { is: 'map', of: freeShape };

export const asObject = (value: unknown): JsonObject => (isObject(value) ? value : {});
export const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
