// FieldsV1 as clients send it, into a set in canonical form. What the server stores was made by itself and needs none of
// this; what a client sends back is read with suspicion, and bounded by the size of a request's body.

import { isObject } from '../json.ts';
import { type Fields, FieldsBuilder, inOrder, leaf, union } from './fields.ts';
import { canonicalElement, self } from './path-element.ts';

/** Deeper than any object may be nested. */
const maxDepth = 200;

/** The set; steps of kinds that are unknown are left out. Throws a SyntaxError for what is no set. */
export function decodeFields(value: unknown): Fields {
  const decoded = decodeNode(value, 0);
  if (!(self in decoded)) return decoded;
  const { [self]: _self, ...fields } = decoded;
  return fields;
}

function decodeNode(value: unknown, depth: number): Fields {
  if (!isObject(value)) throw new SyntaxError('a set of fields must be an object');
  if (depth > maxDepth) throw new SyntaxError(`a set of fields may not be nested deeper than ${maxDepth} levels`);
  let isUnique = true;
  const result: Record<string, Fields> = {};
  for (const key of Object.keys(value)) {
    const element = key === self ? self : canonicalElement(key);
    if (element === undefined) continue;
    const node = element === self ? leaf : decodeNode(value[key], depth + 1);
    if (element in result) isUnique = false;
    else result[element] = node;
  }
  return isUnique ? inOrder(result) : joined(value, depth);
}

/** For the same step in two spellings. */
function joined(value: Record<string, unknown>, depth: number): Fields {
  let fields: Fields = {};
  for (const key of Object.keys(value)) {
    const element = key === self ? self : canonicalElement(key);
    if (element === undefined || element === self) continue;
    const builder = new FieldsBuilder();
    const node = decodeNode(value[key], depth + 1);
    builder.add([element], node);
    fields = union(fields, builder.fields());
  }
  return self in value ? { [self]: leaf, ...fields } : fields;
}
