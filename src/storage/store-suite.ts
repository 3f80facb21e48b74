// What every Store must do, run on each implementation: `storeSuite('memory', (options) => new MemoryStore(options))`.
// Besides cases there is a comparison with a naive model, in which each revision is a full copy of everything.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { CompactedError, FutureRevisionError, SlowWatcherError, type Store, type StoreEvent } from './store.ts';

export interface SuiteOptions {
  readonly historyEvents?: number;
  readonly watchBuffer?: number;
}
type Open = (options?: SuiteOptions) => Store | Promise<Store>;

const encoded = (text: string) => (revision: number) => Buffer.from(`${text}@${revision}`);
const textOf = (value: Uint8Array): string => Buffer.from(value).toString();
const forever = () => new AbortController().signal;

async function put(store: Store, key: string, text = 'v'): Promise<number> {
  const current = await store.get(key);
  const result = await store.put(key, current?.modRevision ?? 0, encoded(text));
  assert.ok(result.ok);
  return result.entry.modRevision;
}
async function remove(store: Store, key: string): Promise<number> {
  const result = await store.delete(key, (await store.get(key))?.modRevision ?? 0, encoded('gone'));
  assert.ok(result.ok);
  return result.entry.modRevision;
}
async function take(events: AsyncIterable<StoreEvent>, count: number): Promise<StoreEvent[]> {
  const taken: StoreEvent[] = [];
  if (count === 0) return taken;
  for await (const event of events) {
    taken.push(event);
    if (taken.length === count) break;
  }
  return taken;
}
const brief = ({ type, entry, revision }: StoreEvent): string => `${type} ${entry.key} ${revision}`;

