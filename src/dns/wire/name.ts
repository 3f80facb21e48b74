// Domain names. In memory a name is its own wire form as a Latin-1 string, one character an octet, without the final root
// label: `\x03web\x07default`. It needs no escaping, keeps any octet, is its own map key, and since a length octet (at
// most 63) is never a letter, lower-casing the string lower-cases exactly the labels. The root is the empty string.

import { maxLabel, maxName } from './codes.ts';
import { FormatError } from './format-error.ts';

export type Name = string;

/** Names are equal when their keys are: DNS ignores the case of ASCII letters and of nothing else (RFC 4343). */
export const keyOf = (name: Name): Name =>
  /[A-Z]/.test(name) ? name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : name;

/** The labels put together; undefined when one is empty, too long or not Latin-1, or when the whole is too long. */
export function fromLabels(labels: readonly string[]): Name | undefined {
  let name = '';
  for (const label of labels) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: every octet is allowed in a label.
    if (label.length === 0 || label.length > maxLabel || /[^\x00-\xff]/.test(label)) return undefined;
    name += String.fromCharCode(label.length) + label;
  }
  return name.length < maxName ? name : undefined;
}

export function labelsOf(name: Name): string[] {
  const labels: string[] = [];
  for (let at = 0; at < name.length; ) {
    const end = at + 1 + name.charCodeAt(at);
    labels.push(name.slice(at + 1, end));
    at = end;
  }
  return labels;
}

/** Whether `name` is `zone` or lies below it. Compare keys; a label that merely contains the zone's octets is no match. */
export function isWithin(name: Name, zone: Name): boolean {
  if (!name.endsWith(zone)) return false;
  const start = name.length - zone.length;
  let at = 0;
  while (at < start) at += 1 + name.charCodeAt(at);
  return at === start;
}

const escaped = (octet: string): string =>
  octet === '.' || octet === '\\' ? `\\${octet}` : `\\${String(octet.charCodeAt(0)).padStart(3, '0')}`;

/** Text as in a zone file (RFC 1035 §5.1), always absolute: with the final dot. */
export const formatName = (name: Name): string =>
  `${labelsOf(name)
    .map((label) => label.replace(/[^!-~]|[.\\"();@$]/g, escaped))
    .join('.')}.`;

const octet = (sequence: string): string => {
  if (!/^\\\d/.test(sequence)) return sequence.slice(1);
  const value = Number(sequence.slice(1));
  if (value > 255) throw new FormatError(`Cannot read domain name: ${sequence} is no octet`);
  return String.fromCharCode(value);
};

/** {@link parseName} of text that may be none: undefined then. */
export function nameFrom(text: string): Name | undefined {
  try {
    return parseName(text);
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

/** Reads zone-file text; the final dot may be left out. Throws FormatError. */
export function parseName(text: string): Name {
  if (text === '.') return '';
  const pieces = text.replace(/(?<!\\)\.$/, '').match(/(?:\\\d{3}|\\.|[^\\.])+|\.|\\/gs) ?? [];
  const labels = pieces.filter((piece, i) => i % 2 === 0 || piece !== '.');
  const name = fromLabels(labels.map((label) => label.replace(/\\\d{3}|\\./gs, octet)));
  // Labels and dots must take turns: anything else is an empty label or a lone backslash.
  if (!name || pieces.length !== 2 * labels.length - 1 || labels.some((label) => label === '.' || label === '\\')) {
    throw new FormatError(
      `Cannot read domain name ${JSON.stringify(text)}: labels have 1 to 63 octets, names up to 255`,
    );
  }
  return name;
}
