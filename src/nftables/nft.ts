// The contract: run a transaction, look at what is there.

import type { Element, NamedSet, TableRef } from './objects.ts';
import type { Transaction } from './transaction.ts';

export interface Nft {
  /** All of it or nothing: throws NftError when refused, and then nothing has changed. */
  run(transaction: Transaction): Promise<void>;
  /** Throws NotFound when there is no such table; so do the others. */
  listChains(table: TableRef): Promise<string[]>;
  listElements(table: TableRef, set: NamedSet): Promise<Element[]>;
  /**
   * The table as text without the elements of its sets: the same text as long as nobody changes its chains, rules and set
   * definitions. Only fit to be compared with an earlier answer of the same implementation.
   */
  definition(table: TableRef): Promise<string>;
}
