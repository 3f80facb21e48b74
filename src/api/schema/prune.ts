// Turns a checked JSON value into the form that is stored, the one that a round trip through upstream's Go structs
// would give: unknown fields and nulls gone, `optional` fields gone when zero, `required` fields there with their zero
// value, quantities and times in canonical spelling. So the result is what the message's TypeScript type promises,
// defaulting sees one kind of "unset", and equal objects have equal bytes (keys are in a fixed order).

import type { Field, Message, Scalar, Type } from './dsl.ts';
import { fieldsOf } from './fields.ts';
import { copyJson, isObject, type JsonObject, own, put } from './json.ts';
import { canonicalQuantity } from './quantity.ts';
import { canonicalTime } from './time.ts';

/** A new object. `value` must have passed checkFields; what has a wrong type nevertheless counts as absent. */
export function prune<T>(message: Message<T>, value: unknown): T {
  return pruneMessage(message, value) as T;
}

function pruneMessage(message: Message, value: unknown): JsonObject {
  const given = isObject(value) ? value : {};
  const result: JsonObject = {};
  for (const [name, field] of fieldsOf(message)) {
    const kept = pruneField(field, own(given, name));
    if (kept !== undefined) put(result, name, kept);
  }
  return result;
}

function pruneField({ of, presence }: Field, value: unknown): unknown {
  const pruned = value === null || value === undefined ? undefined : pruneValue(of, value);
  if (presence === 'required') return pruned ?? zeroOf(of);
  return presence === 'optional' && isZero(of, pruned) ? undefined : pruned;
}

function pruneValue(type: Type, value: unknown): unknown {
  switch (type.is) {
    case 'message':
      return isObject(value) ? pruneMessage(type, value) : undefined;
    case 'list':
      return Array.isArray(value)
        ? value.map((item) => pruneItem(type.of, item)).filter((item) => item !== undefined)
        : undefined;
    case 'map':
      return isObject(value) ? pruneMap(type.of, value) : undefined;
    case 'scalar':
      return pruneScalar(type, value);
  }
}

/** Null as an item of a list or map is the zero value there: it has no other way to be absent. */
const pruneItem = (type: Type, item: unknown): unknown =>
  item === null || item === undefined ? zeroOf(type) : pruneValue(type, item);

function pruneMap(type: Type, value: JsonObject): JsonObject {
  const result: JsonObject = {};
  for (const key of Object.keys(value).sort()) {
    const item = pruneItem(type, value[key]);
    if (item !== undefined) put(result, key, item);
  }
  return result;
}

function pruneScalar({ scalar }: Scalar, value: unknown): unknown {
  switch (scalar) {
    case 'quantity':
      return canonicalQuantity(String(value));
    case 'time':
    case 'microTime':
      return canonicalTime(String(value), scalar);
    case 'fieldsV1':
    case 'rawExtension':
      return copyJson(value);
    default:
      return value;
  }
}

/** What an unset Go value is in JSON; undefined where JSON would say null. */
function zeroOf(type: Type): unknown {
  switch (type.is) {
    case 'message':
      return pruneMessage(type, undefined);
    case 'list':
      return [];
    case 'map':
      return {};
    case 'scalar':
      return zeroScalars[type.scalar];
  }
}

const zeroScalars: Partial<Record<Scalar['scalar'], unknown>> = {
  string: '',
  bool: false,
  int32: 0,
  int64: 0,
  bytes: '',
  quantity: '0',
  intOrString: 0,
};

/** Whether Go's `omitempty` leaves the value out. It never does for structs, so a given `resources: {}` stays. */
function isZero(type: Type, value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (isObject(value)) return type.is === 'map' && Object.keys(value).length === 0;
  return value === undefined || value === '' || value === 0 || value === false;
}
