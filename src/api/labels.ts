// Label selectors in their three forms: the text of a query (api.md §7), the LabelSelector of a workload, and the plain
// map of a Service. One requirement is the common form behind all of them.

import { isInteger, type Operator, parseRequirements, type Requirement } from './label-selector-parser.ts';
import type { LabelSelector } from './schema/meta.ts';

export type Labels = Record<string, string>;

function holds({ key, operator, values }: Requirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case '=':
    case 'in':
      return value !== undefined && values.includes(value);
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case '>':
      return isInteger(value) && BigInt(value) > BigInt(values[0] as string);
    case '<':
      return isInteger(value) && BigInt(value) < BigInt(values[0] as string);
  }
}

/** A predicate on an object's labels; throws 400 when `text` is no selector. An empty selector matches everything. */
export function parseLabelSelector(text: string): (labels: Labels | undefined) => boolean {
  const requirements = parseRequirements(text);
  return (labels = {}) => requirements.every((requirement) => holds(requirement, labels));
}

/** No selector matches nothing, an empty one everything. */
export function matchesSelector(selector: LabelSelector | undefined, labels: Labels | undefined): boolean {
  return selector !== undefined && requirementsOf(selector).every((requirement) => holds(requirement, labels ?? {}));
}

/** All pairs are among the labels. An empty map matches everything: callers decide what that means to them. */
export const matchesMap = (selector: Labels, labels: Labels | undefined): boolean =>
  Object.entries(selector).every(
    ([key, value]) => labels !== undefined && Object.hasOwn(labels, key) && labels[key] === value,
  );

/** Text that {@link parseLabelSelector} reads; empty for an empty selector. */
export const formatSelector = (selector: LabelSelector | undefined): string =>
  selector === undefined ? '' : requirementsOf(selector).sort(byKey).map(format).join(',');

/** `k=v,k2=v2`, sorted by key; empty for no labels. */
export const formatMap = (labels: Labels | undefined): string =>
  Object.entries(labels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(',');

const operators: ReadonlyMap<string, Operator> = new Map([
  ['In', 'in'],
  ['NotIn', 'notin'],
  ['Exists', 'exists'],
  ['DoesNotExist', '!'],
]);
function requirementsOf({ matchLabels, matchExpressions }: LabelSelector): Requirement[] {
  const pairs = Object.entries(matchLabels ?? {}).map(([key, value]) => ({
    key,
    operator: '=' as const,
    values: [value],
  }));
  const expressions = (matchExpressions ?? []).map(({ key, operator, values }) => ({
    key,
    // Validation lets no other operator in; one that got in all the same must not select.
    operator: operators.get(operator) ?? ('in' as const),
    values: operators.has(operator) ? (values ?? []) : [],
  }));
  return [...pairs, ...expressions];
}

const byKey = (a: Requirement, b: Requirement): number => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
function format({ key, operator, values }: Requirement): string {
  switch (operator) {
    case 'exists':
      return key;
    case '!':
      return `!${key}`;
    case 'in':
    case 'notin':
      return `${key} ${operator} (${[...values].sort().join(',')})`;
    default:
      return `${key}${operator}${values[0] ?? ''}`;
  }
}
