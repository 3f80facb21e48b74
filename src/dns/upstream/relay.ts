// Between a client's query and another server's message, octets in and octets out: the question as we ask it, and the
// reply as the client gets it — its own id and spelling, OPT only if it sent one, cut to its size (spec/dns.md §8).

import {
  type Edns,
  echoed,
  Flag,
  FormatError,
  headerSize,
  optSize,
  outline,
  type Query,
  questionSize,
  Rcode,
  writeOpt,
} from '../wire/index.ts';

/** What is asked elsewhere. Equal inquiries may share one answer. */
export interface Inquiry {
  /** In lower case. */
  readonly name: string;
  readonly type: number;
  readonly class: number;
  /** Opcode, RD and CD, as they stand in the header. */
  readonly flags: number;
  readonly edns: Pick<Edns, 'dnssecOk'> | undefined;
  /** The client asks by TCP: it wants the whole answer, whatever its size. */
  readonly isTcp: boolean;
}

export const inquiryKey = ({ name, type, class: klass, flags, edns, isTcp }: Inquiry): string =>
  `${type} ${klass} ${flags} ${edns ? (edns.dnssecOk ? 'do' : 'edns') : 'plain'} ${isTcp} ${name}`;

/** AD is asked for always and passed on to those who want it, so that they may share an answer with others. */
const passedFlags = 0x7800 | Flag.RD | Flag.CD;

export const inquiryOf = (query: Query, isTcp: boolean): Inquiry => ({
  name: query.key,
  type: query.type,
  class: query.class,
  flags: query.flags & passedFlags,
  edns: query.edns && { dnssecOk: query.edns.dnssecOk },
  isTcp,
});

/** The message to send, without the client's EDNS options: they are meant for us. */
export function writeInquiry({ name, type, class: klass, flags, edns }: Inquiry, id: number): Buffer {
  const end = headerSize + questionSize(name);
  // Of the pool: thousands of questions may wait.
  const message = Buffer.allocUnsafe(end + (edns ? optSize : 0));
  message.fill(0, 0, end);
  message.writeUInt16BE(id, 0);
  message.writeUInt16BE(flags | Flag.AD, 2);
  message.writeUInt16BE(1, 4);
  message.writeUInt16BE(edns ? 1 : 0, 10);
  message.write(name, headerSize, 'latin1');
  message.writeUInt16BE(type, end - 4);
  message.writeUInt16BE(klass, end - 2);
  if (edns) writeOpt(message, end, 0, edns.dnssecOk);
  return message;
}

/** The reply as `query`'s client gets it. Damaged ones become an empty answer with TC: ask again by TCP. */
export function writeReply(query: Query, reply: Buffer, isTcp: boolean, limit: number): Buffer {
  try {
    return rewrite(query, reply, limit);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const empty = Buffer.alloc(headerSize);
    empty.writeUInt16BE(isTcp ? Rcode.SERVFAIL : Flag.TC, 2);
    return rewrite(query, empty, limit);
  }
}

function rewrite(query: Query, reply: Buffer, limit: number): Buffer {
  const { questionEnd, ends, answers, authorities, edns } = outline(reply);
  const reserved = query.questionEnd + (query.edns ? optSize : 0);
  // Pointers inside the records count from the start: they hold only behind a question of the same length.
  if (ends.length > 0 && questionEnd !== query.questionEnd) throw new FormatError('Answer to another question');
  let kept = ends.length;
  while (kept > 0 && (ends[kept - 1] as number) + reserved - questionEnd > limit) kept--;
  const end = kept > 0 ? (ends[kept - 1] as number) : questionEnd;

  const response = Buffer.allocUnsafe(reserved + end - questionEnd);
  query.packet.copy(response, 0, 0, query.questionEnd);
  reply.copy(response, query.questionEnd, questionEnd, end);
  if (query.edns) writeOpt(response, response.length - optSize, edns?.extendedRcode ?? 0, query.edns.dnssecOk);
  const inAnswer = Math.min(kept, answers);
  const inAuthority = Math.min(kept - inAnswer, authorities);
  response.writeUInt16BE(replyFlags(query, reply.readUInt16BE(2), kept < ends.length), 2);
  response.writeUInt16BE(inAnswer, 6);
  response.writeUInt16BE(inAuthority, 8);
  response.writeUInt16BE(kept - inAnswer - inAuthority + (query.edns ? 1 : 0), 10);
  return response;
}

/** AD says something only to a client that asked for it (RFC 6840 §5.8). */
function replyFlags(query: Query, flags: number, isCut: boolean): number {
  const wantsAd = (query.flags & Flag.AD) !== 0 || query.edns?.dnssecOk;
  const passed = Flag.AA | Flag.TC | Flag.RA | (wantsAd ? Flag.AD : 0) | 15;
  return echoed(query.flags) | (flags & passed) | (isCut ? Flag.TC : 0);
}
