// From values to the fields in them. Two questions: what does an applied configuration speak of (`toFields`), and what
// does a value own that was not there before (`addedFields`, `createdFields`). They differ in the containers: who adds a
// map owns the map as well, who applies one owns what is in it.

import { type Fields, FieldsBuilder, inOrder, leaf, none } from './fields.ts';
import { fieldElement, self } from './path-element.ts';
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

/** The fields that a value mentions, as upstream's ToFieldSet: leaves, items of lists, entries of maps, and nulls. */
export function toFields(shape: Struct, value: unknown): Fields {
  const builder = new FieldsBuilder();
  mention(shape, value, [], builder);
  return builder.fields();
}

function mention(anyShape: Shape, value: unknown, path: string[], builder: FieldsBuilder): void {
  const shape = settle(anyShape, value ?? undefined);
  if (shape.is === 'leaf') {
    builder.add(path, leaf);
  } else if (shape.is === 'set' || shape.is === 'keyed') {
    mentionItems(shape, asList(value), path, builder);
  } else {
    const object = asObject(value);
    for (const name of Object.keys(object)) {
      const field = shape.is === 'struct' ? shape.byName.get(name) : undefined;
      if (shape.is === 'struct' && !field) continue;
      const below = shape.is === 'map' ? shape.of : field?.shape;
      const inner = object[name];
      if (!below || inner === undefined) continue;
      path.push(fieldElement(name));
      mention(below, inner, path, builder);
      if (shape.is === 'map' || inner === null || isEmptyObject(inner)) builder.add(path, leaf);
      path.pop();
    }
  }
}

function mentionItems(list: KeyedList | ScalarSet, items: readonly unknown[], path: string[], builder: FieldsBuilder) {
  const elements = items.map((item) => elementOfItem(list, item));
  const counts = new Map<string, number>();
  for (const element of elements) counts.set(element, (counts.get(element) ?? 0) + 1);
  for (const [index, element] of elements.entries()) {
    path.push(element);
    // Of items that cannot be told apart, only their being there can be owned.
    if (counts.get(element) === 1 && list.is === 'keyed') mention(list.of, items[index], path, builder);
    builder.add(path, leaf);
    path.pop();
  }
}

const isEmptyObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;

/** All fields of a new object. Made for speed: every create asks. `skip` names fields of the top that do not count. */
export function createdFields(shape: Struct, object: object, skip: ReadonlySet<string>): Fields {
  return inExisting(shape, object as Record<string, unknown>, skip) ?? none;
}

/** What is in a container that is there even when it is empty, without the container. */
function inExisting(anyShape: Shape, value: unknown, skip?: ReadonlySet<string>): Fields | undefined {
  const shape = settle(anyShape, value);
  if (shape.is === 'leaf') return leaf;
  const result: Record<string, Fields> = {};
  if (shape.is === 'struct') {
    const object = asObject(value);
    for (const { name, element, shape: below, implied } of shape.fields) {
      const inner = object[name];
      if (inner === undefined || inner === null || skip?.has(name)) continue;
      if (!implied) result[element] = addedFields(below, inner);
      else if (below.is === 'leaf') {
        if (!isZero(inner)) result[element] = leaf;
      } else {
        const fields = inExisting(below, inner);
        if (fields) result[element] = fields;
      }
    }
  } else addChildren(shape, value, result);
  for (const _ in result) return result;
  return undefined;
}

/** What is owned by who adds the value: itself, and all that is in it. */
export function addedFields(anyShape: Shape, value: unknown): Fields {
  const shape = settle(anyShape, value ?? undefined);
  if (shape.is === 'leaf') return leaf;
  const result: Record<string, Fields> = { [self]: leaf };
  if (shape.is === 'struct') {
    const object = asObject(value);
    for (const { name, element, shape: below } of shape.fields) {
      const inner = object[name];
      if (inner !== undefined) result[element] = addedFields(below, inner);
    }
  } else addChildren(shape, value, result);
  for (const element in result) if (element !== self) return result;
  return leaf;
}

function addChildren(shape: GranularMap | KeyedList | ScalarSet, value: unknown, result: Record<string, Fields>): void {
  if (shape.is === 'map') {
    const object = asObject(value);
    const names = Object.keys(object);
    if (names.length > 1) names.sort();
    for (const name of names) {
      if (object[name] !== undefined) result[fieldElement(name)] = addedFields(shape.of, object[name]);
    }
    return;
  }
  const items = asList(value);
  for (const item of items) {
    const element = elementOfItem(shape, item);
    // A second one of the same keys: only their being there can be owned.
    result[element] = element in result || shape.is === 'set' ? leaf : addedFields(shape.of, item);
  }
  if (items.length < 2) return;
  const ordered = inOrder(result);
  if (ordered === result) return;
  for (const element of Object.keys(result)) delete result[element];
  Object.assign(result, ordered);
}

/** What a field has that is always there and was never set. */
export const isZero = (value: unknown): boolean =>
  value === '' || value === 0 || value === false || (Array.isArray(value) && value.length === 0);
