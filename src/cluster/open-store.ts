// The store of a cluster, of the kind that its card names. On disk it is locked first, so that what is written down beside it
// (data-folder.ts) and what is in it belong together.

import { isDeepStrictEqual } from 'node:util';
import { UserError } from '#lib/user-error.ts';
import { MemoryStore, type Store } from '#storage/index.ts';
import {
  dataDirOf,
  makeDataFolder,
  noRoomForData,
  readStored,
  type StoredCluster,
  storeDirOf,
  unusable,
  writeStored,
} from './data-folder.ts';
import { lockData } from './data-lock.ts';
import { includesAll, type Ranges } from './ranges.ts';
import type { ClusterCard } from './state.ts';

const newStoreRevision = 1;

/** Throws a UserError that says what is in the way. The lock goes with this process. */
export async function openStore(card: ClusterCard & { ranges: Ranges }): Promise<Store> {
  if (card.storage === 'memory') return new MemoryStore();
  const { name } = card;
  await makeDataFolder(name);
  try {
    await lockData(dataDirOf(name));
    const { hasObjects } = await writeDown(card);
    const store = await openLmdb(name);
    if (!hasObjects || store.revision > newStoreRevision) return store;
    await store.close();
  } catch (error) {
    throw error instanceof UserError ? error : noRoomForData(name, error as Error);
  }
  throw unusable(name, `the store in ${storeDirOf(name)} is empty, and it was not when the cluster ran`);
}

/** To be called when the cluster has written its first objects. */
export async function noteObjects({ name, storage }: ClusterCard): Promise<void> {
  const stored = storage === 'memory' ? undefined : await readStored(name);
  if (stored && !stored.hasObjects) await writeStored({ ...stored, hasObjects: true });
}

async function openLmdb(name: string): Promise<Store> {
  // Loaded for those alone who need it: the library is native code.
  const { LmdbStore } = await import('#storage/lmdb.ts');
  try {
    return await LmdbStore.open({ path: storeDirOf(name) });
  } catch (error) {
    const { message } = error as Error;
    if (/no space|read-only|permission/i.test(message)) throw error;
    throw unusable(name, message.replace(/\.$/, ''), error);
  }
}

async function writeDown(card: ClusterCard & { ranges: Ranges }): Promise<StoredCluster> {
  const { name, createdAt, ranges, nodes, apiPort, nodeMonitorGracePeriodMs, loadBalancer } = card;
  const stored = await readStored(name);
  if (stored && !includesAll(ranges, stored.ranges)) {
    throw new UserError(
      `Cannot continue the cluster ${name}: it was started and stopped elsewhere just now, with other addresses. Try again.`,
    );
  }
  const settings = { name, createdAt, ranges, nodes, apiPort, nodeMonitorGracePeriodMs, loadBalancer };
  const wanted: StoredCluster = { hasObjects: false, ...stored, ...settings };
  if (!isDeepStrictEqual(wanted, stored)) await writeStored(wanted);
  return wanted;
}
