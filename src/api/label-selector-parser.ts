// The text of a label selector, as in `?labelSelector=` (api.md §7), into requirements. Recursive descent over tokens; what
// is wrong is said in upstream's words, because people search for them.

import { badRequest } from './errors.ts';
import { labelValue, qualifiedName } from './names.ts';

export type Operator = '=' | '!=' | 'in' | 'notin' | 'exists' | '!' | '>' | '<';
export interface Requirement {
  readonly key: string;
  readonly operator: Operator;
  readonly values: readonly string[];
}

/** Throws 400 when `text` is no selector. An empty one has no requirements. */
export function parseRequirements(text: string): Requirement[] {
  const tokens = new Tokens(text);
  const requirements: Requirement[] = [];
  for (;;) {
    if (tokens.isAtEnd) return requirements;
    if (!tokens.beginsRequirement) fail(`found '${tokens.next}', expected: !, identifier, or 'end of string'`);
    requirements.push(requirement(tokens));
    if (tokens.isAtEnd) return requirements;
    const separator = tokens.take();
    if (separator !== ',') fail(`found '${separator}', expected: ',' or 'end of string'`);
    if (!tokens.beginsRequirement) fail(`found '${tokens.next}', expected: identifier after ','`);
  }
}

class Tokens {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = text.match(/==|!=|[=!<>(),]|[^\s=!<>(),]+/g) ?? [];
  }

  /** Empty at the end. */
  get next(): string {
    return this.#tokens[this.#at] ?? '';
  }
  get isAtEnd(): boolean {
    return this.#at >= this.#tokens.length;
  }
  get isWord(): boolean {
    return !this.isAtEnd && !/^[=!<>(),]/.test(this.next);
  }
  get beginsRequirement(): boolean {
    return this.isWord || this.next === '!';
  }

  take(): string {
    const token = this.next;
    this.#at++;
    return token;
  }
}

const fail = (why: string): never => {
  throw badRequest(why);
};
const failRequirement = (why: string): never => fail(`unable to parse requirement: ${why}`);

function requirement(tokens: Tokens): Requirement {
  const isAbsent = tokens.next === '!';
  if (isAbsent) tokens.take();
  if (!tokens.isWord) failRequirement(`found '${tokens.next}', expected: identifier`);
  const key = tokens.take();
  const problems = qualifiedName(key);
  if (problems.length > 0) failRequirement(`key: Invalid value: ${JSON.stringify(key)}: ${problems.join('; ')}`);
  if (isAbsent) return { key, operator: '!', values: [] };
  if (tokens.isAtEnd || tokens.next === ',') return { key, operator: 'exists', values: [] };
  const token = tokens.take();
  switch (token) {
    case '=':
    case '==':
      return checked({ key, operator: '=', values: [exactValue(tokens)] });
    case '!=':
      return checked({ key, operator: '!=', values: [exactValue(tokens)] });
    case 'in':
    case 'notin':
      return checked({ key, operator: token, values: valueSet(tokens) });
    case '>':
    case '<':
      return checked({ key, operator: token, values: [exactValue(tokens)] });
    default:
      return failRequirement(`found '${token}', expected: in, notin, =, ==, !=, gt, lt`);
  }
}

function exactValue(tokens: Tokens): string {
  if (tokens.isAtEnd || tokens.next === ',') return '';
  if (!tokens.isWord) failRequirement(`found '${tokens.next}', expected: identifier`);
  return tokens.take();
}

/** `(a,b)`; `()`, `(,a)` and `(a,)` have an empty value among them. */
function valueSet(tokens: Tokens): string[] {
  const opening = tokens.take();
  if (opening !== '(') failRequirement(`found '${opening}' expected: '('`);
  const values = new Set<string>();
  for (;;) {
    values.add(tokens.isWord ? tokens.take() : '');
    const token = tokens.take();
    if (token === ')') return [...values].sort();
    if (token === ',') continue;
    const wanted = values.size === 1 && values.has('') ? "',', ')' or identifier" : "',' or ')'";
    failRequirement(`found '${token}', expected: ${wanted}`);
  }
}

export const isInteger = (text: string | undefined): text is string => text !== undefined && /^-?\d{1,19}$/.test(text);

function checked(made: Requirement): Requirement {
  const { key, operator, values } = made;
  const errors: string[] = [];
  for (const [index, value] of values.entries()) {
    if ((operator === '>' || operator === '<') && !isInteger(value)) {
      const why = "for 'Gt', 'Lt' operators, the value must be an integer";
      errors.push(`values[${index}]: Invalid value: ${JSON.stringify(value)}: ${why}`);
    }
    const problems = labelValue(value);
    if (problems.length > 0) {
      errors.push(`values[${index}][${key}]: Invalid value: ${JSON.stringify(value)}: ${problems.join('; ')}`);
    }
  }
  if (errors.length > 0) failRequirement(errors.length === 1 ? (errors[0] as string) : `[${errors.join(', ')}]`);
  return made;
}
