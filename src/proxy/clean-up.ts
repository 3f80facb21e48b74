// Removes everything that a proxy has left in the kernel of this namespace, and nothing that is somebody else's.

import { isNotFound, type Nft, Transaction } from '#nftables/index.ts';
import { tableOf } from './sets.ts';
import { families } from './words.ts';

/** Resolves with the tables that were there, as nft writes them. */
export async function cleanUp(nft: Nft): Promise<string[]> {
  const removed: string[] = [];
  for (const family of families) {
    const table = tableOf(family);
    const transaction = new Transaction(table);
    transaction.deleteTable();
    try {
      await nft.run(transaction);
      removed.push(`${table.family} ${table.name}`);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
  return removed;
}
