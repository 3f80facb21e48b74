// One resource record (RFC 1035 §4.1.3).

import { className, typeName } from './codes.ts';
import { formatName, type Name } from './name.ts';
import { formatData, type RecordData, readData, typeOf, writeData } from './rdata.ts';
import type { Reader } from './reader.ts';
import { Writer } from './writer.ts';

export interface ResourceRecord {
  readonly name: Name;
  /** 1 is IN; an OPT record keeps its UDP size here. */
  readonly class: number;
  /** Seconds; an OPT record keeps extended flags here. */
  readonly ttl: number;
  readonly data: RecordData;
}

export function readRecord(reader: Reader): ResourceRecord {
  const name = reader.name();
  const code = reader.u16();
  const klass = reader.u16();
  const ttl = reader.u32();
  return { name, class: klass, ttl, data: readData(reader, code) };
}

export function writeRecord(writer: Writer, record: ResourceRecord): void {
  writer.name(record.name);
  writer.u16(typeOf(record.data));
  writer.u16(record.class);
  writer.u32(record.ttl);
  writeData(writer, record.data);
}

/** Octets of the record when no name of it is compressed. */
export function recordSize(record: ResourceRecord): number {
  const writer = new Writer();
  writeRecord(writer, record);
  return writer.offset;
}

/** A line of a zone file. */
export const formatRecord = ({ name, class: klass, ttl, data }: ResourceRecord): string =>
  `${formatName(name)} ${ttl} ${className(klass)} ${typeName(typeOf(data))} ${formatData(data)}`;
