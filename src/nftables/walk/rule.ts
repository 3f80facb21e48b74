// A rule as what it does, statement by statement. What is not understood is an error: a packet that is walked past it would
// prove nothing.

import type { Range, ValueType } from '../values.ts';
import { type Expression, parseExpression, parseRanges, parseSetName, typesOfExpression } from './expressions.ts';
import { Tokens } from './tokens.ts';

export type Verdict =
  | { readonly kind: 'accept' | 'drop' | 'return' | 'continue' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string };

export type Statement =
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  | { readonly kind: 'reject'; readonly with: RejectWith }
  | {
      readonly kind: 'match';
      readonly left: Expression;
      readonly not: boolean;
      readonly right: readonly (readonly Range[])[];
    }
  | { readonly kind: 'lookup'; readonly left: Expression; readonly not: boolean; readonly set: string }
  /** `ct state`, `ct status`: any of these. */
  | { readonly kind: 'flags'; readonly left: 'ct state' | 'ct status'; readonly any: readonly string[] }
  | { readonly kind: 'local'; readonly which: 'saddr' | 'daddr'; readonly not: boolean }
  | { readonly kind: 'vmap'; readonly key: Expression; readonly map: string }
  | { readonly kind: 'inline vmap'; readonly key: Expression; readonly cases: readonly InlineCase[] }
  | { readonly kind: 'dnat'; readonly address: Expression; readonly port?: Expression }
  | { readonly kind: 'masquerade' }
  | { readonly kind: 'set mark'; readonly value: Expression }
  | ({ readonly kind: 'record' } & Recording)
  | { readonly kind: 'nothing' };

/** The kernel's `icmpx` is what fits the family. */
export type RejectWith = 'tcp reset' | 'port-unreachable' | 'admin-prohibited' | 'host-unreachable' | 'no-route';

interface InlineCase {
  readonly ranges: readonly Range[];
  readonly verdict: Verdict;
}

interface Recording {
  readonly verb: 'add' | 'update' | 'delete';
  readonly set: string;
  readonly key: Expression;
  /** Seconds. */
  readonly timeout?: number;
  readonly value?: Expression;
}

const known = new Map<string, readonly Statement[]>();

export function parseRule(text: string): readonly Statement[] {
  const found = known.get(text);
  if (found) return found;
  const tokens = new Tokens(text);
  const statements: Statement[] = [];
  while (!tokens.isAtEnd) statements.push(parseStatement(tokens));
  // Rules are few; those of a test that makes up thousands are not worth keeping.
  if (known.size > 10_000) known.clear();
  known.set(text, statements);
  return statements;
}

function parseStatement(tokens: Tokens): Statement {
  const verdict = parseVerdict(tokens);
  if (verdict) return { kind: 'verdict', verdict };
  if (tokens.take('reject')) return { kind: 'reject', with: parseRejectWith(tokens) };
  if (tokens.take('masquerade')) return parseMasquerade(tokens);
  if (tokens.take('dnat')) return parseDnat(tokens);
  if (tokens.take('meta', 'mark', 'set')) return { kind: 'set mark', value: parseExpression(tokens) };
  if (tokens.take('counter')) return { kind: 'nothing' };
  if (tokens.take('comment')) {
    tokens.next();
    return { kind: 'nothing' };
  }
  const verb = tokens.takeOne(['add', 'update', 'delete']);
  return verb ? { kind: 'record', ...parseRecording(tokens, verb) } : parseComparison(tokens);
}

function parseVerdict(tokens: Tokens): Verdict | undefined {
  const kind = tokens.takeOne(['accept', 'drop', 'return', 'continue', 'jump', 'goto']);
  if (kind === 'jump' || kind === 'goto') return { kind, chain: tokens.next() };
  return kind && { kind };
}

/** A verdict as an element has it. */
export function verdictOf(text: string): Verdict {
  const tokens = new Tokens(text);
  const verdict = parseVerdict(tokens);
  if (!verdict || !tokens.isAtEnd) throw tokens.error('this is no verdict');
  return verdict;
}

function parseRejectWith(tokens: Tokens): RejectWith {
  if (!tokens.take('with')) return 'port-unreachable';
  if (tokens.take('tcp', 'reset')) return 'tcp reset';
  if (!tokens.takeOne(['icmp', 'icmpv6', 'icmpx'])) throw tokens.error('this way to reject is not understood');
  tokens.take('type');
  const type = tokens.takeOne(['port-unreachable', 'admin-prohibited', 'host-unreachable', 'no-route']);
  if (!type) throw tokens.error('this way to reject is not understood');
  return type;
}

