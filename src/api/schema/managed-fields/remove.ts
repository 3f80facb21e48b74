// Takes fields out of an object: what an applier owned and no longer names (api.md §10.3, step 4).

import { put } from '../json.ts';
import { type Fields, hasChildren, inOrder, isMember, leaf } from './fields.ts';
import { fieldElement, self } from './path-element.ts';
import { asList, asObject, elementOfItem, type Shape, settle, shapeBelow } from './shape.ts';

/** The value without the members of `fields`. A container that loses all it had becomes null. */
export function removeFields(anyShape: Shape, value: unknown, fields: Fields): unknown {
  const shape = settle(anyShape, value ?? undefined);
  if (shape.is === 'set' || shape.is === 'keyed') {
    const kept: unknown[] = [];
    for (const item of asList(value)) {
      const node = fields[elementOfItem(shape, item)];
      if (node && isMember(node)) continue;
      kept.push(node && shape.is === 'keyed' && item !== null ? removeFields(shape.of, item, node) : item);
    }
    return kept.length > 0 ? kept : null;
  }
  if (shape.is !== 'struct' && shape.is !== 'map') return shape.is === 'leaf' && isScalar(value) ? value : null;
  const object = asObject(value);
  const kept: Record<string, unknown> = {};
  let isAnyKept = false;
  for (const name of Object.keys(object)) {
    const inner = object[name];
    const node = fields[fieldElement(name)];
    if (inner === undefined || (node && isMember(node))) continue;
    const below = node && shapeBelow(shape, fieldElement(name));
    put(kept, name, node && below && hasChildren(node) ? removeFields(below, inner, node) : inner);
    isAnyKept = true;
  }
  return isAnyKept ? kept : null;
}

const isScalar = (value: unknown): boolean => typeof value !== 'object' || value === null;

/**
 * The set with every declared field as a member that has members below it. Such fields are not owned themselves as a
 * rule, but for taking things away a struct goes with what is in it.
 */
export function withNamedFields(shape: Shape | undefined, fields: Fields): Fields {
  const result: Record<string, Fields> = {};
  let isChanged = false;
  for (const element in fields) {
    const node = fields[element] as Fields;
    if (element === self || !hasChildren(node)) {
      result[element] = node;
      continue;
    }
    const below = shape && shapeBelow(shape, element);
    const inner = withNamedFields(below, node);
    const isNamed = shape?.is === 'struct' && below !== undefined;
    result[element] = isNamed && !isMember(inner) ? { [self]: leaf, ...inner } : inner;
    isChanged ||= result[element] !== node;
  }
  return isChanged ? inOrder(result) : fields;
}

/** The set as the schema divides things now: where something has become one unit, who owned a part owns the whole. */
export function reconciled(shape: Shape, fields: Fields): Fields {
  const result: Record<string, Fields> = {};
  let isChanged = false;
  for (const element in fields) {
    const node = fields[element] as Fields;
    const below = element === self ? undefined : shapeBelow(shape, element);
    if (!below || !hasChildren(node)) result[element] = node;
    else result[element] = below.is === 'leaf' ? leaf : reconciled(below, node);
    isChanged ||= result[element] !== node;
  }
  return isChanged ? result : fields;
}
