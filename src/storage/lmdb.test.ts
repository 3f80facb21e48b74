import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { LmdbStore } from './lmdb.ts';
import { decodeRecord, encodeRecord } from './lmdb-record.ts';
import { CompactedError, StorageError, type StoreEvent } from './store.ts';
import { storeSuite } from './store-suite.ts';

let folder: string;
let count = 0;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portolan-store-'));
});
after(() => rm(folder, { recursive: true, force: true }));
const newPath = () => join(folder, String(++count));

storeSuite('lmdb', (options) => LmdbStore.open({ ...options, path: newPath() }));

const encoded = (text: string) => () => Buffer.from(text);
const forever = () => new AbortController().signal;
async function write(store: LmdbStore, key: string, text: string): Promise<void> {
  const { modRevision = 0 } = (await store.get(key)) ?? {};
  assert.ok((await store.put(key, modRevision, encoded(text))).ok);
}
async function remove(store: LmdbStore, key: string): Promise<void> {
  assert.ok((await store.delete(key, (await store.get(key))?.modRevision ?? 0)).ok);
}
async function contents(store: LmdbStore): Promise<string[]> {
  const { entries } = await store.list('/');
  return entries.map(
    ({ key, value, modRevision, createRevision }) => `${key}=${Buffer.from(value)} ${createRevision} ${modRevision}`,
  );
}
const eventsAfter = async (store: LmdbStore, revision: number): Promise<readonly StoreEvent[]> =>
  (await store.watch('/', revision, forever()).next()).value ?? [];

describe('after a restart', () => {
  test('revisions, values and history are as they were', async () => {
    const path = newPath();
    let store = await LmdbStore.open({ path });
    await write(store, '/a', '1');
    await write(store, '/b', '2');
    await write(store, '/a', '3');
    await remove(store, '/b');
    const [before, events] = [await contents(store), await eventsAfter(store, 1)];
    await store.close();
    store = await LmdbStore.open({ path });
    assert.equal(store.revision, 5);
    assert.deepEqual(await contents(store), before);
    const strip = (all: readonly StoreEvent[]) =>
      all.map(({ type, key, revision, entry, previous }) =>
        [type, key, revision, entry?.modRevision, previous && String(Buffer.from(previous.value))].join(' '),
      );
    assert.deepEqual(strip(await eventsAfter(store, 1)), strip(events));
    assert.equal((await store.list('/', { revision: 3 })).entries.length, 2);
    await write(store, '/c', '4');
    assert.equal(store.revision, 6);
    await store.close();
  });

  test('a watcher that resumes misses nothing, or is told that it is too late', async () => {
    const path = newPath();
    let store = await LmdbStore.open({ path, historyEvents: 5 });
    for (let i = 0; i < 20; i++) await write(store, `/${i % 3}`, String(i));
    await store.close();
    store = await LmdbStore.open({ path, historyEvents: 5 });
    assert.deepEqual(
      (await eventsAfter(store, 16)).map(({ revision }) => revision),
      [17, 18, 19, 20, 21],
    );
    assert.throws(() => store.watch('/', 15, forever()), CompactedError);
    assert.equal((await contents(store)).length, 3);
    await store.close();
  });

  test('the revision survives the compaction of all that it is made of', async () => {
    const path = newPath();
    let store = await LmdbStore.open({ path });
    await write(store, '/a', '1');
    await remove(store, '/a');
    await store.compact(3);
    await store.close();
    store = await LmdbStore.open({ path });
    assert.equal(store.revision, 3);
    assert.throws(() => store.watch('/', 2, forever()), CompactedError);
    assert.deepEqual(await contents(store), []);
    await store.close();
  });

  test('keys expire at the time that they had', async () => {
    const path = newPath();
    let now = 0;
    const clock = { now: () => new Date(now), sleep: async () => {} };
    let store = await LmdbStore.open({ path, clock });
    await store.put('/a', 0, encoded('x'), { ttlSeconds: 10 });
    await store.close();
    now = 11_000;
    store = await LmdbStore.open({ path, clock, expiryPeriodMs: 1 });
    assert.deepEqual(
      (await eventsAfter(store, store.revision)).map(({ type, key }) => `${type} ${key}`),
      ['delete /a'],
    );
    await store.close();
  });
});

