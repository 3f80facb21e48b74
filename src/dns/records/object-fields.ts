// Fields of objects of the API, read with suspicion: whoever sends them need not be who they say, and what cannot be sent to a
// client must not come into the index. Absent and null are the same.

import { isIPv4, isIPv6 } from 'node:net';

/** An object that is not what its kind says. The message tells the field and what is in it. */
export class MalformedObject extends Error {
  override name = 'MalformedObject';
}

const malformed = (path: string, wanted: string, value: unknown): MalformedObject =>
  new MalformedObject(`${path}: must be ${wanted}, not ${inShort(value)}`);

/** A value of JSON for a message, whatever its size. */
export function inShort(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value !== 'string' || value.length <= 40) return `${JSON.stringify(value)}`;
  return `${JSON.stringify(value.slice(0, 40))}…`;
}

/** No name of Kubernetes is longer. */
const longestName = 253;

/** Throws MalformedObject. Empty when absent. */
export function textAt(path: string, value: unknown, longest = longestName): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw malformed(path, 'text', value);
  if (value.length > longest) throw malformed(path, `a text of at most ${longest} characters`, value);
  return value;
}

/** Throws MalformedObject, also for an element that is no object. Empty when absent. */
export function objectsAt<T extends object>(path: string, value: readonly T[] | null | undefined): readonly T[] {
  const list = listAt(path, value);
  for (const element of list) fieldsAt(`${path}[]`, element ?? false);
  return list;
}

/** Throws MalformedObject, also for an element that is no text. Empty when absent. */
export function textsAt(path: string, value: readonly string[] | null | undefined): readonly string[] {
  const list = listAt(path, value);
  for (const element of list) if (typeof element !== 'string') throw malformed(`${path}[]`, 'text', element);
  return list;
}

/** Throws MalformedObject. Without fields when absent. */
export function fieldsAt<T extends object>(path: string, value: T | false | null | undefined): Partial<T> {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw malformed(path, 'an object', value);
  return value;
}

/** Throws MalformedObject. */
export function portAt(path: string, value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 65535) return value;
  throw malformed(path, 'a number from 0 to 65535', value);
}

/** Whether it can stand in an A or AAAA record: not with a scope, as in `fe80::1%eth0`. */
export const isAddress = (text: string): boolean => isIPv4(text) || (isIPv6(text) && !text.includes('%'));

function listAt<T>(path: string, value: readonly T[] | null | undefined): readonly T[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw malformed(path, 'a list', value);
  return value;
}
