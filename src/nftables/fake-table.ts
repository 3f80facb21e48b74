// Tables in memory, and what the operations of a transaction make of them. A draft shares with the tables before it what it does
// not change, so a refused transaction is undone by forgetting the draft.

import { NftError } from './errors.ts';
import { FakeSet } from './fake-set.ts';
import {
  type Chain,
  type Element,
  type NamedSet,
  type Rule,
  setDefinition,
  type TableRef,
  tableText,
} from './objects.ts';
import type { Operation } from './transaction.ts';

export interface FakeChain {
  readonly definition: Chain;
  readonly rules: readonly string[];
}
export interface FakeTable {
  readonly family: TableRef['family'];
  readonly chains: Map<string, FakeChain>;
  readonly sets: Map<string, FakeSet>;
}

/** The tables as they are after some operations on one of them. */
export class Draft {
  readonly tables: Map<string, FakeTable>;
  readonly #ref: TableRef;
  readonly #now: () => number;
  readonly #ownSets = new Set<FakeSet>();

  constructor(tables: ReadonlyMap<string, FakeTable>, ref: TableRef, now: () => number) {
    this.tables = new Map(tables);
    this.#ref = ref;
    this.#now = now;
    const table = tables.get(tableText(ref));
    if (table) {
      this.tables.set(tableText(ref), { ...table, chains: new Map(table.chains), sets: new Map(table.sets) });
    }
  }

  apply(operation: Operation): void {
    switch (operation.verb) {
      case 'addTable':
        if (!this.tables.has(tableText(this.#ref))) {
          this.tables.set(tableText(this.#ref), { family: this.#ref.family, chains: new Map(), sets: new Map() });
        }
        return;
      case 'deleteTable':
        if (!this.tables.delete(tableText(this.#ref))) throw notFound(`no table ${tableText(this.#ref)}`);
        return;
      case 'add':
        this.#add(operation.object);
        return;
      case 'delete':
        if (operation.object.kind === 'chain') this.#deleteChain(operation.object.name);
        else this.#deleteSet(operation.object.name);
        return;
      case 'flush':
        if (operation.object.kind === 'chain') this.#setRules(operation.object.name, []);
        else this.#setToChange(operation.object.name).clear();
        return;
      case 'addElements': {
        const set = this.#setToChange(operation.set);
        for (const element of operation.elements) {
          if (set.isVerdictMap) this.#checkTarget(set, element);
          set.add(element);
        }
        return;
      }
      case 'deleteElements': {
        const set = this.#setToChange(operation.set);
        for (const element of operation.elements) set.delete(element);
      }
    }
  }

  #checkTarget(set: FakeSet, { key, value = '' }: Element): void {
    const missing = chainsNamedIn(value).find((chain) => !this.#table.chains.has(chain));
    if (missing === undefined) return;
    const element = { set: set.definition.name, key, value };
    throw new NftError('NotFound', `No such file or directory: no chain ${missing}`, { element });
  }

  #add(object: Chain | Rule | NamedSet): void {
    const { chains, sets } = this.#table;
    switch (object.kind) {
      case 'chain':
        if (object.hook?.type === 'nat' && object.hook.priority <= -200) {
          throw new NftError('Failed', 'Operation not supported: nat before conntrack');
        }
        if (!chains.has(object.name)) chains.set(object.name, { definition: object, rules: [] });
        return;
      case 'rule':
        for (const chain of chainsNamedIn(object.expression)) this.#chain(chain);
        for (const set of setsNamedIn(object.expression)) this.#set(set);
        this.#setRules(object.chain, [...this.#chain(object.chain).rules, object.expression]);
        return;
      case 'set': {
        const found = sets.get(object.name);
        if (!found) sets.set(object.name, new FakeSet(object, this.#now));
        else if (identity(found.definition) !== identity(object)) {
          throw new NftError('Exists', 'File exists: with another definition');
        }
      }
    }
  }

  #deleteChain(name: string): void {
    this.#chain(name);
    const { chains, sets } = this.#table;
    const rules = [...chains.values()]
      .filter(({ definition }) => definition.name !== name)
      .flatMap(({ rules }) => rules);
    const values = [...sets.values()].filter((set) => set.isVerdictMap).flatMap((set) => set.elements);
    if ([...rules, ...values.map(({ value }) => value ?? '')].some((text) => chainsNamedIn(text).includes(name))) {
      throw busy(name);
    }
    chains.delete(name);
  }

  #deleteSet(name: string): void {
    this.#set(name);
    const { chains, sets } = this.#table;
    const rules = [...chains.values()].flatMap((chain) => chain.rules);
    if (rules.some((rule) => setsNamedIn(rule).includes(name))) throw busy(name);
    sets.delete(name);
  }

  #setRules(name: string, rules: readonly string[]): void {
    this.#table.chains.set(name, { ...this.#chain(name), rules });
  }

  get #table(): FakeTable {
    const table = this.tables.get(tableText(this.#ref));
    if (!table) throw notFound(`no table ${tableText(this.#ref)}`);
    return table;
  }

  #chain(name: string): FakeChain {
    const chain = this.#table.chains.get(name);
    if (!chain) throw notFound(`no chain ${name}`);
    return chain;
  }

  #set(name: string): FakeSet {
    const set = this.#table.sets.get(name);
    if (!set) throw noSet(name);
    return set;
  }

  #setToChange(name: string): FakeSet {
    const set = this.#set(name);
    if (this.#ownSets.has(set)) return set;
    const copy = set.copy();
    this.#ownSets.add(copy);
    this.#table.sets.set(name, copy);
    return copy;
  }
}

/** By what the kernel tells sets apart: their size may differ. */
const identity = (set: NamedSet): string => setDefinition({ ...set, size: undefined }).join();

const chainsNamedIn = (text: string): string[] =>
  [...text.matchAll(/\b(?:goto|jump) ([\w-]+)/g)].map((match) => match[1] as string);
const setsNamedIn = (text: string): string[] => [...text.matchAll(/@([\w-]+)/g)].map((match) => match[1] as string);

export const notFound = (what: string): NftError => new NftError('NotFound', `No such file or directory: ${what}`);
export const noSet = (name: string): NftError => notFound(`no set or map ${name}`);
const busy = (name: string): NftError => new NftError('Busy', `Device or resource busy: ${name} is referred to`);