export function storeSuite(name: string, open: Open): void {
  const withStore = (title: string, body: (store: Store) => Promise<void>, options?: SuiteOptions) =>
    test(title, async () => {
      const store = await open(options);
      try {
        await body(store);
      } finally {
        await store.close();
      }
    });

  describe(`${name} store: writes`, () => {
    withStore('each write takes the next revision and is encoded with it', async (store) => {
      assert.equal(store.revision, 1);
      assert.equal(await put(store, '/a', 'x'), 2);
      assert.equal(await put(store, '/b', 'y'), 3);
      assert.equal(await put(store, '/a', 'z'), 4);
      const entry = await store.get('/a');
      assert.ok(entry);
      assert.deepEqual([textOf(entry.value), entry.createRevision, entry.modRevision], ['z@4', 2, 4]);
      assert.equal(store.revision, 4);
    });
    withStore(
      'a write at another revision than the current one changes nothing and shows what is there',
      async (store) => {
        await put(store, '/a');
        for (const expected of [0, 1, 3]) {
          const result = await store.put('/a', expected, () => assert.fail('must not be encoded'));
          assert.ok(!result.ok);
          assert.equal(result.current?.modRevision, 2);
        }
        const missing = await store.put('/b', 2, encoded('x'));
        assert.deepEqual([missing.ok, missing.ok || missing.current], [false, undefined]);
        assert.equal((await store.delete('/b', 0, encoded('x'))).ok, false);
        assert.equal(store.revision, 2);
      },
    );
    withStore('of concurrent writes at one revision exactly one wins', async (store) => {
      await put(store, '/a');
      const results = await Promise.all(Array.from({ length: 20 }, () => store.put('/a', 2, encoded('x'))));
      assert.equal(results.filter(({ ok }) => ok).length, 1);
      assert.equal(store.revision, 3);
    });
    withStore('an encoder that throws leaves no trace', async (store) => {
      await assert.rejects(
        store.put('/a', 0, () => {
          throw new Error('no');
        }),
      );
      assert.equal(await store.get('/a'), undefined);
      assert.equal(await put(store, '/a'), 2);
    });
    withStore('a deleted key is free again', async (store) => {
      await put(store, '/a');
      await remove(store, '/a');
      assert.equal(await store.get('/a'), undefined);
      await put(store, '/a');
      assert.equal((await store.get('/a'))?.createRevision, 4);
    });
  });

  describe(`${name} store: lists`, () => {
    const keys = ['/r/a/1', '/r/a-b/1', '/r/a/2', '/r/b/1', '/s/1'];
    const filled = (title: string, body: (store: Store) => Promise<void>) =>
      withStore(title, async (store) => {
        for (const key of keys) await put(store, key);
        await body(store);
      });
    filled('a prefix in key order, and nothing else', async (store) => {
      const { entries, revision, remaining } = await store.list('/r/');
      assert.deepEqual(
        entries.map(({ key }) => key),
        ['/r/a-b/1', '/r/a/1', '/r/a/2', '/r/b/1'],
      );
      assert.deepEqual([revision, remaining], [6, 0]);
      assert.deepEqual((await store.list('/r/c')).entries, []);
    });
    filled('pages of a snapshot do not see later writes', async (store) => {
      const first = await store.list('/r/', { limit: 2 });
      assert.equal(first.remaining, 2);
      await remove(store, '/r/a/2');
      await put(store, '/r/a/3');
      await put(store, '/r/b/1', 'changed');
      const startKey = `${first.entries.at(-1)?.key}\0`;
      const second = await store.list('/r/', { limit: 1, startKey, revision: first.revision });
      assert.deepEqual([second.entries.map(({ key }) => key), second.remaining], [['/r/a/2'], 1]);
      const rest = await store.list('/r/', { startKey: '/r/a/2\0', revision: first.revision });
      assert.deepEqual(
        rest.entries.map(({ key, value }) => `${key} ${textOf(value)}`),
        ['/r/b/1 v@5'],
      );
    });
    filled('revisions of the future and of forgotten history are refused', async (store) => {
      await assert.rejects(store.list('/r/', { revision: 7 }), FutureRevisionError);
      await store.compact(4);
      await assert.rejects(store.list('/r/', { revision: 3 }), CompactedError);
      assert.equal((await store.list('/r/', { revision: 4 })).entries.length, 3);
      await assert.rejects(store.compact(99), FutureRevisionError);
    });
  });

  describe(`${name} store: watches`, () => {
    withStore('replays what came after a revision, then goes on live', async (store) => {
      await put(store, '/r/a');
      await put(store, '/s/a');
      await put(store, '/r/a', 'w');
      const events = store.watch('/r/', 2, forever());
      const taken = take(events, 3);
      await remove(store, '/r/a');
      await put(store, '/r/b');
      assert.deepEqual((await taken).map(brief), ['put /r/a 4', 'delete /r/a 5', 'put /r/b 6']);
    });
    withStore('an event carries the state before and after', async (store) => {
      const taken = take(store.watch('/', 1, forever()), 3);
      await put(store, '/a', 'x');
      await put(store, '/a', 'y');
      await remove(store, '/a');
      const states = (await taken).map(({ entry, previous }) => [
        textOf(entry.value),
        previous && textOf(previous.value),
      ]);
      assert.deepEqual(states, [
        ['x@2', undefined],
        ['y@3', 'x@2'],
        ['gone@4', 'y@3'],
      ]);
    });
    withStore('begins only after a revision that is still to come', async (store) => {
      const taken = take(store.watch('/', 3, forever()), 1);
      for (const key of ['/a', '/b', '/c']) await put(store, key);
      assert.deepEqual((await taken).map(brief), ['put /c 4']);
    });
    withStore('ends with its signal, and with the store', async (store) => {
      const stop = new AbortController();
      const [aborted, open] = [store.watch('/', 1, stop.signal), store.watch('/', 1, forever())];
      const ends = Promise.all([aborted, open].map((events) => Array.fromAsync(events)));
      stop.abort();
      await store.close();
      assert.deepEqual(await ends, [[], []]);
      assert.deepEqual(await Array.fromAsync(aborted), []);
    });
    withStore('of forgotten history is refused', async (store) => {
      for (const key of ['/a', '/b', '/c']) await put(store, key);
      await store.compact(3);
      await assert.rejects(async () => take(store.watch('/', 2, forever()), 1), CompactedError);
      assert.deepEqual((await take(store.watch('/', 3, forever()), 1)).map(brief), ['put /c 4']);
    });
    withStore(
      'a reader who does not read is told so, and others are not disturbed',
      async (store) => {
        const slow = store.watch('/', 1, forever())[Symbol.asyncIterator]();
        const brisk = take(store.watch('/', 1, forever()), 10);
        for (let i = 0; i < 10; i++) {
          await put(store, `/${i}`);
          await new Promise(setImmediate);
        }
        await assert.rejects(slow.next(), SlowWatcherError);
        assert.equal((await slow.next()).done, true);
        assert.equal((await brisk).length, 10);
      },
      { watchBuffer: 4 },
    );
    withStore(
      'a long backlog is no slowness',
      async (store) => {
        for (let i = 0; i < 50; i++) await put(store, `/${i}`);
        assert.equal((await take(store.watch('/', 1, forever()), 50)).length, 50);
      },
      { watchBuffer: 4 },
    );
    withStore(
      'history is bounded',
      async (store) => {
        for (let i = 0; i < 30; i++) await put(store, '/a');
        await assert.rejects(async () => take(store.watch('/', 20, forever()), 1), CompactedError);
        assert.equal((await take(store.watch('/', 21, forever()), 10)).length, 10);
      },
      { historyEvents: 10 },
    );
  });

  test(`${name} store: any sequence of writes reads back as from a full copy of every revision`, async () => {
    const key = fc.constantFrom('/r/a', '/r/a/b', '/r/b', '/r/c', '/s/a');
    const write = fc.record({ key, isDelete: fc.boolean() });
    const property = fc.asyncProperty(fc.array(write, { maxLength: 30 }), fc.nat(5), async (writes, limit) => {
      const store = await open();
      const history = [new Map<string, number>()];
      for (const { key, isDelete } of writes) {
        const next = new Map(history.at(-1));
        if (isDelete && !next.has(key)) continue;
        const revision = await (isDelete ? remove(store, key) : put(store, key));
        if (isDelete) next.delete(key);
        else next.set(key, revision);
        history.push(next);
      }
      await compare(store, history, limit + 1);
      await store.close();
    });
    await fc.assert(property, { numRuns: 100 });
  });
}

/** `history[i]` is the model at revision i + 1. */
async function compare(store: Store, history: readonly Map<string, number>[], limit: number): Promise<void> {
  for (const [index, model] of history.entries()) {
    const revision = index + 1;
    const want = [...model].filter(([key]) => key.startsWith('/r/')).sort(([a], [b]) => (a < b ? -1 : 1));
    const got: [string, number][] = [];
    for (let startKey = '/r/'; startKey; ) {
      const page = await store.list('/r/', { revision, limit, startKey });
      got.push(...page.entries.map(({ key, modRevision }): [string, number] => [key, modRevision]));
      assert.equal(page.remaining, want.length - got.length);
      startKey = page.remaining > 0 ? `${page.entries.at(-1)?.key}\0` : '';
    }
    assert.deepEqual(got, want);
    const count = history.length - revision;
    const events = await take(store.watch('/', revision, forever()), count);
    assert.deepEqual(
      events.map((event) => event.revision),
      Array.from({ length: count }, (_, i) => revision + 1 + i),
    );
  }
}
