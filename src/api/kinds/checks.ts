// Small checks that validators are made of. Each returns the errors of one value at one path, in the words that clients
// match on (services.md §0.2). Those of addresses are in addresses.ts.

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
