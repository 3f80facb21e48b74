// What must be true of a response whatever was asked.

import assert from 'node:assert/strict';
import type { Response } from '../handler.ts';
import {
  decodeMessage,
  ednsOf,
  Flag,
  type Message,
  opcodeOf,
  outline,
  rcodeName,
  rcodeOf,
  readQuery,
  typeName,
} from '../wire/index.ts';

/** Throws AssertionError, with the packet in hexadecimal. */
export function check(packet: Buffer, response: Response | undefined, isTcp: boolean): void {
  const where = `${isTcp ? 'tcp' : 'udp'} ${packet.toString('hex')}`;
  const isSilent = packet.length < 12 || (packet.readUInt16BE(2) & Flag.QR) !== 0;
  assert.equal(response === undefined, isSilent, where);
  if (response === undefined) return;
  const messages = response instanceof Uint8Array ? [response] : [...response];
  assert.ok(messages.length === 1 || isTcp, where);
  for (const octets of messages) checkMessage(packet, octets, isTcp, where);
}

function checkMessage(packet: Buffer, octets: Uint8Array, isTcp: boolean, where: string): void {
  const message = decodeMessage(octets);
  assert.equal(endOf(octets, message), octets.length, `octets behind the message: ${where}`);
  assert.equal(message.id, packet.readUInt16BE(0), where);
  const asked = packet.readUInt16BE(2);
  assert.ok(message.flags & Flag.QR, where);
  assert.equal(opcodeOf(message.flags), opcodeOf(asked), where);
  assert.equal(message.flags & Flag.RD, asked & Flag.RD, where);

  const query = readQuery(packet);
  assert.ok(query !== undefined, where);
  if (typeof query === 'number') {
    assert.deepEqual([octets.length, message.flags & 15], [12, query], where);
    return;
  }
  const { name, type, class: klass, edns } = query;
  assert.deepEqual(message.question, { name, type, class: klass }, where);
  assert.equal(message.additional.filter(({ data }) => data.type === 'OPT').length, edns ? 1 : 0, where);
  const limit = isTcp ? 65_535 : Math.min(4096, Math.max(512, edns?.udpSize ?? 0));
  assert.ok(octets.length <= limit, `${octets.length} octets: ${where}`);
  if (message.answer[0] && type < 251) {
    const types = new Set(message.answer.map(({ data }) => (data.type === 'opaque' ? `TYPE${data.code}` : data.type)));
    assert.ok(types.has('CNAME') || types.has(typeName(type)), `${[...types]} for ${typeName(type)}: ${where}`);
  }
}

/** Where the last record ends. */
function endOf(octets: Uint8Array, { additional }: Message): number {
  const { questionEnd, ends, edns } = outline(Buffer.from(octets));
  const last = ends.at(-1) ?? (octets.length > 12 ? questionEnd : 12);
  const opt = additional.find(({ data }) => data.type === 'OPT');
  assert.equal(opt !== undefined, edns !== undefined);
  const options = opt?.data.type === 'OPT' ? opt.data.options : [];
  return last + (opt ? 11 : 0) + options.reduce((size, { data }) => size + 4 + data.length, 0);
}

/** What became of a packet, for a tally. */
export function kindOf(response: Response | undefined): string {
  if (response === undefined) return 'silence';
  if (!(response instanceof Uint8Array)) return 'transfer';
  const message = decodeMessage(response);
  const rcode = rcodeName(((ednsOf(message)?.extendedRcode ?? 0) << 4) | rcodeOf(message.flags));
  if (rcode !== 'NOERROR') return rcode;
  return message.answer.length > 0 ? 'data' : 'NODATA';
}
