// The contract: run a transaction, look at what is there.

import type { Element, NamedSet, TableRef } from './objects.ts';
import type { Transaction } from './transaction.ts';

export interface Nft {
  /** All of it or nothing: throws NftError when refused, and then nothing has changed. */
  run(transaction: Transaction): Promise<void>;
  /** Names. Throws NotFound when there is no such table; so do the others. */
  chains(table: TableRef): Promise<string[]>;
  /**
   * In pieces, because a set may hold a hundred thousand: whoever takes them one by one holds up nobody. Elements are in
   * the form in which they are added, in no order. May be left before the end.
   */
  elements(table: TableRef, set: NamedSet): AsyncIterable<readonly Element[]>;
  /**
   * The table as text without the elements of its sets: the same text as long as nobody changes its chains, rules and set
   * definitions. Only fit to be compared with an earlier answer of the same implementation.
   */
  definition(table: TableRef): Promise<string>;
}
