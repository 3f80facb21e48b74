// Records encoded ahead of time: everything of a response that comes after its question, ready to be copied behind any
// question of the same name. A response can be cut between any two records without encoding it again, and addresses may
// be turned round, so that each client gets them in another order.

import { headerSize, maxMessage } from './codes.ts';
import type { Name } from './name.ts';
import { type ResourceRecord, writeRecord } from './record.ts';
import { Writer } from './writer.ts';

export interface Sections {
  readonly answer?: readonly ResourceRecord[];
  readonly authority?: readonly ResourceRecord[];
  readonly additional?: readonly ResourceRecord[];
}

export interface Packed {
  /** An octet a character: a string takes what it is long, where a small buffer holds on to the 8 KiB that it is part of. */
  readonly body: string;
  /** How many records each section has. */
  readonly answers: number;
  readonly authorities: number;
  readonly additionals: number;
  /** The size of every record when all are addresses of the question's own name, and so may change places; else 0. */
  readonly stride: number;
}

export const nothing: Packed = { body: '', answers: 0, authorities: 0, additionals: 0, stride: 0 };

/** The size of a question: name, root label, type and class. */
export const questionSize = (name: Name): number => name.length + 5;

export const recordCount = ({ answers, authorities, additionals }: Packed): number =>
  answers + authorities + additionals;

/**
 * Stops at the first record that no message has room for: it is written, so that every response shows that it is cut.
 * @param question the name asked for, spelled as it will stand in the message; undefined for a message without one
 * @param sections the additional section is asked for only as far as there is room
 */
export function pack(
  question: Name | undefined,
  sections: Omit<Sections, 'additional'> & { readonly additional?: Iterable<ResourceRecord> },
): Packed {
  const start = headerSize + (question === undefined ? 0 : questionSize(question));
  const writer = new Writer(start);
  if (question !== undefined) writer.seed(question, headerSize);
  const isFull = () => start + writer.offset > maxMessage;
  const write = (records: Iterable<ResourceRecord>): number => {
    if (isFull()) return 0;
    let count = 0;
    for (const record of records) {
      writeRecord(writer, record);
      count++;
      if (isFull()) break;
    }
    return count;
  };
  const { answer = [], authority = [], additional = [] } = sections;
  const [answers, authorities, additionals] = [write(answer), write(authority), write(additional)];
  const isOwnAddress = ({ name, data }: ResourceRecord) =>
    name === question && (data.type === 'A' || data.type === 'AAAA') && data.type === answer[0]?.data.type;
  const mayTurn = answers > 1 && authorities + additionals === 0 && answer.every(isOwnAddress);
  const body = writer.bytes.toString('latin1');
  return { body, answers, authorities, additionals, stride: mayTurn ? body.length / answers : 0 };
}

/** How many whole records fit into `room` octets. */
export function recordsThatFit(packed: Packed, room: number): number {
  const { body, stride } = packed;
  if (body.length <= room) return recordCount(packed);
  if (stride > 0) return Math.floor(room / stride);
  let count = 0;
  for (let end = recordEnd(body, 0); end <= room; end = recordEnd(body, end)) count++;
  return count;
}

/** The octets of the first `count` records. */
export function sizeOfRecords(packed: Packed, count: number): number {
  const { body, stride } = packed;
  if (count === recordCount(packed)) return body.length;
  if (stride > 0) return count * stride;
  let size = 0;
  for (let i = 0; i < count; i++) size = recordEnd(body, size);
  return size;
}

/** Where the record ends that begins at `at`: behind its name come 8 octets and the length of its data (RFC 1035 §4.1.3). */
function recordEnd(body: string, at: number): number {
  let end = at;
  for (let label = body.charCodeAt(end); label > 0 && label < 0xc0; label = body.charCodeAt(end)) end += 1 + label;
  end += body.charCodeAt(end) === 0 ? 1 : 2;
  return end + 10 + ((body.charCodeAt(end + 8) << 8) | body.charCodeAt(end + 9));
}

/**
 * Copies the first `size` octets; if they are to be turned and may change places, beginning with any one of the records.
 * Returns the end.
 */
export function copyRecords(packed: Packed, size: number, into: Buffer, at: number, isTurned: boolean): number {
  const { body, answers, stride } = packed;
  const turn = isTurned && stride > 0 ? Math.floor(Math.random() * answers) * stride : 0;
  const head = Math.min(size, body.length - turn);
  into.write(turn === 0 ? body : body.slice(turn), at, head, 'latin1');
  if (head < size) into.write(body, at + head, size - head, 'latin1');
  return at + size;
}
