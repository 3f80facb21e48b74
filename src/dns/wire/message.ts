// A whole message, decoded and encoded (RFC 1035 §4.1). For tests, for questions to other servers and for their answers;
// the server's own answers take the shorter way through query.ts and packed.ts.

import { Flag, headerSize, maxMessage, Type } from './codes.ts';
import { FormatError } from './format-error.ts';
import type { Name } from './name.ts';
import { pack, questionSize, recordCount, recordsThatFit, type Sections, sizeOfRecords } from './packed.ts';
import type { OptionData } from './rdata.ts';
import { Reader } from './reader.ts';
import { type ResourceRecord, readRecord } from './record.ts';
import { Writer } from './writer.ts';

export interface Question {
  readonly name: Name;
  readonly type: number;
  readonly class: number;
}

export interface Message extends Required<Sections> {
  readonly id: number;
  /** The second header word: QR, opcode, AA, TC, RD, RA, AD, CD, rcode. */
  readonly flags: number;
  readonly question: Question | undefined;
}

/** EDNS as it stands in an OPT record (RFC 6891 §6.1). */
export interface Edns {
  readonly udpSize: number;
  readonly version: number;
  readonly dnssecOk: boolean;
  readonly extendedRcode?: number;
  readonly options?: OptionData['options'];
}

const doBit = 0x8000;

export const optRecord = ({ udpSize, version, dnssecOk, extendedRcode = 0, options = [] }: Edns): ResourceRecord => ({
  name: '',
  class: udpSize,
  ttl: extendedRcode * 0x1000000 + version * 0x10000 + (dnssecOk ? doBit : 0),
  data: { type: 'OPT', options },
});

/** The EDNS part of an OPT record's class and TTL. */
export const ednsFrom = (klass: number, ttl: number): Edns => ({
  udpSize: klass,
  version: (ttl >>> 16) & 255,
  dnssecOk: (ttl & doBit) !== 0,
  extendedRcode: ttl >>> 24,
});

/** Octets behind the last record are ignored. Throws FormatError. */
export function decodeMessage(bytes: Uint8Array): Message {
  const reader = new Reader(bytes);
  const [id, flags] = [reader.u16(), reader.u16()];
  const [questions, answers, authorities, additionals] = [reader.u16(), reader.u16(), reader.u16(), reader.u16()];
  if (questions > 1) throw new FormatError(`Message with ${questions} questions`);
  const question = questions === 1 ? { name: reader.name(), type: reader.u16(), class: reader.u16() } : undefined;
  const records = (count: number): ResourceRecord[] => {
    const section: ResourceRecord[] = [];
    while (section.length < count) section.push(readRecord(reader));
    return section;
  };
  return {
    id,
    flags,
    question,
    answer: records(answers),
    authority: records(authorities),
    additional: records(additionals),
  };
}

/** Keeps as many records as fit into `limit` octets, in order, and sets TC when one was left out. OPT is always kept. */
export function encodeMessage(message: Message, limit: number = maxMessage): Buffer {
  const { question } = message;
  const isOpt = ({ data }: ResourceRecord) => data.type === 'OPT';
  const additional = message.additional.filter((record) => !isOpt(record));
  const packed = pack(question?.name, { ...message, additional });
  const opt = pack(undefined, { additional: message.additional.filter(isOpt) });

  const start = headerSize + (question ? questionSize(question.name) : 0);
  const kept = recordsThatFit(packed, limit - start - opt.body.length);
  const inAnswer = Math.min(kept, packed.answers);
  const inAuthority = Math.min(kept - inAnswer, packed.authorities);

  const writer = new Writer();
  writer.u16(message.id);
  writer.u16(kept < recordCount(packed) ? message.flags | Flag.TC : message.flags);
  const counts = [question ? 1 : 0, inAnswer, inAuthority, kept - inAnswer - inAuthority + opt.additionals];
  for (const count of counts) writer.u16(count);
  if (question) {
    writer.name(question.name);
    writer.u16(question.type);
    writer.u16(question.class);
  }
  writer.latin1(packed.body.slice(0, sizeOfRecords(packed, kept)));
  writer.latin1(opt.body);
  return writer.bytes;
}

/** The OPT record's meaning, undefined when there is none. */
export function ednsOf(message: Message): Edns | undefined {
  const record = message.additional.find(({ data }) => data.type === 'OPT');
  if (record?.data.type !== 'OPT') return undefined;
  return { ...ednsFrom(record.class, record.ttl), options: record.data.options };
}

/** An ordinary question, recursion desired. */
export const queryMessage = (id: number, name: Name, type: number, edns?: Edns): Message => ({
  id,
  flags: Flag.RD,
  question: { name, type, class: 1 },
  answer: [],
  authority: [],
  additional: edns ? [optRecord(edns)] : [],
});

export const isAddressType = (type: number): boolean => type === Type.A || type === Type.AAAA;

export const isZoneTransfer = (type: number): boolean => type === Type.AXFR || type === Type.IXFR;
