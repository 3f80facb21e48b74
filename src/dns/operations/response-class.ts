// What kind of response it is to the query log: an answer, a denial, or anything else (as CoreDNS tells them apart).

import type { ResponseClass } from '../config/settings.ts';
import type { Response } from '../handler.ts';
import {
  FormatError,
  isZoneTransfer,
  Opcode,
  opcodeOf,
  outline,
  type Query,
  Rcode,
  rcodeOf,
  Type,
} from '../wire/index.ts';

export function classOf(query: Query, response: Response): Exclude<ResponseClass, 'all'> {
  // Transfers and notifications are not questions and answers.
  if (!(response instanceof Uint8Array) || isZoneTransfer(query.type)) return 'error';
  if (opcodeOf(query.flags) !== Opcode.QUERY) return 'error';
  const message = Buffer.from(response.buffer, response.byteOffset, response.byteLength);
  const hasAnswer = message.readUInt16BE(6) > 0;
  switch (rcodeOf(message.readUInt16BE(2))) {
    case Rcode.NOERROR:
      return hasAnswer || !hasSoa(message) ? 'success' : 'denial';
    case Rcode.NXDOMAIN:
      return hasAnswer ? 'error' : 'denial';
    default:
      return 'error';
  }
}

/** In the authority section: the name exists, the type does not. Without it, and without answer, it is a referral. */
function hasSoa(message: Buffer): boolean {
  if (message.readUInt16BE(8) === 0) return false;
  try {
    const { heads, answers, authorities } = outline(message);
    return heads.slice(answers, answers + authorities).some((head) => message.readUInt16BE(head) === Type.SOA);
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  }
}
