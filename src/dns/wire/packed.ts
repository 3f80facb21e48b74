// Records encoded ahead of time: everything of a response that comes after its question, ready to be copied behind any
// question of the same name. Knows where each record ends, so that a response can be cut at any size without encoding it
// again, and whether the records may be turned round, so that each client gets the addresses in another order.

import { headerSize } from './codes.ts';
import type { Name } from './name.ts';
import { type ResourceRecord, writeRecord } from './record.ts';
import { Writer } from './writer.ts';

export interface Sections {
  readonly answer?: readonly ResourceRecord[];
  readonly authority?: readonly ResourceRecord[];
  readonly additional?: readonly ResourceRecord[];
}

export interface Packed {
  readonly body: Buffer;
  /** Where in `body` each record ends: answer, authority, additional. */
  readonly ends: readonly number[];
  /** How many records each section has. */
  readonly counts: readonly [answer: number, authority: number, additional: number];
  /** The size of every record when all are addresses of the question's own name, and so may change places; else 0. */
  readonly stride: number;
}

/** The size of a question: name, root label, type and class. */
export const questionSize = (name: Name): number => name.length + 5;

/** @param question the name asked for, spelled as it will stand in the message; undefined for a message without one. */
export function pack(question: Name | undefined, { answer = [], authority = [], additional = [] }: Sections): Packed {
  const writer = new Writer(headerSize + (question === undefined ? 0 : questionSize(question)));
  if (question !== undefined) writer.seed(question, headerSize);
  const ends: number[] = [];
  for (const record of [...answer, ...authority, ...additional]) {
    writeRecord(writer, record);
    ends.push(writer.offset);
  }
  const isOwnAddress = ({ name, data }: ResourceRecord) =>
    name === question && (data.type === 'A' || data.type === 'AAAA') && data.type === answer[0]?.data.type;
  const mayTurn = answer.length > 1 && answer.length === ends.length && answer.every(isOwnAddress);
  return {
    body: Buffer.from(writer.bytes),
    ends,
    counts: [answer.length, authority.length, additional.length],
    stride: mayTurn ? (ends[0] ?? 0) : 0,
  };
}

/** How many whole records fit into `room` octets. */
export function recordsThatFit({ body, ends, stride }: Packed, room: number): number {
  if (body.length <= room) return ends.length;
  if (stride > 0) return Math.floor(room / stride);
  let low = 0;
  let high = ends.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((ends[middle - 1] as number) <= room) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * Copies the first `count` records; if they are to be turned and may change places, beginning with any one of them.
 * Returns the end.
 */
export function copyRecords(packed: Packed, count: number, into: Buffer, at: number, isTurned: boolean): number {
  const { body, ends, stride } = packed;
  const size = count > 0 ? (ends[count - 1] as number) : 0;
  const turn = isTurned && stride > 0 ? Math.floor(Math.random() * ends.length) * stride : 0;
  const head = Math.min(size, body.length - turn);
  body.copy(into, at, turn, turn + head);
  body.copy(into, at + head, 0, size - head);
  return at + size;
}
