// Checks of addresses and ranges, in the words that clients match on (services.md §0.2). Fields that are older than strict
// parsing have a `known` set: what is stored already is accepted in the spelling it has, since nobody could update the
// object else (KEP-4858).

import {
  type Address,
  bitsOf,
  type Cidr,
  contains,
  formatAddress,
  formatCidr,
  parseAddress,
  parseCidr,
} from '#lib/cidr.ts';
import { type FieldError, invalidValue } from '../errors.ts';

/** Spellings that an object has already. */
export type Known = ReadonlySet<string>;
const nothing: Known = new Set();

const ipText = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
const cidrText = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';
/** No text of an address is longer, however many zeros lead. */
const longestText = 128;

/** An address as older parsers read it: zeros that lead count for nothing, and an IPv4-mapped IPv6 address is the IPv4 one. */
export function parseLoosely(text: string): Address | undefined {
  if (text.length > longestText) return undefined;
  const address =
    parseAddress(text) ?? parseAddress(text.replace(/(?:\d+\.){3}\d+$/, (quad) => quad.replaceAll(/\b0+(?=\d)/g, '')));
  if (!address || !isMapped(address)) return address;
  return { family: 'IPv4', value: address.value & 0xffffffffn };
}

const isMapped = ({ family, value }: Address): boolean => family === 'IPv6' && value >> 32n === 0xffffn;

/** One address in its strict form: what older parsers read differently is refused. */
export function ipAddress(path: string, value: string, known = nothing): FieldError[] {
  const strict = parseAddress(value);
  if ((strict && !isMapped(strict)) || known.has(value)) return [];
  if (strict) return [invalidValue(path, value, 'must not be an IPv4-mapped IPv6 address')];
  return [invalidValue(path, value, parseLoosely(value) ? 'must not have leading 0s' : ipText)];
}

const ranges = (...texts: string[]): Cidr[] => texts.flatMap((text) => parseCidr(text) ?? []);
const isLinkLocalMulticast = ({ family, value }: Address): boolean =>
  // The four bits after ff are flags.
  family === 'IPv4' ? value >> 8n === 0xe00000n : value >> 120n === 0xffn && ((value >> 112n) & 0xfn) === 2n;
const within =
  (candidates: readonly Cidr[]) =>
  (address: Address): boolean =>
    candidates.some((range) => contains(range, address));
const special: readonly { readonly is: (address: Address) => boolean; readonly text: (ip: string) => string }[] = [
  { is: within(ranges('0.0.0.0/32', '::/128')), text: (ip) => `may not be unspecified (${ip})` },
  {
    is: within(ranges('127.0.0.0/8', '::1/128')),
    text: () => 'may not be in the loopback range (127.0.0.0/8, ::1/128)',
  },
  {
    is: within(ranges('169.254.0.0/16', 'fe80::/10')),
    text: () => 'may not be in the link-local range (169.254.0.0/16, fe80::/10)',
  },
  {
    is: isLinkLocalMulticast,
    text: () => 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)',
  },
];
/** An address that something else can be reached at. What is known is only known to be an address. */
export function ordinaryIpAddress(path: string, value: string, known = nothing): FieldError[] {
  const errors = ipAddress(path, value, known);
  const address = parseLoosely(value);
  if (errors.length > 0 || !address) return errors;
  return special.filter(({ is }) => is(address)).map(({ text }) => invalidValue(path, value, text(value)));
}

/** What is wrong with an address whose spelling must be the canonical one: an object may be named after it. */
export function canonicalAddress(value: string): string[] {
  const [error] = ipAddress('', value);
  if (error) return [error.detail ?? ''];
  const canonical = formatAddress(parseAddress(value) as Address);
  return canonical === value ? [] : [`must be in canonical form ("${canonical}")`];
}

interface LooseCidr {
  /** As it was given, bits beyond the prefix included. */
  readonly address: Address;
  readonly range: Cidr;
}
function parseCidrLoosely(text: string): LooseCidr | undefined {
  const [ip = '', length = '', ...more] = text.split('/');
  const mapped = ip.includes(':') && parseAddress(ip);
  const address = mapped || parseLoosely(ip);
  if (!address || more.length > 0 || !/^0*\d{1,3}$/.test(length) || length.length > longestText) return undefined;
  if (Number(length) > bitsOf(address.family)) return undefined;
  const range = parseCidr(`${formatAddress(address)}/${Number(length)}`);
  return range && { address, range };
}

/** A range as older fields take it: bits beyond the prefix may be set. */
export const cidrValue = (path: string, value: string): FieldError[] =>
  parseCidr(value) ? [] : [invalidValue(path, value, cidrText)];

/** A range of an older field in its strict form: everybody reads the same addresses in it. */
export function strictCidr(path: string, value: string, known = nothing): FieldError[] {
  if (known.has(value)) return [];
  const loose = parseCidrLoosely(value);
  if (!loose) return [invalidValue(path, value, cidrText)];
  const { address, range } = loose;
  const refuse = (detail: string) => [invalidValue(path, value, detail)];
  if (hasLeadingZeros(value)) return refuse('must not have leading 0s in IP or prefix length');
  if (isMapped(address)) return refuse('must not have an IPv4-mapped IPv6 address');
  return address.value === range.base ? [] : refuse('must not have bits set beyond the prefix length');
}
const hasLeadingZeros = (cidr: string): boolean => !parseAddress(cidr.split('/')[0] ?? '') || /\/0\d/.test(cidr);

/** A range as newer fields take it: the same range is always spelled the same. */
export function canonicalCidr(path: string, value: string): FieldError[] {
  const range = parseCidr(value);
  const address = parseAddress(value.split('/')[0] ?? '');
  if (!range || !address) return [invalidValue(path, value, cidrText)];
  if (address.value !== range.base)
    return [invalidValue(path, value, 'must not have bits set beyond the prefix length')];
  const canonical = formatCidr(range);
  return canonical === value ? [] : [invalidValue(path, value, `must be in canonical form ("${canonical}")`)];
}

/** What to tell of an address that passed {@link ipAddress} but has not the one spelling that it should have. */
export function addressWarnings(path: string, value: string): string[] {
  const loose = parseLoosely(value);
  if (!loose) return [];
  const canonical = JSON.stringify(formatAddress(loose));
  const shown = JSON.stringify(value);
  if (ipAddress(path, value).length > 0)
    return [`${path}: non-standard IP address ${shown} is invalid: use ${canonical}`];
  if (canonical === shown) return [];
  return [`${path}: IPv6 address ${shown} should be in RFC 5952 canonical format (${canonical})`];
}

/** Like {@link addressWarnings}, of a range that passed {@link strictCidr}. */
export function cidrWarnings(path: string, value: string): string[] {
  const loose = parseCidrLoosely(value);
  if (!loose) return [];
  const { address, range } = loose;
  const [shown, canonical] = [JSON.stringify(value), JSON.stringify(formatCidr(range))];
  const warnings: string[] = [];
  if (address.value !== range.base) {
    const alone = `"${formatAddress(address)}/${bitsOf(address.family)}"`;
    warnings.push(`${path}: CIDR value ${shown} is ambiguous in this context (should be ${canonical} or ${alone}?)`);
  }
  if (hasLeadingZeros(value) || isMapped(address)) {
    warnings.push(`${path}: non-standard CIDR value ${shown} is invalid: use ${canonical}`);
  }
  if (warnings.length > 0 || canonical === shown) return warnings;
  return [`${path}: IPv6 CIDR value ${shown} should be in RFC 5952 canonical format (${canonical})`];
}
