// Kubernetes' protobuf request bodies (api.md §4) into the JSON form that the rest of the system knows. kubectl sends
// them from most `create` generators. Answers are never protobuf: every client that sends it reads JSON too.
// The wire format itself is in wire-reader.ts; presence of fields is left to prune, so both encodings end up equal.

import { badRequest } from '../errors.ts';
import type { KubeObject } from '../object.ts';
import type { List, Message, Scalar, StringMap, Type } from './dsl.ts';
import { type JsonObject, put } from './json.ts';
import { parseJson } from './parse-json.ts';
import { prune } from './prune.ts';
import { quantityError } from './quantity.ts';
import { timeFromUnix } from './time.ts';
import { MalformedError, WireReader, wireTypes } from './wire-reader.ts';

const magic = Buffer.from([0x6b, 0x38, 0x73, 0x00]);

/** Whether the body starts as the media type application/vnd.kubernetes.protobuf says. */
export const isProtobuf = (body: Uint8Array): boolean => magic.equals(body.subarray(0, magic.length));

/** Throws badRequest for bodies that are truncated, malformed or of a kind that `messageFor` does not know. */
export function decodeProtobuf(
  body: Uint8Array,
  messageFor: (apiVersion: string, kind: string) => Message | undefined,
): KubeObject {
  if (!isProtobuf(body)) throw badRequest('the body does not start with the Kubernetes protobuf prefix');
  try {
    const { apiVersion, kind, raw } = readEnvelope(new WireReader(body.subarray(magic.length)));
    const message = messageFor(apiVersion, kind);
    if (!message)
      throw badRequest(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`);
    const decoded = { ...decodeMessage(message, new WireReader(raw)), apiVersion, kind };
    return prune(message, decoded) as KubeObject;
  } catch (error) {
    if (error instanceof MalformedError) throw badRequest(`the protobuf body cannot be decoded: ${error.message}`);
    throw error;
  }
}

/** runtime.Unknown: 1 typeMeta {1 apiVersion, 2 kind}, 2 raw, 3 contentEncoding, 4 contentType. */
function readEnvelope(reader: WireReader): { apiVersion: string; kind: string; raw: Uint8Array } {
  const envelope = { apiVersion: '', kind: '', raw: new Uint8Array() as Uint8Array };
  for (const { number, wireType } of reader.tags()) {
    if (wireType !== wireTypes.bytes || number > 3) reader.skip(wireType);
    else if (number === 1) {
      const typeMeta = reader.nested();
      for (const tag of typeMeta.tags()) {
        if (tag.wireType === wireTypes.bytes && tag.number === 1) envelope.apiVersion = typeMeta.text();
        else if (tag.wireType === wireTypes.bytes && tag.number === 2) envelope.kind = typeMeta.text();
        else typeMeta.skip(tag.wireType);
      }
    } else if (number === 2) envelope.raw = reader.bytes();
    else if (reader.text() !== '') throw new MalformedError('its content encoding is not supported');
  }
  return envelope;
}

/** A field as found by its number: a field of the message, or an embedded struct. */
type Slot = { readonly name: string; readonly of: Type } | { readonly embeds: Message };
const layouts = new WeakMap<Message, ReadonlyMap<number, Slot>>();

function layoutOf(message: Message): ReadonlyMap<number, Slot> {
  const known = layouts.get(message);
  if (known) return known;
  const layout = new Map<number, Slot>();
  for (const [name, { number, of }] of Object.entries(message.fields)) {
    // Number 0 marks apiVersion and kind, which only the envelope carries.
    if (number > 0) layout.set(number, { name, of });
  }
  for (const { number, of } of message.inlines) layout.set(number, { embeds: of });
  layouts.set(message, layout);
  return layout;
}

/** Depth is bounded by the schema, which has no recursive messages. */
function decodeMessage(message: Message, reader: WireReader): JsonObject {
  const result: JsonObject = {};
  const layout = layoutOf(message);
  for (const { number, wireType } of reader.tags()) {
    const slot = layout.get(number);
    if (!slot) reader.skip(wireType);
    else if ('embeds' in slot) {
      reader.expect(wireType, wireTypes.bytes);
      Object.assign(result, decodeMessage(slot.embeds, reader.nested()));
    } else result[slot.name] = decodeField(slot.of, reader, wireType, result[slot.name]);
  }
  return result;
}

/** The field's value; lists and maps arrive one element at a time and grow `soFar`. */
function decodeField(type: Type, reader: WireReader, wireType: number, soFar: unknown): unknown {
  switch (type.is) {
    case 'list':
      return decodeElement(type, reader, wireType, (soFar ?? []) as unknown[]);
    case 'map':
      return decodeEntry(type, reader, wireType, (soFar ?? {}) as JsonObject);
    case 'message':
      reader.expect(wireType, wireTypes.bytes);
      return decodeMessage(type, reader.nested());
    case 'scalar':
      return decodeScalar(type, reader, wireType);
  }
}

function decodeElement({ of }: List, reader: WireReader, wireType: number, items: unknown[]): unknown[] {
  const isPacked = wireType === wireTypes.bytes && of.is === 'scalar' && isVarint(of);
  if (!isPacked) {
    items.push(decodeField(of, reader, wireType, undefined));
    return items;
  }
  const packed = reader.nested();
  while (!packed.done) items.push(decodeScalar(of, packed, wireTypes.varint));
  return items;
}

/** A map is a list of entries {1 key, 2 value}; either may be left out when zero. */
function decodeEntry({ of }: StringMap, reader: WireReader, wireType: number, map: JsonObject): JsonObject {
  reader.expect(wireType, wireTypes.bytes);
  const entry = reader.nested();
  let key = '';
  let value: unknown = null;
  for (const tag of entry.tags()) {
    if (tag.number === 1) {
      entry.expect(tag.wireType, wireTypes.bytes);
      key = entry.text();
    } else if (tag.number === 2) value = decodeField(of, entry, tag.wireType, undefined);
    else entry.skip(tag.wireType);
  }
  put(map, key, value);
  return map;
}

const isVarint = ({ scalar }: Scalar): boolean => scalar === 'bool' || scalar === 'int32' || scalar === 'int64';

function decodeScalar(type: Scalar, reader: WireReader, wireType: number): unknown {
  reader.expect(wireType, isVarint(type) ? wireTypes.varint : wireTypes.bytes);
  switch (type.scalar) {
    case 'bool':
      return reader.varint() !== 0;
    case 'int32':
      return reader.varint() | 0;
    case 'int64':
      return reader.varint();
    case 'string':
      return reader.text();
    case 'bytes':
      return reader.bytes().toString('base64');
    case 'time':
    case 'microTime':
      return decodeTime(leafOf(reader), type.scalar);
    case 'quantity':
      return decodeQuantity(String(leafOf(reader).get(1) ?? ''));
    case 'intOrString': {
      const leaf = leafOf(reader);
      return leaf.get(1) === 1 ? String(leaf.get(3) ?? '') : Number(leaf.get(2) ?? 0) | 0;
    }
    case 'fieldsV1':
    case 'rawExtension': {
      const raw = String(leafOf(reader).get(1) ?? '');
      return raw === '' ? undefined : parseJson(raw).value;
    }
  }
}

type Leaf = ReadonlyMap<number, number | string>;

/** One of the small messages behind scalars, by field number: numbers for varints, text for length-delimited. */
function leafOf(reader: WireReader): Leaf {
  const leaf = new Map<number, number | string>();
  const inner = reader.nested();
  for (const { number, wireType } of inner.tags()) {
    if (wireType === wireTypes.varint) leaf.set(number, inner.varint());
    else if (wireType === wireTypes.bytes) leaf.set(number, inner.text());
    else inner.skip(wireType);
  }
  return leaf;
}

/** An empty message is the zero time, which JSON leaves out: `creationTimestamp` of every object to be created. */
function decodeTime(leaf: Leaf, kind: 'time' | 'microTime'): string | undefined {
  const [seconds = 0, nanos = 0] = [leaf.get(1), leaf.get(2)];
  if (typeof seconds !== 'number' || typeof nanos !== 'number') throw new MalformedError('a time that is text');
  try {
    return timeFromUnix(seconds, nanos, kind);
  } catch (error) {
    throw new MalformedError((error as Error).message, { cause: error });
  }
}

function decodeQuantity(text: string): string {
  const wrong = text === '' ? undefined : quantityError(text);
  if (wrong) throw new MalformedError(`${JSON.stringify(text)}: ${wrong}`);
  return text || '0';
}
