// The formats of names, keys and values (services.md §0.2, api.md §6). A validator returns what is wrong with a text, in
// the words that clients of Kubernetes know; an empty list means that nothing is.

import { randomInt } from 'node:crypto';

const bytes = (text: string): number => Buffer.byteLength(text);
const tooLong = (limit: number): string => `must be no more than ${limit} characters`;

const subdomainPattern = '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*';
const subdomainText = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomainPattern}')`;
const labelPattern = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const labelText = `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${labelPattern}')`;
const namePartPattern = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const namePartText = `name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${namePartPattern}')`;
const labelValuePattern = '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?';
const labelValueText = `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '${labelValuePattern}')`;

/** Checks a length, then a pattern that may not backtrack badly: the length bounds what the pattern sees. */
const format = (limit: number, pattern: string, text: string) => {
  const whole = new RegExp(`^(?:${pattern})$`);
  return (value: string): string[] => {
    const problems = bytes(value) > limit ? [tooLong(limit)] : [];
    if (!whole.test(value.slice(0, 2 * limit))) problems.push(text);
    return problems;
  };
};

export const dns1123Subdomain = format(253, subdomainPattern, subdomainText);

const scoredLabelPattern = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const scoredPattern = `${scoredLabelPattern}(\\.${scoredLabelPattern})*`;
const scoredText = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${scoredPattern}')`;
/** A domain that may have labels such as `_tcp` (RFC 2782). */
export const dns1123SubdomainWithUnderscore = format(253, scoredPattern, scoredText);

const plainLabel = format(63, labelPattern, labelText);
/** Of what would be a name with dots, the dots are what is wrong. */
export const dns1123Label = (value: string): string[] =>
  plainLabel(value).map((text) =>
    text === labelText && dns1123Subdomain(value).length === 0 ? 'must not contain dots' : text,
  );
export const labelValue = format(63, labelValuePattern, labelValueText);
const namePart = format(63, namePartPattern, namePartText);

const wildcardPattern = `\\*\\.${subdomainPattern}`;
const wildcardText = `a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '${wildcardPattern}')`;
/** `*.example.com` (RFC 1034 §4.3.3). */
export const wildcardDns1123Subdomain = format(253, wildcardPattern, wildcardText);

/** What can stand between two slashes of a URL: names of kinds and objects that other rules do not bind. */
export function pathSegment(value: string): string[] {
  if (value === '.' || value === '..') return [`may not be '${value}'`];
  return ['/', '%']
    .filter((character) => value.includes(character))
    .map((character) => `may not contain '${character}'`);
}

/** A label key, an annotation key in lower case, an `appProtocol`: `[prefix/]name`. */
export function qualifiedName(value: string): string[] {
  const [first = '', second, ...more] = value.split('/');
  if (more.length > 0) {
    return [
      `a qualified name ${namePartText.slice('name part '.length, -1)}) with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const problems: string[] = [];
  if (second !== undefined) {
    if (first === '') problems.push('prefix part must be non-empty');
    else problems.push(...dns1123Subdomain(first).map((text) => `prefix part ${text}`));
  }
  const name = second ?? first;
  if (name === '') problems.push('name part must be non-empty');
  problems.push(...namePart(name).map((text) => (text === namePartText ? text : `name part ${text}`)));
  return problems;
}

/** The name of a port that a `targetPort` may give (RFC 6335 service name, lower case). */
export function portName(value: string): string[] {
  const problems: string[] = [];
  if (bytes(value) > 15) problems.push('must be no more than 15 characters');
  if (!/^[-a-z0-9]+$/.test(value))
    problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(value)) problems.push('must contain at least one letter (a-z)');
  if (value.includes('--')) problems.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) problems.push('must not begin or end with a hyphen');
  return problems;
}

/** A key of a ConfigMap or Secret: a file name that cannot climb out of its directory. */
export function dataKey(value: string): string[] {
  const problems = bytes(value) > 253 ? [tooLong(253)] : [];
  if (!/^[-._a-zA-Z0-9]+$/.test(value)) {
    problems.push(
      "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
    );
  }
  if (value === '.') problems.push("must not be '.'");
  else if (value.startsWith('..')) problems.push("must not start with '..'");
  return problems;
}

/** An environment variable's name: anything printable but `=`. */
export const envVarName = (value: string): string[] =>
  value !== '' && /^[\x20-\x3c\x3e-\x7e]+$/.test(value)
    ? []
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"];

const suffixAlphabet = 'bcdfghjklmnpqrstvwxz2456789';
/** `prefix` (cut so that the name stays a DNS label) and five characters that spell no words. */
export function generateName(prefix: string): string {
  let name = prefix.slice(0, 58);
  for (let i = 0; i < 5; i++) name += suffixAlphabet[randomInt(suffixAlphabet.length)];
  return name;
}
