// One step of a path in FieldsV1: `f:name` a field, `k:{...}` an item of a list by its keys, `v:...` a member of a set,
// `i:0` an item by its place. A step is kept as that text, its only form everywhere; here it is read, brought into
// canonical spelling, put in upstream's order, and written the way people see it in conflicts (api.md §10.3).

import { isObject } from '../json.ts';

/** The step that stands for the node itself: `.` */
export const self = '.';

export const fieldElement = (name: string): string => `f:${name}`;
export const valueElement = (value: unknown): string => `v:${JSON.stringify(value)}`;

/**
 * The canonical spelling of a step that a client wrote. Undefined for kinds of steps that a later version may know.
 * Throws a SyntaxError for what cannot be a step.
 */
export function canonicalElement(text: string): string | undefined {
  if (text[1] !== ':') throw new SyntaxError(`missing colon: ${text}`);
  const rest = text.slice(2);
  switch (text[0]) {
    case 'f':
      return text;
    case 'v':
      return valueElement(JSON.parse(rest));
    case 'k': {
      const keys: unknown = JSON.parse(rest);
      if (!isObject(keys)) throw new SyntaxError(`the keys of an item must be an object: ${text}`);
      return `k:${JSON.stringify(Object.fromEntries(Object.entries(keys).sort(([a], [b]) => (a < b ? -1 : 1))))}`;
    }
    case 'i':
      if (!/^[-+]?\d{1,15}$/.test(rest)) throw new SyntaxError(`not a number: ${text}`);
      return `i:${Number(rest)}`;
    default:
      return undefined;
  }
}

/** The order of steps beside each other: the node itself, fields by name, then keys, values and places by value. */
export function compareElements(a: string, b: string): number {
  if (a === b) return 0;
  const first = rank(a) - rank(b);
  if (first !== 0) return first;
  switch (a[0]) {
    case 'k':
      return compareKeys(Object.entries(JSON.parse(a.slice(2))), Object.entries(JSON.parse(b.slice(2))));
    case 'v':
      return compareValues(JSON.parse(a.slice(2)), JSON.parse(b.slice(2)));
    case 'i':
      return Number(a.slice(2)) - Number(b.slice(2));
    default:
      return a < b ? -1 : 1;
  }
}

const rank = (element: string): number => '.fkvi'.indexOf(element[0] ?? '');

type Entry = [name: string, value: unknown];
function compareKeys(a: readonly Entry[], b: readonly Entry[]): number {
  for (const [index, [name, value]] of a.entries()) {
    const other = b[index];
    if (!other) return 1;
    if (name !== other[0]) return name < other[0] ? -1 : 1;
    const order = compareValues(value, other[1]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** Numbers before texts before booleans before everything else. */
function compareValues(a: unknown, b: unknown): number {
  const kinds = ['number', 'string', 'boolean'];
  const [kind, other] = [kinds.indexOf(typeof a), kinds.indexOf(typeof b)];
  if (kind !== other) return (kind < 0 ? kinds.length : kind) - (other < 0 ? kinds.length : other);
  if (kind < 0) [a, b] = [JSON.stringify(a), JSON.stringify(b)];
  if (a === b) return 0;
  return (a as string) < (b as string) ? -1 : 1;
}

/** As in `.spec.containers[name="app"]` or `.metadata.finalizers[="x"]`. */
export function formatElement(element: string): string {
  const rest = element.slice(2);
  switch (element[0]) {
    case 'k': {
      const keys = Object.entries(JSON.parse(rest)).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
      return `[${keys.join(',')}]`;
    }
    case 'v':
      return `[=${rest}]`;
    case 'i':
      return `[${rest}]`;
    default:
      return `.${rest}`;
  }
}

export const formatPath = (path: readonly string[]): string => path.map(formatElement).join('');
