// nft in memory: transactional, with the kernel's refusals, and readable as text. For tests of what writes rules; a rule's
// expression is looked at only for the chains and sets that it refers to.

import { NftError } from './errors.ts';
import type { Nft } from './nft.ts';
import {
  type Chain,
  commentText,
  type Element,
  elementText,
  type NamedSet,
  type Rule,
  setDefinition,
  type TableRef,
  tableText,
} from './objects.ts';
import type { Operation, Transaction } from './transaction.ts';

interface FakeSet {
  readonly definition: NamedSet;
  readonly elements: Map<string, Element>;
}
interface FakeChain {
  readonly definition: Chain;
  readonly rules: string[];
}
interface FakeTable {
  readonly chains: Map<string, FakeChain>;
  readonly sets: Map<string, FakeSet>;
}

export class FakeNft implements Nft {
  #tables = new Map<string, FakeTable>();

  async run(transaction: Transaction): Promise<void> {
    const tables = new Map([...this.#tables].map(([name, table]) => [name, copy(table)]));
    for (const operation of transaction.operations) apply(tables, tableText(transaction.table), operation);
    this.#tables = tables;
  }

  async listChains(table: TableRef): Promise<string[]> {
    return [...tableIn(this.#tables, tableText(table)).chains.keys()];
  }

  async listElements(table: TableRef, set: NamedSet): Promise<Element[]> {
    return [...setIn(tableIn(this.#tables, tableText(table)), set.name).elements.values()];
  }

  async definition(table: TableRef): Promise<string> {
    return tableDump(tableText(table), tableIn(this.#tables, tableText(table)), false);
  }

  /** Everything, as nft would list it, with elements in order. */
  dump(): string {
    return [...this.#tables].map(([name, table]) => tableDump(name, table, true)).join('');
  }
}

const copy = ({ chains, sets }: FakeTable): FakeTable => ({
  chains: new Map([...chains].map(([name, chain]) => [name, { ...chain, rules: [...chain.rules] }])),
  sets: new Map([...sets].map(([name, set]) => [name, { ...set, elements: new Map(set.elements) }])),
});

function apply(tables: Map<string, FakeTable>, name: string, operation: Operation): void {
  if (operation.verb === 'addTable') {
    if (!tables.has(name)) tables.set(name, { chains: new Map(), sets: new Map() });
    return;
  }
  const table = tableIn(tables, name);
  switch (operation.verb) {
    case 'deleteTable':
      tables.delete(name);
      return;
    case 'add':
      add(table, operation.object);
      return;
    case 'delete':
      remove(table, operation.object);
      return;
    case 'flush':
      if (operation.object.kind === 'chain') chainIn(table, operation.object.name).rules.length = 0;
      else setIn(table, operation.object.name).elements.clear();
      return;
    case 'addElements':
      for (const element of operation.elements) addElement(table, operation.set, element);
      return;
    case 'deleteElements':
      for (const { key } of operation.elements) {
        if (!setIn(table, operation.set).elements.delete(key)) {
          throw notFound(`no element ${key} in ${operation.set}`);
        }
      }
  }
}

function add(table: FakeTable, object: Chain | Rule | NamedSet): void {
  switch (object.kind) {
    case 'chain':
      if (!table.chains.has(object.name)) table.chains.set(object.name, { definition: object, rules: [] });
      return;
    case 'rule': {
      const { rules } = chainIn(table, object.chain);
      for (const chain of chainsNamedIn(object.expression)) chainIn(table, chain);
      for (const set of setsNamedIn(object.expression)) setIn(table, set);
      rules.push(object.expression);
      return;
    }
    case 'set': {
      const found = table.sets.get(object.name);
      if (!found) table.sets.set(object.name, { definition: object, elements: new Map() });
      else if (setDefinition(found.definition).join() !== setDefinition(object).join()) {
        throw new NftError('Exists', `set ${object.name} exists with another definition`);
      }
    }
  }
}

function addElement(table: FakeTable, name: string, element: Element): void {
  const set = setIn(table, name);
  if ((set.definition.value === undefined) !== (element.value === undefined)) {
    throw new NftError('Invalid', `element ${elementText(element)} does not fit ${name}`);
  }
  for (const chain of chainsNamedIn(element.value ?? '')) chainIn(table, chain);
  const found = set.elements.get(element.key);
  if (found && found.value !== element.value) {
    throw new NftError('Exists', `element ${element.key} of ${name} has another value`);
  }
  if (!found) set.elements.set(element.key, listed(element));
}

const listed = (element: Element): Element =>
  element.comment === undefined ? element : { ...element, comment: commentText(element.comment) };

function remove(table: FakeTable, object: Chain | NamedSet): void {
  const rules = [...table.chains.values()].flatMap((chain) => chain.rules);
  const values = [...table.sets.values()].flatMap((set) => [...set.elements.values()].map(({ value }) => value ?? ''));
  if (object.kind === 'chain') {
    chainIn(table, object.name);
    if ([...rules, ...values].some((text) => chainsNamedIn(text).includes(object.name))) throw busy(object.name);
    table.chains.delete(object.name);
  } else {
    setIn(table, object.name);
    if (rules.some((rule) => setsNamedIn(rule).includes(object.name))) throw busy(object.name);
    table.sets.delete(object.name);
  }
}

const chainsNamedIn = (text: string): string[] =>
  [...text.matchAll(/\b(?:goto|jump) ([\w-]+)/g)].map((match) => match[1] as string);
const setsNamedIn = (text: string): string[] => [...text.matchAll(/@([\w-]+)/g)].map((match) => match[1] as string);

const notFound = (what: string): NftError => new NftError('NotFound', `No such file or directory: ${what}`);
const busy = (name: string): NftError => new NftError('Busy', `Device or resource busy: ${name} is referred to`);

function tableIn(tables: ReadonlyMap<string, FakeTable>, name: string): FakeTable {
  const table = tables.get(name);
  if (!table) throw notFound(`no table ${name}`);
  return table;
}
function chainIn(table: FakeTable, name: string): FakeChain {
  const chain = table.chains.get(name);
  if (!chain) throw notFound(`no chain ${name}`);
  return chain;
}
function setIn(table: FakeTable, name: string): FakeSet {
  const set = table.sets.get(name);
  if (!set) throw notFound(`no set or map ${name}`);
  return set;
}

function tableDump(name: string, { chains, sets }: FakeTable, withElements: boolean): string {
  const blocks = [...sets.values()].map(({ definition, elements }) => [
    `${definition.value === undefined ? 'set' : 'map'} ${definition.name} {`,
    ...setDefinition(definition).map((line) => `\t${line.replace(/;$/, '')}`),
    ...(withElements && elements.size > 0 ? [elementsDump([...elements.values()])] : []),
    '}',
  ]);
  for (const { definition, rules } of chains.values()) {
    const hook = definition.hook;
    blocks.push([
      `chain ${definition.name} {`,
      ...(hook ? [`\ttype ${hook.type} hook ${hook.hook} priority ${hook.priority};`] : []),
      ...rules.map((rule) => `\t${rule}`),
      '}',
    ]);
  }
  return `table ${name} {\n${blocks.map((block) => block.map((line) => `\t${line}\n`).join('')).join('\n')}}\n`;
}

const elementsDump = (elements: readonly Element[]): string =>
  `\telements = { ${elements.map(elementText).sort(byNumber.compare).join(',\n\t\t\t     ')} }`;
const byNumber = new Intl.Collator('en', { numeric: true });
