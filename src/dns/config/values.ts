// The values that arguments of directives have: each function reads one, or throws a CorefileError with its line.

import { isIP } from 'node:net';
import { type Cidr, parseAddress, parseCidr } from '#lib/cidr.ts';
import { parseGoDuration } from '#lib/go-duration.ts';
import { classCodes, type Name, typeCodes } from '../wire/index.ts';
import { compileGoRegExp } from './go-regexp.ts';
import type { Line } from './line.ts';
import type { HostPort } from './settings.ts';
import { maxZones, parseZoneAddress } from './zone-address.ts';

export const isWholeNumber = (text: string): boolean => /^\d{1,15}$/.test(text);

export function wholeNumber(line: Line, text: string, least: number, most = Number.MAX_SAFE_INTEGER): number {
  const number = isWholeNumber(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  const range = most === Number.MAX_SAFE_INTEGER ? `, ${least} or more` : ` from ${least} to ${most}`;
  throw line.mustBe(text, `a whole number${range}`);
}

export function seconds(line: Line, text: string, least: number, most: number): number {
  const number = isWholeNumber(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw line.mustBe(text, `a number of seconds from ${least} to ${most}`);
}

/** Timers take no more. */
const longestMs = 2 ** 31 - 1;

/** @param range in words, for the message: `at least 2s`. */
export function durationMs(line: Line, text: string, least = 0, range = '', most = longestMs): number {
  const wanted = `a duration such as 5s or 1m30s${range && `, ${range}`}`;
  let ms: number;
  try {
    ms = parseGoDuration(text);
  } catch {
    throw line.mustBe(text, wanted);
  }
  if (ms < least || ms > most) throw line.mustBe(text, ms > longestMs ? 'shorter than 24 days' : wanted);
  return ms;
}

export function oneOf<T extends string>(line: Line, text: string, words: readonly [T, ...T[]]): T {
  const word = words.find((candidate) => candidate === text);
  if (word !== undefined) return word;
  const [last, ...others] = words.toReversed();
  throw line.mustBe(text, others.length === 0 ? `${last}` : `${others.reverse().join(', ')} or ${last}`);
}

/** Names, or ranges of addresses for their reverse zones. */
export function zonesOf(line: Line, texts: readonly string[]): Name[] {
  const zones: Name[] = [];
  for (const text of texts) {
    try {
      zones.push(...parseZoneAddress(text).zones);
    } catch (error) {
      throw line.problem((error as Error).message);
    }
    if (zones.length > maxZones) throw line.problem(`${line.name} has more than ${maxZones} zones`);
  }
  return zones;
}

/** Those of `fallthrough`: none said means all. */
export const fallthroughOf = (line: Line): Name[] => (line.args.length === 0 ? [''] : zonesOf(line, line.args));

export function cidrOf(line: Line, text: string): Cidr {
  const cidr = parseCidr(text);
  if (!cidr) throw line.mustBe(text, 'a range of addresses such as 10.0.0.0/8');
  return cidr;
}

/** An address alone is a range of one. */
export function cidrOrAddress(line: Line, text: string): Cidr {
  const address = parseAddress(text);
  return address ? cidrOf(line, `${text}/${address.family === 'IPv4' ? 32 : 128}`) : cidrOf(line, text);
}

/** `[HOST]:PORT`: where an HTTP server of ours listens. */
export function listenAddress(line: Line, text: string): HostPort {
  const parts = splitHostPort(text);
  const host = parts?.host === 'localhost' ? '127.0.0.1' : parts?.host;
  if (host === undefined || parts?.port === undefined || (host !== '' && isIP(host) === 0)) {
    throw line.mustBe(text, 'an address with a port, such as :8080 or 127.0.0.1:8080');
  }
  return { host, port: parts.port };
}

/** `192.0.2.1`, `192.0.2.1:53`, `2001:db8::1`, `[2001:db8::1]:53`, any host in place of the address; undefined for others. */
export function splitHostPort(text: string): { readonly host: string; readonly port: number | undefined } | undefined {
  const [, bracketed, alone, plain, digits] =
    /^(?:\[([^[\]]*)\]|([^:[\]]*:[^:[\]]*:[^[\]]*)|([^:[\]]*))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? alone ?? plain;
  const port = digits === undefined ? undefined : Number(digits);
  return host === undefined || (port ?? 0) > 65535 ? undefined : { host, port };
}

export function regExp(line: Line, text: string): RegExp {
  try {
    return compileGoRegExp(text);
  } catch (error) {
    throw line.problem(`cannot read the regular expression ${JSON.stringify(text)}: ${(error as Error).message}`);
  }
}

/** By number (RFC 1035 §4.1.1, RFC 2136 §2.2). */
const rcodes = [
  'NOERROR',
  'FORMERR',
  'SERVFAIL',
  'NXDOMAIN',
  'NOTIMP',
  'REFUSED',
  'YXDOMAIN',
  'YXRRSET',
  'NXRRSET',
  'NOTAUTH',
  'NOTZONE',
];

export function rcode(line: Line, text: string): number {
  const code = rcodes.indexOf(text.toUpperCase());
  if (code < 0) throw line.mustBe(text, `a response code such as ${rcodes.slice(1, 6).join(', ')}`);
  return code;
}

/** By number: those that this server knows by name, others as `TYPE65` (RFC 3597 §5). */
export const recordType = (line: Line, text: string): number => {
  const code = codeOf(typeCodes, 'TYPE', text);
  if (code === undefined) throw line.mustBe(text, 'a type of records, such as AAAA or TYPE65');
  return code;
};

export const recordClass = (line: Line, text: string): number => {
  const code = codeOf(classCodes, 'CLASS', text);
  if (code === undefined) throw line.mustBe(text, `a class: ${Object.keys(classCodes).join(', ')}`);
  return code;
};

function codeOf(codes: Readonly<Record<string, number>>, prefix: string, text: string): number | undefined {
  const name = text.toUpperCase();
  if (Object.hasOwn(codes, name)) return codes[name];
  const digits = name.startsWith(prefix) ? name.slice(prefix.length) : '';
  return /^\d{1,5}$/.test(digits) && Number(digits) <= 65535 ? Number(digits) : undefined;
}
