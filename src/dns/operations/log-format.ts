// A line of the query log from its format, with CoreDNS's replacements (`{remote}`, `{>id}`, …). What is in braces and is
// none of them stays as it is; `{/…}`, what its plugins may know of a query, is `-`.

import { inBrackets } from '#lib/cidr.ts';
import type { Request, Response } from '../handler.ts';
import {
  className,
  Flag,
  formatName,
  maxMessage,
  opcodeOf,
  plainUdpSize,
  rcodeName,
  responseCode,
  typeName,
} from '../wire/index.ts';

export interface Logged {
  readonly request: Request;
  readonly response: Response;
  readonly ms: number;
}

export type LineFormat = (logged: Logged) => string;

/** What is not known. */
const none = '-';

const flagNames = Object.entries({
  qr: Flag.QR,
  aa: Flag.AA,
  tc: Flag.TC,
  rd: Flag.RD,
  ra: Flag.RA,
  z: 0x0040,
  ad: Flag.AD,
  cd: Flag.CD,
});

const replacements: Readonly<Record<string, LineFormat>> = {
  '{type}': ({ request }) => typeName(request.query.type),
  '{name}': ({ request }) => formatName(request.query.key),
  '{class}': ({ request }) => className(request.query.class),
  '{proto}': ({ request }) => (request.isTcp ? 'tcp' : 'udp'),
  '{size}': ({ request }) => `${request.query.packet.length}`,
  '{remote}': ({ request }) => inBrackets(request.client.address),
  '{port}': ({ request }) => `${request.client.port}`,
  '{>id}': ({ request }) => `${request.query.packet.readUInt16BE(0)}`,
  '{>opcode}': ({ request }) => `${opcodeOf(request.query.flags)}`,
  '{>do}': ({ request }) => `${request.query.edns?.dnssecOk ?? false}`,
  '{>bufsize}': ({ request: { isTcp, query } }) =>
    `${isTcp ? maxMessage : Math.max(plainUdpSize, query.edns?.udpSize ?? 0)}`,
  '{rcode}': ({ request, response }) =>
    rcodeName(response instanceof Uint8Array ? responseCode(response, request.query.edns !== undefined) : 0),
  // The messages of a transfer are made while they are sent.
  '{rsize}': ({ response }) => (response instanceof Uint8Array ? `${response.length}` : none),
  '{>rflags}': ({ response }) => (response instanceof Uint8Array ? flagsOf(response) : none),
  '{duration}': ({ ms }) => `${secondsOf(ms)}s`,
};

/** @param local where the queries come to: what `{local}` is. */
export function lineFormat(format: string, local: string): LineFormat {
  const own: Readonly<Record<string, LineFormat>> = { ...replacements, '{local}': () => inBrackets(local || '::') };
  const parts = format.split(/(\{[^{}]*\})/).map((part): string | LineFormat => {
    if (part.startsWith('{/')) return none;
    return Object.hasOwn(own, part) ? (own[part] as LineFormat) : part;
  });
  return (logged) => parts.map((part) => (typeof part === 'string' ? part : part(logged))).join('');
}

function flagsOf(response: Uint8Array): string {
  const flags = ((response[2] as number) << 8) | (response[3] as number);
  return flagNames
    .filter(([, bit]) => (flags & bit) !== 0)
    .map(([name]) => name)
    .join();
}

/** To the nanosecond, without zeros behind. */
const secondsOf = (ms: number): string => (ms / 1000).toFixed(9).replace(/\.?0+$/, '');
