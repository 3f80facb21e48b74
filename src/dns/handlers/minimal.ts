// Responses with an answer say nothing else (directive `minimal`).

import { decodeMessage, encodeMessage, Flag, FormatError, Rcode, rcodeOf } from '../wire/index.ts';
import type { Change } from './filtered.ts';

export const minimize: Change = (_, response) => {
  const flags = response.readUInt16BE(2);
  const hasMore = response.readUInt16BE(8) > 0 || response.readUInt16BE(10) > 0;
  if (rcodeOf(flags) !== Rcode.NOERROR || response.readUInt16BE(6) === 0 || !hasMore || flags & Flag.TC) {
    return response;
  }
  try {
    const message = decodeMessage(response);
    const additional = message.additional.filter(({ data }) => data.type === 'OPT');
    return encodeMessage({ ...message, authority: [], additional });
  } catch (error) {
    // Somebody else's message, passed on as it came.
    if (error instanceof FormatError) return response;
    throw error;
  }
};
