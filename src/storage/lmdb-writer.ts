// A process that writes to a store as fast as it can and says what was acknowledged: the victim of the tests that kill it.
// `lmdb-writer.ts PATH` prints `KEY REVISION` for each write, until it is killed.

import { writeSync } from 'node:fs';
import { LmdbStore } from './lmdb.ts';

const store = await LmdbStore.open({ path: process.argv[2] ?? '', historyEvents: 100 });
const writers = 16;
const keys = 40;

async function writeForever(writer: number): Promise<void> {
  for (let i = 0; ; i++) {
    const key = `/${writer}/${i % keys}`;
    const { modRevision = 0 } = (await store.get(key)) ?? {};
    const result = await store.put(key, modRevision, (revision) => Buffer.from(`${key} at ${revision}`));
    // Straight to the pipe: what is in a buffer of this process would die with it.
    if (result.ok) writeSync(1, `${key} ${result.entry.modRevision}\n`);
  }
}
await Promise.all(Array.from({ length: writers }, (_, writer) => writeForever(writer)));
