// Which server answers, for clients that ask (directive `nsid`, RFC 5001): an option of the OPT record.

import { decodeMessage, ednsOf, FormatError, type Message } from '../wire/index.ts';
import type { Change } from './filtered.ts';

const nsidOption = 3;

export function identifying(data: string): Change {
  const option = Buffer.alloc(4 + Buffer.byteLength(data));
  option.writeUInt16BE(nsidOption, 0);
  option.writeUInt16BE(option.length - 4, 2);
  option.write(data, 4);
  return ({ query, limit }, response) => {
    if (!query.edns || response.length + option.length > limit || !isAsked(query.packet)) return response;
    // Our OPT record is the last one, and has no options yet.
    const named = Buffer.concat([response, option]);
    named.writeUInt16BE(option.length, response.length - 2);
    return named;
  };
}

function isAsked(packet: Buffer): boolean {
  const message = decoded(packet);
  return message !== undefined && (ednsOf(message)?.options ?? []).some(({ code }) => code === nsidOption);
}

function decoded(packet: Buffer): Message | undefined {
  try {
    return decodeMessage(packet);
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}
