// One rule against one packet.

import { NftError } from '../errors.ts';
import type { FakeSet } from '../fake-set.ts';
import { jhash } from '../jhash.ts';
import { inRange, type ValueType, valueText } from '../values.ts';
import { bitOperations, type Expression } from './expressions.ts';
import type { Flow } from './flow.ts';
import { parseRule, type RejectWith, type Statement, type Verdict, verdictOf } from './rule.ts';

export interface Surroundings {
  /** Of the rule's table. */
  readonly sets: ReadonlyMap<string, FakeSet>;
  readonly hook: string;
  readonly isNat: boolean;
  /** From 0 to below 1. */
  readonly random: () => number;
}

export type Decision = Verdict | { readonly kind: 'reject'; readonly with: RejectWith };

/** What a rule that matched decided; `continue` when nothing. Undefined: it did not match. */
export function evaluate(rule: string, flow: Flow, around: Surroundings): Decision | undefined {
  for (const statement of parseRule(rule)) {
    const result = new Evaluation(flow, around).statement(statement);
    if (result === 'no match') return undefined;
    if (result !== 'match') return result;
  }
  return { kind: 'continue' };
}

/** Values in their order; undefined when the packet lacks one or a map has no such element. */
type Values = readonly bigint[] | undefined;

class Evaluation {
  readonly #flow: Flow;
  readonly #around: Surroundings;

  constructor(flow: Flow, around: Surroundings) {
    this.#flow = flow;
    this.#around = around;
  }

  statement(statement: Statement): Decision | 'match' | 'no match' {
    const flow = this.#flow;
    switch (statement.kind) {
      case 'nothing':
        return 'match';
      case 'verdict':
        return statement.verdict.kind === 'continue' ? 'match' : statement.verdict;
      case 'reject':
        // nft adds the condition itself.
        if (statement.with === 'tcp reset' && flow.protocol !== 6n) return 'no match';
        return { kind: 'reject', with: statement.with };
      case 'match': {
        const values = this.#values(statement.left);
        if (!values) return 'no match';
        const isIn = statement.right.some((ranges) => ranges.every((range, i) => inRange(values[i] as bigint, range)));
        return isIn !== statement.not ? 'match' : 'no match';
      }
      case 'lookup': {
        const values = this.#values(statement.left);
        if (!values) return 'no match';
        return (this.#set(statement.set).find(values) !== undefined) !== statement.not ? 'match' : 'no match';
      }
      case 'flags': {
        const has = (name: string) => (statement.left === 'ct state' ? name === 'new' : flow.hasStatus(name));
        return statement.any.some(has) ? 'match' : 'no match';
      }
      case 'local':
        return flow.isLocal(flow.now[statement.which]) !== statement.not ? 'match' : 'no match';
      case 'vmap': {
        const values = this.#values(statement.key);
        const element = values && this.#set(statement.map).find(values);
        return element?.value === undefined ? 'no match' : verdictOf(element.value);
      }
      case 'inline vmap': {
        const values = this.#values(statement.key);
        const found =
          values &&
          statement.cases.find(({ ranges }) => ranges.every((range, i) => inRange(values[i] as bigint, range)));
        return found?.verdict ?? 'no match';
      }
      case 'dnat':
        return this.#dnat(statement);
      case 'masquerade':
        this.#mustBeNatIn('masquerade', ['postrouting']);
        flow.masquerade();
        return { kind: 'accept' };
      case 'set mark': {
        const mark = this.#values(statement.value)?.[0];
        if (mark === undefined) return 'no match';
        flow.mark = mark;
        return 'match';
      }
      case 'record':
        return this.#record(statement) ? 'match' : 'no match';
    }
  }

  #dnat({ address, port }: Extract<Statement, { kind: 'dnat' }>): Decision | 'no match' {
    this.#mustBeNatIn('dnat', ['prerouting', 'output']);
    const target = this.#values(address);
    const portAlone = port && this.#values(port);
    if (target?.[0] === undefined || (port && !portAlone)) return 'no match';
    this.#flow.translate(target[0], portAlone ? portAlone[0] : target[1]);
    return { kind: 'accept' };
  }

  #record({ verb, set: name, key, timeout, value }: Extract<Statement, { kind: 'record' }>): boolean {
    const set = this.#set(name);
    const keyValues = this.#values(key);
    const values = value && this.#values(value);
    if (!keyValues || (value && !values)) return false;
    return set.record(verb, {
      key: set.keyText(keyValues),
      ...(values && { value: values.map((one, i) => valueText(set.valueTypes?.[i] as ValueType, one)).join(' . ') }),
      ...(timeout !== undefined && { timeout }),
    });
  }

  #values(expression: Expression): Values {
    switch (expression.kind) {
      case 'field': {
        const value = this.#flow.read(expression.words, expression.field);
        return value === undefined ? undefined : [value];
      }
      case 'number':
        return [expression.value];
      case 'address':
        return expression.port === undefined ? [expression.address] : [expression.address, expression.port];
      case 'numgen':
        return [expression.offset + BigInt(Math.floor(this.#around.random() * Number(expression.mod)))];
      case 'jhash': {
        const [value] = this.#values(expression.of) ?? [];
        if (value === undefined) return undefined;
        const digits = this.#flow.family === 'ip' ? 8 : 32;
        const bytes = Buffer.from(value.toString(16).padStart(digits, '0'), 'hex');
        return [expression.offset + BigInt(jhash(bytes, Number(expression.seed), Number(expression.mod)))];
      }
      case 'bits': {
        const [left, right] = [this.#values(expression.left)?.[0], this.#values(expression.right)?.[0]];
        return left === undefined || right === undefined
          ? undefined
          : [bitOperations[expression.operator](left, right)];
      }
      case 'concatenation': {
        const parts = expression.parts.map((part) => this.#values(part));
        return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
      }
      case 'map': {
        const key = this.#values(expression.key);
        const map = this.#set(expression.map);
        const element = key && map.find(key);
        return element && map.valuesOf(element);
      }
    }
  }

  #set(name: string): FakeSet {
    const set = this.#around.sets.get(name);
    if (set) return set;
    throw new NftError('NotFound', `no set or map ${name}`);
  }

  /** As the kernel sees to it when the rule is written. */
  #mustBeNatIn(what: string, hooks: readonly string[]): void {
    const { hook, isNat } = this.#around;
    if (!isNat || !hooks.includes(hook))
      throw new NftError('Failed', `${what} in a chain that is not nat ${hooks.join(' or ')}`);
  }
}
