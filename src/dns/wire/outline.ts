// Where the records of somebody else's message begin and end, without reading what they say. A forwarder that passes on
// octets cannot misread a record type it does not know, nor break the compression inside it (RFC 3597 §4).

import { headerSize, Type } from './codes.ts';
import { FormatError } from './format-error.ts';
import { type Edns, ednsFrom } from './message.ts';
import { Reader } from './reader.ts';

export interface Outline {
  readonly questionEnd: number;
  /** Where each record's type stands; class, TTL and the length of its data follow. */
  readonly heads: readonly number[];
  /** Where each record ends. Those after an OPT record are left out: only signatures of this hop stand there. */
  readonly ends: readonly number[];
  /** How many of them are answers, and how many authority. */
  readonly answers: number;
  readonly authorities: number;
  readonly edns: Edns | undefined;
}

/** Throws FormatError. */
export function outline(message: Buffer): Outline {
  const reader = new Reader(message, 4);
  const [questions, answers, authorities, additionals] = [reader.u16(), reader.u16(), reader.u16(), reader.u16()];
  if (questions > 1) throw new FormatError(`Message with ${questions} questions`);
  if (questions === 1) {
    reader.skipName();
    reader.skip(4);
  }
  const questionEnd = reader.offset;
  const heads: number[] = [];
  const ends: number[] = [];
  for (let i = 0; i < answers + authorities + additionals; i++) {
    reader.skipName();
    const head = reader.offset;
    const type = reader.u16();
    const klass = reader.u16();
    const ttl = reader.u32();
    reader.skip(reader.u16());
    if (type === Type.OPT) {
      if (i < answers + authorities) throw new FormatError('OPT record outside the additional section');
      return { questionEnd, heads, ends, answers, authorities, edns: ednsFrom(klass, ttl) };
    }
    heads.push(head);
    ends.push(reader.offset);
  }
  return { questionEnd, heads, ends, answers, authorities, edns: undefined };
}

/** Whether a packet answers this question: same id, same name whatever its case, same type and class (RFC 5452 §9.1). */
export function isReplyTo(reply: Buffer, question: Buffer, questionEnd: number): boolean {
  if (reply.length < headerSize || reply.readUInt16BE(0) !== question.readUInt16BE(0)) return false;
  const [asked, answered] = [question.readUInt16BE(2), reply.readUInt16BE(2)];
  if ((answered & 0x8000) === 0 || (asked & 0x7800) !== (answered & 0x7800)) return false;
  // A server that cannot read the question may leave it out, but then it has nothing to say either.
  if (reply.readUInt16BE(4) === 0) return (answered & 15) !== 0;
  if (reply.readUInt16BE(4) !== 1 || reply.length < questionEnd) return false;
  return folded(reply, questionEnd) === folded(question, questionEnd);
}

/** The name in lower case, then type and class as they are. A length octet is never a letter. */
const folded = (message: Buffer, end: number): string =>
  message.toString('latin1', headerSize, end - 4).replace(/[A-Z]/g, (letter) => letter.toLowerCase()) +
  message.toString('latin1', end - 4, end);
