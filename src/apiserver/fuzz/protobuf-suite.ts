// Protobuf bodies of objects, written from the message tables as clients write them, for the fuzz run to damage.

import type { Message, Type } from '#api/schema/dsl.ts';
import { isObject } from '#api/schema/json.ts';

function varint(value: number | bigint): Buffer {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}
const tag = (number: number, wireType: number): Buffer => varint(number * 8 + wireType);
export const delimited = (number: number, bytes: Uint8Array): Buffer =>
  Buffer.concat([tag(number, 2), varint(bytes.length), bytes]);
const integer = (number: number, value: unknown): Buffer => {
  const whole = typeof value === 'number' && Number.isSafeInteger(value) ? value : 0;
  return Buffer.concat([tag(number, 0), varint(whole)]);
};
const text = (number: number, value: unknown): Buffer =>
  delimited(number, Buffer.from(typeof value === 'string' ? value : JSON.stringify(value ?? '')));

export function envelope(apiVersion: string, kind: string, raw: Uint8Array): Buffer {
  const typeMeta = delimited(1, Buffer.concat([text(1, apiVersion), text(2, kind)]));
  return Buffer.concat([Buffer.from([0x6b, 0x38, 0x73, 0]), typeMeta, delimited(2, raw)]);
}

export function encodeMessage(message: Message, value: unknown): Buffer {
  if (!isObject(value)) return Buffer.alloc(0);
  const parts: Uint8Array[] = [];
  for (const [name, { number, of }] of Object.entries(message.fields)) {
    const given = Object.hasOwn(value, name) ? value[name] : undefined;
    if (number > 0 && given !== undefined && given !== null) parts.push(encodeField(number, of, given));
  }
  for (const { number, of } of message.inlines) parts.push(delimited(number, encodeMessage(of, value)));
  return Buffer.concat(parts);
}

function encodeField(number: number, type: Type, value: unknown): Buffer {
  switch (type.is) {
    case 'message':
      return delimited(number, encodeMessage(type, value));
    case 'list':
      return Buffer.concat(Array.isArray(value) ? value.map((item) => encodeField(number, type.of, item)) : []);
    case 'map': {
      const entries = isObject(value) ? Object.entries(value) : [];
      return Buffer.concat(
        entries.map(([key, item]) => delimited(number, Buffer.concat([text(1, key), encodeField(2, type.of, item)]))),
      );
    }
    case 'scalar':
      return encodeScalar(number, type.scalar, value);
  }
}

function encodeScalar(number: number, scalar: string, value: unknown): Buffer {
  switch (scalar) {
    case 'bool':
      return integer(number, value === true ? 1 : 0);
    case 'int32':
    case 'int64':
      return integer(number, value);
    case 'bytes':
      return delimited(number, Buffer.from(typeof value === 'string' ? value : '', 'base64'));
    case 'time':
    case 'microTime':
      return delimited(number, integer(1, Math.floor((Date.parse(String(value)) || 0) / 1000)));
    case 'quantity':
      return delimited(number, text(1, value));
    case 'intOrString':
      return delimited(
        number,
        typeof value === 'number'
          ? Buffer.concat([integer(1, 0), integer(2, value)])
          : Buffer.concat([integer(1, 1), text(3, value)]),
      );
    case 'fieldsV1':
    case 'rawExtension':
      return delimited(number, delimited(1, Buffer.from(JSON.stringify(value))));
    default:
      return text(number, value);
  }
}
