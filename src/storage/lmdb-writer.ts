// A process that writes to a store as fast as it can and says what was acknowledged: the victim of the tests that kill it.
// `lmdb-writer.ts PATH` prints `KEY REVISION` for each write, until it is killed. Each key has a twin, `/twin` + KEY, that is
// written with it.

import { writeSync } from 'node:fs';
import { LmdbStore } from './lmdb.ts';

const store = await LmdbStore.open({ path: process.argv[2] ?? '', historyEvents: 100 });
const writers = 16;
const keys = 40;

async function writeForever(writer: number): Promise<void> {
  for (let i = 0; ; i++) {
    const key = `/${writer}/${i % keys}`;
    const { modRevision = 0 } = (await store.get(key)) ?? {};
    const twin = `/twin${key}`;
    const { modRevision: twinRevision = 0 } = (await store.get(twin)) ?? {};
    const result = await store.commit([
      { key, expected: modRevision, encode: (revision) => Buffer.from(`${key} at ${revision}`) },
      { key: twin, expected: twinRevision, encode: (revision) => Buffer.from(`${twin} at ${revision}`) },
    ]);
    // Straight to the pipe: what is in a buffer of this process would die with it.
    if (result.ok) writeSync(1, `${key} ${result.events[0]?.revision}\n`);
  }
}
await Promise.all(Array.from({ length: writers }, (_, writer) => writeForever(writer)));
