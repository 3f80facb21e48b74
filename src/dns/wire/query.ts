// The short way into the server: reads of a packet only what an answer depends on — header, question, EDNS — and decides
// which packets get silence or a bare refusal (spec/dns.md §3).

import { Class, Flag, headerSize, Opcode, opcodeOf, Rcode, Type } from './codes.ts';
import { FormatError } from './format-error.ts';
import { type Edns, ednsFrom } from './message.ts';
import { keyOf, type Name } from './name.ts';
import { questionSize } from './packed.ts';
import { Reader } from './reader.ts';

export interface Query {
  /** The packet as it came; the question stands at octet 12. */
  readonly packet: Buffer;
  readonly flags: number;
  /** As the client spelled it. */
  readonly name: Name;
  /** In lower case: what names are looked up by. */
  readonly key: Name;
  readonly type: number;
  readonly class: number;
  /** Where the question ends. */
  readonly questionEnd: number;
  readonly edns: Edns | undefined;
}

/** A query; or the code of a refusal that repeats the header only; or undefined for what must not be answered at all. */
export function readQuery(packet: Buffer): Query | number | undefined {
  if (packet.length < headerSize) return undefined;
  const flags = packet.readUInt16BE(2);
  // Answering an answer would let two servers talk to each other for ever.
  if (flags & Flag.QR) return undefined;
  const opcode = opcodeOf(flags);
  if (opcode !== Opcode.QUERY && opcode !== Opcode.NOTIFY) return Rcode.NOTIMP;
  const [answers, authorities, additionals] = [packet.readUInt16BE(6), packet.readUInt16BE(8), packet.readUInt16BE(10)];
  if (packet.readUInt16BE(4) !== 1 || answers > 1 || authorities > 1 || additionals > 2) return Rcode.FORMERR;

  const nameEnd = endOfName(packet);
  const questionEnd = nameEnd + 5;
  if (nameEnd < 0 || questionEnd > packet.length) return Rcode.FORMERR;
  const name = packet.toString('latin1', headerSize, nameEnd);
  const records = answers + authorities + additionals;
  const edns = records === 0 ? undefined : readEdns(packet, questionEnd, records);
  if (edns === 'malformed') return Rcode.FORMERR;
  return {
    packet,
    flags,
    name,
    key: keyOf(name),
    type: packet.readUInt16BE(nameEnd + 1),
    class: packet.readUInt16BE(nameEnd + 3),
    questionEnd,
    edns,
  };
}

/** Where the question's root label stands; -1 when the name is malformed. The first name has nothing to point to. */
function endOfName(packet: Buffer): number {
  let at = headerSize;
  for (;;) {
    const length = packet[at];
    if (length === undefined || length > 63) return -1;
    if (length === 0) return at - headerSize < 255 ? at : -1;
    at += 1 + length;
  }
}

/** Two OPT records are an error (RFC 6891 §6.1.1). */
function readEdns(packet: Buffer, offset: number, records: number): Edns | undefined | 'malformed' {
  const reader = new Reader(packet, offset);
  let edns: Edns | undefined;
  try {
    for (let i = 0; i < records; i++) {
      reader.skipName();
      const type = reader.u16();
      const klass = reader.u16();
      const ttl = reader.u32();
      reader.skip(reader.u16());
      if (type !== Type.OPT) continue;
      if (edns) return 'malformed';
      edns = ednsFrom(klass, ttl);
    }
  } catch (error) {
    if (error instanceof FormatError) return 'malformed';
    throw error;
  }
  return edns;
}

/** The same question about another name, as if its client had asked that. EDNS is known but stands no longer in the packet. */
export function renamed(query: Query, name: Name): Query {
  const questionEnd = headerSize + questionSize(name);
  const packet = Buffer.alloc(questionEnd);
  query.packet.copy(packet, 0, 0, 4);
  packet.writeUInt16BE(1, 4);
  packet.write(name, headerSize, 'latin1');
  packet.writeUInt16BE(query.type, questionEnd - 4);
  packet.writeUInt16BE(query.class, questionEnd - 2);
  return { ...query, packet, name, key: keyOf(name), questionEnd };
}

export const isInternet = ({ class: klass }: Query): boolean => klass === Class.IN;
