// What a rule reads, as a tree, and the words that make it (nft(8), "Payload expressions", "Meta", "Conntrack", "FIB").

import { type Field, fields } from '../fields.ts';
import { parseRange, type Range, type ValueType } from '../values.ts';
import type { Tokens } from './tokens.ts';

export type Expression =
  | { readonly kind: 'field'; readonly words: string; readonly field: Field }
  | { readonly kind: 'number'; readonly value: bigint }
  | { readonly kind: 'address'; readonly type: 'ipv4' | 'ipv6'; readonly address: bigint; readonly port?: bigint }
  | { readonly kind: 'numgen'; readonly mod: bigint; readonly offset: bigint }
  | {
      readonly kind: 'jhash';
      readonly of: Expression;
      readonly mod: bigint;
      readonly seed: bigint;
      readonly offset: bigint;
    }
  | { readonly kind: 'bits'; readonly operator: BitOperator; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'concatenation'; readonly parts: readonly Expression[] }
  | { readonly kind: 'map'; readonly key: Expression; readonly map: string };

export type BitOperator = keyof typeof bitOperations;
const bitWords = { '&': '&', and: '&', '|': '|', or: '|', '^': '^', xor: '^' } as const;
export const bitOperations = {
  '&': (a: bigint, b: bigint) => a & b,
  '|': (a: bigint, b: bigint) => a | b,
  '^': (a: bigint, b: bigint) => a ^ b,
} as const;

/** A concatenation or its only part, looked up in a map where the rule says so. */
export function parseExpression(tokens: Tokens): Expression {
  const parts = [parseBits(tokens)];
  while (tokens.take('.')) parts.push(parseBits(tokens));
  const key: Expression = parts.length === 1 ? (parts[0] as Expression) : { kind: 'concatenation', parts };
  return tokens.take('map') ? { kind: 'map', key, map: parseSetName(tokens) } : key;
}

export function parseSetName(tokens: Tokens): string {
  const word = tokens.next();
  if (!/^@[\w-]+$/.test(word)) throw tokens.error(`"${word}" is no named set`);
  return word.slice(1);
}

function parseBits(tokens: Tokens): Expression {
  let left = parsePrimary(tokens);
  for (;;) {
    const word = tokens.takeOne(Object.keys(bitWords) as (keyof typeof bitWords)[]);
    if (word === undefined) return left;
    left = { kind: 'bits', operator: bitWords[word], left, right: parsePrimary(tokens) };
  }
}

function parsePrimary(tokens: Tokens): Expression {
  for (const length of [4, 3, 2]) {
    const words = Array.from({ length }, (_, i) => tokens.peek(i));
    const field = fields.get(words.join(' '));
    if (!field) continue;
    tokens.take(...words);
    return { kind: 'field', words: words.join(' '), field };
  }
  if (tokens.take('numgen', 'random', 'mod')) {
    const mod = tokens.number();
    return { kind: 'numgen', mod, offset: tokens.take('offset') ? tokens.number() : 0n };
  }
  if (tokens.take('jhash')) return parseJhash(tokens);
  const address = parseAddressAndPort(tokens.peek());
  if (address) {
    tokens.next();
    return address;
  }
  if (/^(0x|\d)/.test(tokens.peek())) return { kind: 'number', value: tokens.number() };
  throw tokens.error('this expression is not understood');
}

/** Of an address, and with a seed: without, the kernel draws one. */
function parseJhash(tokens: Tokens): Expression {
  const of = parsePrimary(tokens);
  const type = typesOfExpression(of)?.[0];
  if (of.kind !== 'field' || (type !== 'ipv4' && type !== 'ipv6'))
    throw tokens.error('jhash is known of addresses only');
  tokens.expect('mod');
  const mod = tokens.number();
  tokens.expect('seed');
  const seed = tokens.number();
  return { kind: 'jhash', of, mod, seed, offset: tokens.take('offset') ? tokens.number() : 0n };
}

/** `10.0.0.1`, `10.0.0.1:80`, `fd00::1`, `[fd00::1]:80`. */
function parseAddressAndPort(word: string): Expression | undefined {
  const [, address = word, port] = /^(\d+\.\d+\.\d+\.\d+):(\d+)$/.exec(word) ?? /^\[(.*)\]:(\d+)$/.exec(word) ?? [];
  for (const type of ['ipv4', 'ipv6'] as const) {
    const range = parseRange(type, address);
    if (range?.first !== range?.last || !range) continue;
    return { kind: 'address', type, address: range.first, ...(port !== undefined && { port: BigInt(port) }) };
  }
  return undefined;
}

/** The types of the values that it gives; undefined for a map, which knows its own, and for what is compared by name. */
export function typesOfExpression(expression: Expression): readonly ValueType[] | undefined {
  switch (expression.kind) {
    case 'field': {
      const { type } = expression.field;
      return type === 'ct state' || type === 'ct status' || type === 'address type' ? undefined : [type];
    }
    case 'number':
    case 'numgen':
    case 'jhash':
      return ['integer'];
    case 'address':
      return [expression.type, ...(expression.port === undefined ? [] : (['port'] as const))];
    case 'bits':
      return typesOfExpression(expression.left);
    case 'concatenation': {
      const types = expression.parts.map(typesOfExpression);
      return types.every((type) => type !== undefined) ? types.flat() : undefined;
    }
    case 'map':
      return undefined;
  }
}

/** `10.0.0.0/8`, `80-90`, `10.0.0.1 . tcp . 80`: for each part of the left side what it may be. */
export function parseRanges(tokens: Tokens, types: readonly ValueType[]): readonly Range[] {
  return types.map((type, i) => {
    if (i > 0) tokens.expect('.');
    const range = parseRange(type, tokens.peek());
    if (!range) throw tokens.error(`this is no ${type}`);
    tokens.next();
    return range;
  });
}
