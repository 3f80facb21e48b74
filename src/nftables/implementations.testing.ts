// What the suites run on: nft in memory, and the real one in a network namespace of the test.

import { after, before } from 'node:test';
import { run } from '#lib/run.ts';
import type { Nft } from './nft.ts';
import { NftExec } from './nft-exec.ts';
import { FakeNft } from './nft-fake.ts';
import type { Element, NamedSet, TableRef } from './objects.ts';

export const namespace = `nft${process.pid}`;
export const prefix = ['nsenter', `--net=/run/netns/${namespace}`];

before(() => run('ip', ['netns', 'add', namespace]));
after(() => run('ip', ['netns', 'del', namespace]));

export const implementations: Record<string, () => Nft> = {
  FakeNft: () => new FakeNft(),
  NftExec: () => new NftExec({ prefix }),
};

/** All elements of a set, ordered by key. */
export async function listed(nft: Nft, table: TableRef, set: NamedSet): Promise<Element[]> {
  const all = await Array.fromAsync(nft.elements(table, set));
  return all.flat().sort((a, b) => (a.key < b.key ? -1 : 1));
}
