// Strategic merge patch (api.md §10.1): a merge patch that knows from the message which lists merge, and by which key.
// Directives in the patch steer it: `$patch`, `$retainKeys`, `$setElementOrder/<list>`, `$deleteFromPrimitiveList/<list>`.
// Lists are in merge-list.ts.

import { badRequest, invalid, invalidValue } from '../errors.ts';
import type { Field, Message, Type } from './dsl.ts';
import { fieldsOf } from './fields.ts';
import { goText } from './go-text.ts';
import { copyJson, isObject, type JsonObject, jsonType, own, put } from './json.ts';
import { deleteScalars, mergeMaps, mergeScalars } from './merge-list.ts';

const patchDirective = '$patch';
const retainDirective = '$retainKeys';
const orderPrefix = '$setElementOrder/';
const deletePrefix = '$deleteFromPrimitiveList/';
const isDirective = (key: string): boolean =>
  key === patchDirective || key === retainDirective || key.startsWith(orderPrefix) || key.startsWith(deletePrefix);

/**
 * The patched object; neither argument is changed, nor shared with the result. Fields that the message does not know
 * are merged as RFC 7396 has it, for checkFields to report. Throws 400 for directives that make no sense, 422 where
 * the patch has a value of the wrong shape.
 */
export function strategicMerge(message: Message, live: unknown, patch: unknown): JsonObject {
  if (!isObject(patch)) throw badRequest(`a strategic merge patch must be an object, this is ${jsonType(patch)}`);
  try {
    return mergeObject(message, isObject(live) ? live : {}, patch) ?? {};
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw invalid({ group: '', kind: '' }, '', [invalidValue('patch', goText(patch), error.message)]);
  }
}

/** A value of the wrong shape, somewhere in a patch. */
class ShapeError extends Error {}

/** The merged map or message; undefined when the patch deletes it. `type` is undefined for unknown territory. */
function mergeObject(type: Type | undefined, live: JsonObject, patch: JsonObject): JsonObject | undefined {
  const directive = own(patch, patchDirective);
  if (directive === 'delete') return undefined;
  if (directive !== undefined && directive !== 'merge' && directive !== 'replace') throw unrecognized(patch);
  const base = directive === 'replace' ? {} : live;
  const retained = retainedKeys(patch);
  const changed = changedKeys(patch);
  const merged: JsonObject = {};
  for (const key of Object.keys(base)) {
    if (!changed.has(key) && (retained?.has(key) ?? true)) put(merged, key, copyJson(base[key]));
  }
  for (const key of changed) {
    const value = mergeValue(fieldOf(type, key), own(base, key), patch, key);
    if (value !== undefined) put(merged, key, value);
  }
  return merged;
}

/** What the patch speaks of, be it only by a directive about a list. */
function changedKeys(patch: JsonObject): Set<string> {
  const keys = new Set<string>();
  for (const key of Object.keys(patch)) {
    if (key.startsWith(orderPrefix) || key.startsWith(deletePrefix)) keys.add(key.slice(key.indexOf('/') + 1));
    else if (!isDirective(key)) keys.add(key);
  }
  return keys;
}

/** In a union such as a volume or a deployment strategy, only the members that `$retainKeys` names survive. */
function retainedKeys(patch: JsonObject): ReadonlySet<unknown> | undefined {
  const keep = own(patch, retainDirective);
  if (keep === undefined || keep === null) return undefined;
  if (!Array.isArray(keep)) throw badRequest(`${retainDirective} must be a list, in ${goText(patch)}`);
  const kept = new Set(keep);
  const forgotten = Object.keys(patch).find((key) => !isDirective(key) && patch[key] !== null && !kept.has(key));
  if (forgotten !== undefined) {
    throw badRequest(`${retainDirective} must name all fields that the patch sets, and lacks ${forgotten}`);
  }
  return kept;
}

function fieldOf(type: Type | undefined, key: string): Pick<Field, 'of' | 'rules'> | undefined {
  if (type?.is === 'message') return fieldsOf(type).get(key);
  return type?.is === 'map' ? { of: type.of, rules: {} } : undefined;
}

/** The new value of one key; undefined when it is to go. */
function mergeValue(
  field: Pick<Field, 'of' | 'rules'> | undefined,
  live: unknown,
  patch: JsonObject,
  key: string,
): unknown {
  const change = own(patch, key);
  if (change === null) return undefined;
  if (field && change !== undefined) checkShape(field.of, change);
  const isList = field ? field.of.is === 'list' : Array.isArray(change);
  if (isList) return mergeList(field, Array.isArray(live) ? live : [], patch, key);
  if (isObject(change)) {
    return field?.rules.replace ? plain(change) : mergeObject(field?.of, isObject(live) ? live : {}, change);
  }
  return change === undefined ? copyJson(live) : change;
}

function mergeList(
  field: Pick<Field, 'of' | 'rules'> | undefined,
  live: unknown[],
  patch: JsonObject,
  key: string,
): unknown[] {
  const change = own(patch, key) as unknown[] | undefined;
  const order = listDirective(patch, orderPrefix, key);
  const doomed = listDirective(patch, deletePrefix, key);
  const { merge, mergeKey } = field?.rules ?? {};
  if (!merge) return change ? (plain(change) as unknown[]) : copyJson(live);
  const left = doomed ? deleteScalars(live, doomed) : live;
  if (!mergeKey) return mergeScalars(left, change ?? [], order);
  const item = field?.of.is === 'list' ? field.of.of : undefined;
  return mergeMaps(left, change ?? [], order, mergeKey, {
    merge: (old, next) => mergeObject(item, old, next) ?? {},
    plain: (next) => plain(next) as JsonObject,
  });
}

function listDirective(patch: JsonObject, prefix: string, key: string): unknown[] | undefined {
  const value = own(patch, prefix + key);
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw badRequest(`${prefix}${key} must be a list, it is ${jsonType(value)}`);
  return value;
}

/** A value that meets nothing live: without its directives and nulls. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.filter((item) => item !== null && !isListDirective(item)).map(plain);
  }
  if (!isObject(value)) return value;
  const result: JsonObject = {};
  for (const key of Object.keys(value)) {
    if (!isDirective(key) && value[key] !== null) put(result, key, plain(value[key]));
  }
  return result;
}

const isListDirective = (item: unknown): boolean =>
  isObject(item) && (item[patchDirective] === 'delete' || item[patchDirective] === 'replace');

/** Merging needs the right shape; upstream notices later, when it restores the Go struct, and says this. */
function checkShape(type: Type, value: unknown): void {
  const found = jsonType(value) === 'array' ? 'slice' : jsonType(value) === 'object' ? 'map' : jsonType(value);
  const wanted = { scalar: found, list: 'slice', map: 'map', message: 'map' }[type.is];
  if (found === wanted) return;
  const text =
    type.is === 'message' ? `cannot restore struct from: ${found}` : `cannot restore ${wanted} from ${found}`;
  throw new ShapeError(text);
}

const unrecognized = (patch: JsonObject) =>
  badRequest(`unrecognized value ${JSON.stringify(patch[patchDirective])} of the directive $patch in ${goText(patch)}`);
