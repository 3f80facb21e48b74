// Small checks that validators are made of. Each returns the errors of one value at one path, in the words that clients
// match on (services.md §0.2).

import { type Address, type Cidr, contains, formatAddress, formatCidr, parseAddress, parseCidr } from '#lib/cidr.ts';
import { type FieldError, invalidValue, notSupported, required } from '../errors.ts';

export const immutableText = 'field is immutable';

/** Each text of a name validator (names.ts) as an error. */
export const check = (path: string, value: string, format: (value: string) => string[]): FieldError[] =>
  format(value).map((detail) => invalidValue(path, value, detail));
/** Like {@link check}; an empty value is only missing. */
export const checkRequired = (
  path: string,
  value: string | undefined,
  format: (value: string) => string[],
): FieldError[] => (value ? check(path, value, format) : [required(path)]);
/** Like {@link check}; an empty value is fine. */
export const checkOptional = (
  path: string,
  value: string | undefined,
  format: (value: string) => string[],
): FieldError[] => (value ? check(path, value, format) : []);

export const present = (path: string, value: unknown): FieldError[] =>
  value === undefined || value === '' ? [required(path)] : [];

export function oneOf(path: string, value: string | undefined, supported: readonly string[]): FieldError[] {
  if (!value) return [required(path)];
  return supported.includes(value) ? [] : [notSupported(path, value, supported)];
}
export const optionallyOneOf = (path: string, value: string | undefined, supported: readonly string[]): FieldError[] =>
  value === undefined || supported.includes(value) ? [] : [notSupported(path, value, supported)];

export const protocols = ['TCP', 'UDP', 'SCTP'] as const;

export const notNegative = (path: string, value: number | undefined): FieldError[] =>
  value !== undefined && value < 0 ? [invalidValue(path, value, 'must be greater than or equal to 0')] : [];
export const positive = (path: string, value: number | undefined): FieldError[] =>
  value !== undefined && value <= 0 ? [invalidValue(path, value, 'must be greater than 0')] : [];
/** The number in a share, of pods or of hundredths. What is neither counts as none. */
export const shareOf = (share: number | string): number =>
  typeof share === 'number' ? share : /^[0-9]+%$/.test(share) ? Number.parseInt(share, 10) : Number(share) || 0;
export const portNumber = (path: string, value: number): FieldError[] =>
  Number.isInteger(value) && value >= 1 && value <= 65535
    ? []
    : [invalidValue(path, value, 'must be between 1 and 65535, inclusive')];

/** The places of values that are at an earlier place already. One pass, however many there are. */
export function repeats(values: readonly unknown[]): ReadonlySet<number> {
  const seen = new Set<unknown>();
  const found = new Set<number>();
  for (const [i, value] of values.entries()) {
    if (seen.has(value)) found.add(i);
    seen.add(value);
  }
  return found;
}

export const tooMany = (path: string, count: number, limit: number): FieldError[] =>
  count > limit ? [{ type: 'TooMany', field: path, value: count, detail: `must have at most ${limit} items` }] : [];

const percentText =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
/** A number of things that is not negative, or a percentage of them. */
export function countOrPercent(path: string, value: number | string): FieldError[] {
  if (typeof value === 'number') return notNegative(path, value);
  return /^[0-9]+%$/.test(value) ? [] : [invalidValue(path, value, percentText)];
}
export const atMost100Percent = (path: string, value: number | string): FieldError[] =>
  typeof value === 'string' && /^[0-9]+%$/.test(value) && Number.parseInt(value, 10) > 100
    ? [invalidValue(path, value, 'must not be greater than 100%')]
    : [];

const cidrText = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';
/** A range as older fields take it: bits beyond the prefix may be set. */
export const cidrValue = (path: string, value: string): FieldError[] =>
  parseCidr(value) ? [] : [invalidValue(path, value, cidrText)];

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

/** What is wrong with an address whose spelling must be the canonical one: an object may be named after it. */
export function canonicalAddress(value: string): string[] {
  const [error] = ipAddress('', value);
  if (error) return [error.detail ?? ''];
  const canonical = formatAddress(parseAddress(value) as Address);
  return canonical === value ? [] : [`must be in canonical form ("${canonical}")`];
}

/** One address in its strict form: what older parsers read differently is refused. */
export function ipAddress(path: string, value: string): FieldError[] {
  const address = parseAddress(value);
  if (address) {
    const isMapped = address.family === 'IPv6' && address.value >> 32n === 0xffffn;
    return isMapped ? [invalidValue(path, value, 'must not be an IPv4-mapped IPv6 address')] : [];
  }
  const isLoose = /^\d{1,9}(\.\d{1,9}){3}$/.test(value) && parseAddress(value.replaceAll(/\b0+(?=\d)/g, ''));
  const detail = isLoose ? 'must not have leading 0s' : 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
  return [invalidValue(path, value, detail)];
}

const ranges = (...texts: string[]): Cidr[] => texts.flatMap((text) => parseCidr(text) ?? []);
const special: readonly { readonly ranges: readonly Cidr[]; readonly text: (ip: string) => string }[] = [
  { ranges: ranges('0.0.0.0/32', '::/128'), text: (ip) => `may not be unspecified (${ip})` },
  {
    ranges: ranges('127.0.0.0/8', '::1/128'),
    text: () => 'may not be in the loopback range (127.0.0.0/8, ::1/128)',
  },
  {
    ranges: ranges('169.254.0.0/16', 'fe80::/10'),
    text: () => 'may not be in the link-local range (169.254.0.0/16, fe80::/10)',
  },
  {
    ranges: ranges('224.0.0.0/24', 'ff02::/16'),
    text: () => 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)',
  },
];
/** An address that something else can be reached at. */
export function ordinaryIpAddress(path: string, value: string): FieldError[] {
  const errors = ipAddress(path, value);
  const address = parseAddress(value);
  if (errors.length > 0 || !address) return errors;
  return special
    .filter((kind) => isWithin(kind.ranges, address))
    .map((kind) => invalidValue(path, value, kind.text(value)));
}
const isWithin = (candidates: readonly Cidr[], address: Address): boolean =>
  candidates.some((range) => contains(range, address));
