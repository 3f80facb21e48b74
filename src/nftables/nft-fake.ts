// nft in memory: transactional, with the kernel's refusals, and readable as text. For tests of what writes rules: `walk`
// follows a packet through them. When it is written, a rule is looked at only for the chains and sets that it refers to.

import { type Clock, systemClock } from '#lib/clock.ts';
import { NftError } from './errors.ts';
import { tableDump } from './fake-dump.ts';
import { Draft, type FakeTable, noSet, notFound } from './fake-table.ts';
import type { Nft } from './nft.ts';
import { type Element, elementText, type NamedSet, type TableRef, tableText } from './objects.ts';
import { type Operation, operationText, type Transaction } from './transaction.ts';

/** About as many elements as nft's answer has in 64 KiB. */
const pieceSize = 1000;

export interface FakeNftOptions {
  /** By which elements with a timeout go. */
  readonly clock?: Pick<Clock, 'now'> | undefined;
}

export class FakeNft implements Nft {
  #tables = new Map<string, FakeTable>();
  #now: () => number;

  constructor({ clock = systemClock }: FakeNftOptions = {}) {
    this.#now = () => clock.now().getTime();
  }

  async run(transaction: Transaction): Promise<void> {
    const draft = new Draft(this.#tables, transaction.table, this.#now);
    for (const operation of transaction.operations) {
      try {
        draft.apply(operation);
      } catch (error) {
        throw error instanceof NftError ? located(error, transaction.table, operation) : error;
      }
    }
    this.#tables = draft.tables;
  }

  /** Another one that holds the same. */
  copy(): FakeNft {
    const copy = new FakeNft();
    copy.#now = this.#now;
    for (const [name, { family, chains, sets }] of this.#tables) {
      const copied = [...sets].map(([set, elements]) => [set, elements.copy()] as const);
      copy.#tables.set(name, { family, chains: new Map(chains), sets: new Map(copied) });
    }
    return copy;
  }

  async chains(table: TableRef): Promise<string[]> {
    return [...this.#table(table).chains.keys()];
  }

  async *elements(table: TableRef, { name }: NamedSet): AsyncGenerator<Element[]> {
    const set = this.#table(table).sets.get(name);
    if (!set) throw noSet(name);
    const { elements } = set;
    for (let from = 0; from < elements.length; from += pieceSize) yield elements.slice(from, from + pieceSize);
  }

  async definition(table: TableRef): Promise<string> {
    return tableDump(tableText(table), this.#table(table), false);
  }

  /** What it holds, by `family name`. */
  get tables(): ReadonlyMap<string, FakeTable> {
    return this.#tables;
  }

  /** Everything, as nft would list it, with elements in order. */
  dump(): string {
    return [...this.#tables].map(([name, table]) => tableDump(name, table, true)).join('');
  }

  #table(table: TableRef): FakeTable {
    const found = this.#tables.get(tableText(table));
    if (!found) throw notFound(`no table ${tableText(table)}`);
    return found;
  }
}

/** With what was tried, and the offending element or command, as the real nft is translated. */
function located({ reason, message, element }: NftError, table: TableRef, operation: Operation): NftError {
  const [command = ''] = operationText(tableText(table), operation).split('\n');
  const what = element
    ? `${operation.verb === 'addElements' ? 'add' : 'delete'} element ${tableText(table)} ${element.set} { ${elementText(element)} }`
    : command.slice(0, 300);
  return new NftError(reason, `cannot change nftables table ${tableText(table)}: ${message}: ${what}`, { element });
}
