// How lmdb.ts writes one revision down: what happened to which key, and the bytes. A record is the whole of an event, so
// that reading all of them in order gives back the state and its history.
//
//   0      1 put, 2 delete
//   1      length of the key in bytes, 2 bytes
//   3      revision that created the key, 6 bytes
//   9      when it expires, in ms since 1970, 6 bytes; 0 for never
//   15     the key in UTF-8, then the value up to the end
//
// Numbers are big-endian. The record's own revision is its key in the database: 8 bytes, so that they sort.

import { type Entry, StorageError, type StoreEvent } from './store.ts';

const put = 1;
const remove = 2;
const headLength = 15;

export interface Record {
  readonly key: string;
  /** Absent: the key was deleted. */
  readonly entry?: Entry | undefined;
}

export function encodeRecord({ key, entry }: StoreEvent): Buffer {
  const keyLength = Buffer.byteLength(key);
  const value = entry?.value;
  const record = Buffer.allocUnsafe(headLength + keyLength + (value?.length ?? 0));
  record[0] = entry ? put : remove;
  record.writeUInt16BE(keyLength, 1);
  record.writeUIntBE(entry?.createRevision ?? 0, 3, 6);
  record.writeUIntBE(entry?.expiresAt ?? 0, 9, 6);
  record.write(key, headLength);
  if (value) record.set(value, headLength + keyLength);
  return record;
}

/** The entry's value is a view of `record`. Throws StorageError for what is no record. */
export function decodeRecord(revision: number, record: Buffer): Record {
  const type = record[0];
  const end = record.length < headLength ? Number.POSITIVE_INFINITY : headLength + record.readUInt16BE(1);
  if ((type !== put && type !== remove) || end > record.length) {
    throw new StorageError(`the record of revision ${revision} is damaged (${record.length} bytes of type ${type})`);
  }
  const key = record.toString('utf8', headLength, end);
  if (type === remove) return { key };
  const expiresAt = record.readUIntBE(9, 6) || undefined;
  const createRevision = record.readUIntBE(3, 6);
  return { key, entry: { key, value: record.subarray(end), modRevision: revision, createRevision, expiresAt } };
}

export function encodeRevision(revision: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUIntBE(revision, 2, 6);
  return bytes;
}
export const decodeRevision = (bytes: Uint8Array): number => Buffer.from(bytes).readUIntBE(2, 6);
