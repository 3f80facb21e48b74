// Label selectors in their three forms: the text of a query (api.md §7), the LabelSelector of a workload, and the plain
// map of a Service. One requirement is the common form behind all of them.

import { badRequest } from './errors.ts';
import { labelValue, qualifiedName } from './names.ts';
import type { LabelSelector } from './schema/meta.ts';

export type Labels = Record<string, string>;
type Operator = '=' | '!=' | 'in' | 'notin' | 'exists' | '!' | '>' | '<';
interface Requirement {
  readonly key: string;
  readonly operator: Operator;
  readonly values: readonly string[];
}

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
const isInteger = (text: string | undefined): text is string => text !== undefined && /^-?\d{1,19}$/.test(text);

/** A predicate on an object's labels; throws 400 when `text` is no selector. An empty selector matches everything. */
export function parseLabelSelector(text: string): (labels: Labels | undefined) => boolean {
  const requirements = parse(text);
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

const operators: Readonly<Record<string, Operator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
};
function requirementsOf({ matchLabels, matchExpressions }: LabelSelector): Requirement[] {
  const pairs = Object.entries(matchLabels ?? {}).map(([key, value]) => ({
    key,
    operator: '=' as const,
    values: [value],
  }));
  const expressions = (matchExpressions ?? []).map(({ key, operator, values }) => ({
    key,
    // Validation lets no other operator in; one that got in all the same must not select.
    operator: operators[operator] ?? ('in' as const),
    values: operators[operator] ? (values ?? []) : [],
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

const fail = (why: string): never => {
  throw badRequest(`unable to parse requirement: ${why}`);
};

/** Recursive descent over the tokens; the grammar is small enough to need no tree. */
function parse(text: string): Requirement[] {
  const tokens = text.match(/==|!=|[=!<>(),]|[^\s=!<>(),]+/g) ?? [];
  let at = 0;
  const isWord = (token: string | undefined): boolean => token !== undefined && !/^[=!<>(),]/.test(token);
  const take = (): string => tokens[at++] ?? '';
  const word = (): string => (isWord(tokens[at]) ? take() : '');
  const expect = (token: string): void => {
    if (tokens[at] !== token) fail(`found '${tokens[at] ?? ''}', expected: '${token}'`);
    at++;
  };
  const key = (): string => {
    const name = word();
    if (name === '') fail(`found '${tokens[at] ?? ''}', expected: !, identifier, or 'end of string'`);
    const problem = qualifiedName(name)[0];
    return problem ? fail(`key: Invalid value: ${JSON.stringify(name)}: ${problem}`) : name;
  };
  const checked = (name: string, values: string[]): string[] => {
    for (const value of values) {
      const problem = labelValue(value)[0];
      if (problem) fail(`values[0][${name}]: Invalid value: ${JSON.stringify(value)}: ${problem}`);
    }
    return values;
  };
  const set = (): string[] => {
    expect('(');
    const values = [word()];
    while (tokens[at] === ',') {
      at++;
      values.push(word());
    }
    expect(')');
    return values;
  };
  const requirement = (): Requirement => {
    if (tokens[at] === '!') {
      at++;
      return { key: key(), operator: '!', values: [] };
    }
    const name = key();
    if (tokens[at] === undefined || tokens[at] === ',') return { key: name, operator: 'exists', values: [] };
    const operator = take();
    switch (operator) {
      case '=':
      case '==':
        return { key: name, operator: '=', values: checked(name, [word()]) };
      case '!=':
        return { key: name, operator: '!=', values: checked(name, [word()]) };
      case 'in':
      case 'notin':
        return { key: name, operator, values: checked(name, set()) };
      case '>':
      case '<': {
        const bound = word();
        if (!isInteger(bound))
          fail(
            `values[0][${name}]: Invalid value: ${JSON.stringify(bound)}: for 'Gt', 'Lt' operators, the value must be an integer`,
          );
        return { key: name, operator, values: [bound] };
      }
      default:
        return fail(`found '${operator}', expected: in, notin, =, ==, !=, >, <`);
    }
  };
  const requirements: Requirement[] = [];
  while (at < tokens.length) {
    if (requirements.length > 0) expect(',');
    requirements.push(requirement());
  }
  return requirements;
}