function parseMasquerade(tokens: Tokens): Statement {
  while (tokens.takeOne(['random', 'fully-random', 'persistent', ','])) {}
  return { kind: 'masquerade' };
}

function parseDnat(tokens: Tokens): Statement {
  if (!tokens.take('to')) {
    if (!tokens.takeOne(['ip', 'ip6'])) throw tokens.error('expected "to"');
    tokens.expect('to');
  }
  const address = parseExpression(tokens);
  return { kind: 'dnat', address, ...(tokens.take(':') && { port: parseExpression(tokens) }) };
}

function parseRecording(tokens: Tokens, verb: Recording['verb']): Recording {
  const set = parseSetName(tokens);
  tokens.expect('{');
  const key = parseExpression(tokens);
  const timeout = tokens.take('timeout') ? parseSeconds(tokens) : undefined;
  const value = tokens.take(':') ? parseExpression(tokens) : undefined;
  tokens.expect('}');
  return { verb, set, key, ...(timeout !== undefined && { timeout }), ...(value && { value }) };
}

function parseSeconds(tokens: Tokens): number {
  const [, seconds] = /^(\d+)s$/.exec(tokens.peek()) ?? [];
  if (seconds === undefined) throw tokens.error('a timeout is written in seconds, as 10800s');
  tokens.next();
  return Number(seconds);
}

function parseComparison(tokens: Tokens): Statement {
  const left = parseExpression(tokens);
  if (tokens.take('vmap')) return parseVmap(tokens, left);
  const equals = tokens.take('==');
  const not = !equals && tokens.take('!=');
  if (tokens.peek().startsWith('@')) return { kind: 'lookup', left, not, set: parseSetName(tokens) };
  if (left.kind === 'field') {
    const { type } = left.field;
    if (type === 'ct state' || type === 'ct status') return parseFlags(tokens, type, equals || not);
    if (type === 'address type') return parseLocal(tokens, left.words, not);
  }
  const types = typesToCompare(tokens, left);
  return { kind: 'match', left, not, right: parseList(tokens, () => parseRanges(tokens, types)) };
}

function typesToCompare(tokens: Tokens, left: Expression): readonly ValueType[] {
  const types = typesOfExpression(left);
  if (types) return types;
  throw tokens.error('nothing can be compared with this');
}

const flagNames = {
  'ct state': ['invalid', 'established', 'related', 'new', 'untracked'],
  'ct status': ['expected', 'seen-reply', 'assured', 'confirmed', 'snat', 'dnat', 'dying'],
} as const;

function parseFlags(tokens: Tokens, left: 'ct state' | 'ct status', hasOperator: boolean): Statement {
  if (hasOperator) throw tokens.error(`${left} is compared without an operator only`);
  const one = () => {
    const name = tokens.takeOne(flagNames[left]);
    if (!name) throw tokens.error(`this is no ${left}`);
    return name;
  };
  if (tokens.peek() === '{') return { kind: 'flags', left, any: parseList(tokens, one) };
  const any = [one()];
  while (tokens.take(',')) any.push(one());
  return { kind: 'flags', left, any };
}

function parseLocal(tokens: Tokens, words: string, not: boolean): Statement {
  if (!tokens.take('local')) throw tokens.error('of address types only "local" is known');
  return { kind: 'local', which: words.includes('saddr') ? 'saddr' : 'daddr', not };
}

function parseVmap(tokens: Tokens, key: Expression): Statement {
  if (tokens.peek() !== '{') return { kind: 'vmap', key, map: parseSetName(tokens) };
  const types = typesToCompare(tokens, key);
  const cases = parseList(tokens, () => {
    const ranges = parseRanges(tokens, types);
    tokens.expect(':');
    const verdict = parseVerdict(tokens);
    if (!verdict) throw tokens.error('this is no verdict');
    return { ranges, verdict };
  });
  return { kind: 'inline vmap', key, cases };
}

/** One, or several in braces. */
function parseList<T>(tokens: Tokens, one: () => T): T[] {
  if (!tokens.take('{')) return [one()];
  const list: T[] = [];
  do {
    if (tokens.peek() !== '}') list.push(one());
  } while (tokens.take(','));
  tokens.expect('}');
  return list;
}
