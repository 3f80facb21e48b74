// The short way out: one buffer with header, the client's own question, records packed ahead of time and OPT, cut at the
// client's limit between two records (spec/dns.md §3).

import { Flag, headerSize, maxMessage, opcodeOf, plainUdpSize, Type } from './codes.ts';
import { copyRecords, type Packed, recordCount, recordsThatFit, sizeOfRecords } from './packed.ts';
import type { Query } from './query.ts';

/** What we are ready to receive by UDP ourselves: fits any path without fragments (DNS flag day 2020). */
export const ownUdpSize = 1232;
export const optSize = 11;

/** @param cap the largest UDP response that we send, whatever the client takes. */
export const sizeLimit = (query: Query, isTcp: boolean, cap: number): number =>
  isTcp ? maxMessage : Math.min(cap, Math.max(plainUdpSize, query.edns?.udpSize ?? 0));

/**
 * @param rcode may be an extended one: its upper bits need a client that speaks EDNS
 * @param isTurned whether addresses begin with another one in every response
 */
export function writeResponse(
  query: Query,
  rcode: number,
  flags: number,
  packed: Packed,
  limit: number,
  isTurned = false,
): Buffer {
  const { packet, questionEnd, edns } = query;
  const reserved = questionEnd + (edns ? optSize : 0);
  const kept = recordsThatFit(packed, limit - reserved);
  const size = sizeOfRecords(packed, kept);
  const response = Buffer.allocUnsafe(reserved + size);
  packet.copy(response, 0, 0, questionEnd);
  const end = copyRecords(packed, size, response, questionEnd, isTurned);
  if (edns) writeOpt(response, end, rcode >> 4, edns.dnssecOk);

  const inAnswer = Math.min(kept, packed.answers);
  const inAuthority = Math.min(kept - inAnswer, packed.authorities);
  const truncated = kept < recordCount(packed) ? Flag.TC : 0;
  response.writeUInt16BE(echoed(query.flags) | flags | truncated | (rcode & 15), 2);
  response.writeUInt16BE(inAnswer, 6);
  response.writeUInt16BE(inAuthority, 8);
  response.writeUInt16BE(kept - inAnswer - inAuthority + (edns ? 1 : 0), 10);
  return response;
}

/** The header alone, for a packet whose question cannot be repeated because it cannot be read. */
export function writeRefusal(packet: Buffer, rcode: number): Buffer {
  const response = Buffer.alloc(headerSize);
  packet.copy(response, 0, 0, 2);
  response.writeUInt16BE(echoed(packet.readUInt16BE(2)) | rcode, 2);
  return response;
}

/** What a response repeats of the query's flags: opcode, RD and CD. */
export const echoed = (flags: number): number => Flag.QR | (opcodeOf(flags) << 11) | (flags & (Flag.RD | Flag.CD));

/** Our OPT record: version 0, our own size, the client's DO bit, no options. */
export function writeOpt(into: Buffer, at: number, extendedRcode: number, dnssecOk: boolean): void {
  into[at] = 0;
  into.writeUInt16BE(Type.OPT, at + 1);
  into.writeUInt16BE(ownUdpSize, at + 3);
  into[at + 5] = extendedRcode;
  into[at + 6] = 0;
  into.writeUInt16BE(dnssecOk ? 0x8000 : 0, at + 7);
  into.writeUInt16BE(0, at + 9);
}

/** The code of a response of ours, which has the OPT record last if the query had one: the upper bits are there. */
export function responseCode(response: Uint8Array, hasEdns: boolean): number {
  const code = (response[3] as number) & 15;
  const opt = response.length - optSize;
  if (!hasEdns || opt < headerSize || response[opt] !== 0 || response[opt + 2] !== Type.OPT) return code;
  return ((response[opt + 5] as number) << 4) | code;
}