test('writes made at once share commits, and their events come in order', async () => {
  const store = await LmdbStore.open({ path: newPath() });
  const results = await Promise.all(Array.from({ length: 500 }, (_, i) => store.put(`/${i}`, 0, encoded('x'))));
  assert.deepEqual(
    results.map((result) => result.ok && result.entry.modRevision),
    results.map((_, i) => i + 2),
  );
  assert.equal((await eventsAfter(store, 1)).length, 500);
  await store.close();
});

test('a write that loses against one under way learns what that one wrote, once it is on disk', async () => {
  const store = await LmdbStore.open({ path: newPath() });
  const [first, second] = await Promise.all([
    store.put('/a', 0, encoded('first')),
    store.put('/a', 0, encoded('second')),
  ]);
  assert.ok(first.ok);
  assert.ok(!second.ok);
  assert.equal(second.current, first.entry);
  await store.close();
});

test('what is forgotten leaves the disk', async () => {
  const path = newPath();
  let store = await LmdbStore.open({ path, historyEvents: 10 });
  for (let i = 0; i < 300; i++) await write(store, '/a', 'x'.repeat(1000));
  await store.close();
  store = await LmdbStore.open({ path, historyEvents: 10_000 });
  assert.throws(() => store.watch('/', store.revision - 20, forever()), CompactedError);
  assert.equal((await eventsAfter(store, store.revision - 10)).length, 10);
  await store.close();
});

describe('a store that cannot be used says why', () => {
  test('no database', async () => {
    const path = newPath();
    await writeFile(path, 'a file');
    await assert.rejects(LmdbStore.open({ path }), (error: Error) => {
      assert.ok(error instanceof StorageError);
      assert.match(error.message, new RegExp(`^Cannot open the store in ${path}: `));
      return true;
    });
  });
  for (const [what, bytes] of [
    ['nothing', Buffer.alloc(0)],
    ['another type', Buffer.alloc(40, 9)],
    ['a key that is longer than the record', Buffer.concat([Buffer.from([1, 255, 255]), Buffer.alloc(20)])],
  ] as const) {
    test(`a record of ${what}`, () => {
      assert.throws(() => decodeRecord(7, bytes), /^StorageError: the record of revision 7 is damaged/);
    });
  }
});

test('records read back as written', () => {
  const entry = { key: '/ü', value: Buffer.from('v'), modRevision: 9, createRevision: 2 ** 40, expiresAt: 2 ** 41 };
  const { key, entry: read } = decodeRecord(9, encodeRecord({ type: 'put', key: '/ü', revision: 9, entry }));
  assert.deepEqual([key, { ...read, value: String(read?.value) }], ['/ü', { ...entry, value: 'v' }]);
  assert.deepEqual(decodeRecord(9, encodeRecord({ type: 'delete', key: '/ü', revision: 9, previous: entry })), {
    key: '/ü',
  });
});

test('kill -9 under writes, again and again, loses no acknowledged write', async () => {
  const path = newPath();
  const acknowledged = new Map<string, number>();
  for (let round = 0; round < 6; round++) {
    const writer = spawn(process.execPath, [fileURLToPath(new URL('lmdb-writer.ts', import.meta.url)), path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const target = 50 + round * 40;
    let seen = 0;
    for await (const line of createInterface(writer.stdout)) {
      const [key = '', revision = ''] = line.split(' ');
      acknowledged.set(key, Number(revision));
      if (++seen === target) writer.kill('SIGKILL');
    }
    if (writer.exitCode === null && writer.signalCode === null) await once(writer, 'exit');
    assert.ok(seen >= target);
    const store = await LmdbStore.open({ path });
    for (const [key, revision] of acknowledged) {
      const entry = await store.get(key);
      assert.ok(entry && entry.modRevision >= revision, `${key} was acknowledged at ${revision}`);
      assert.equal(Buffer.from(entry.value).toString(), `${key} at ${entry.modRevision}`);
    }
    const { entries } = await store.list('/twin/');
    assert.ok(entries.length > 0);
    for (const { key, modRevision } of entries) {
      const other = await store.get(key.slice('/twin'.length));
      assert.equal(other?.modRevision, modRevision - 1, `${key} was written with its twin, or not at all`);
    }
    assert.equal((await store.list('/')).entries.length, entries.length * 2);
    await store.close();
  }
});
