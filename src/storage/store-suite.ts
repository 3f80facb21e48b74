// What every Store must do, run on each implementation: `storeSuite('memory', (options) => new MemoryStore(options))`.
// Besides cases there is a comparison with a naive model, in which each revision is a full copy of everything.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Clock, systemClock } from '#lib/clock.ts';
import {
  CompactedError,
  FutureRevisionError,
  SlowWatcherError,
  StorageError,
  type Store,
  type StoreEvent,
  type Watch,
  type Write,
} from './store.ts';

export interface SuiteOptions {
  readonly historyEvents?: number;
  readonly clock?: Clock;
  readonly expiryPeriodMs?: number;
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
  const result = await store.delete(key, (await store.get(key))?.modRevision ?? 0);
  assert.ok(result.ok);
  return result.revision;
}
async function take(watch: Watch, count: number): Promise<StoreEvent[]> {
  const taken: StoreEvent[] = [];
  if (count === 0) return taken;
  for await (const batch of watch) {
    assert.ok(batch.length > 0);
    taken.push(...batch);
    if (taken.length >= count) break;
  }
  assert.equal(taken.length, count);
  return taken;
}
const brief = ({ type, key, revision }: StoreEvent): string => `${type} ${key} ${revision}`;

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
    withStore('are refused once it is closed', async (store) => {
      await store.close();
      await assert.rejects(put(store, '/a'), StorageError);
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
        assert.equal((await store.delete('/b', 0)).ok, false);
        assert.equal((await store.delete('/a', 1)).ok, false);
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

  describe(`${name} store: commits of several writes`, () => {
    const contents = async (store: Store) =>
      (await store.list('/')).entries.map(({ key, value }) => `${key}=${textOf(value)}`);
    withStore('take the next revisions in their order, and are seen together', async (store) => {
      await put(store, '/old', 'x');
      const seen: string[][] = [];
      const watching = (async () => {
        for await (const batch of store.watch('/', 2, forever())) {
          for (const event of batch) seen.push([brief(event), ...(await contents(store))]);
          if (seen.length === 3) return;
        }
      })();
      const result = await store.commit([
        { key: '/b', expected: 0, encode: encoded('b') },
        { key: '/old', expected: 2 },
        { key: '/a', expected: 0, encode: encoded('a') },
      ]);
      assert.ok(result.ok);
      assert.deepEqual(result.events.map(brief), ['put /b 3', 'delete /old 4', 'put /a 5']);
      assert.equal(store.revision, 5);
      await watching;
      const after = ['/a=a@5', '/b=b@3'];
      assert.deepEqual(
        seen,
        ['put /b 3', 'delete /old 4', 'put /a 5'].map((event) => [event, ...after]),
      );
    });
    withStore('change nothing when one of them loses, and say which', async (store) => {
      await put(store, '/there');
      const never = () => assert.fail('must not be encoded');
      const a = { key: '/a', expected: 0, encode: never };
      const losing: { other: Write; current: number | undefined }[] = [
        { other: { key: '/there', expected: 0, encode: never }, current: 2 },
        { other: { key: '/there', expected: 1 }, current: 2 },
        { other: { key: '/gone', expected: 2, encode: never }, current: undefined },
        { other: { key: '/gone', expected: 0 }, current: undefined },
      ];
      for (const { other, current } of losing) {
        const result = await store.commit([a, other]);
        assert.ok(!result.ok);
        assert.deepEqual([result.lost, result.current?.modRevision], [1, current]);
      }
      assert.deepEqual(await contents(store), ['/there=v@2']);
      assert.equal(store.revision, 2);
    });
    withStore('leave no trace when an encoder throws', async (store) => {
      const encode = () => {
        throw new Error('no');
      };
      const writes = [
        { key: '/a', expected: 0, encode: encoded('a') },
        { key: '/b', expected: 0, encode },
      ];
      await assert.rejects(store.commit(writes), /no/);
      assert.equal(await put(store, '/a'), 2);
      assert.deepEqual(await contents(store), ['/a=v@2']);
    });
    withStore('of those made at once that share a key exactly one wins, with all of its writes', async (store) => {
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          store.commit([
            { key: `/own/${i}`, expected: 0, encode: encoded('x') },
            { key: '/shared', expected: 0, encode: encoded(String(i)) },
          ]),
        ),
      );
      const winner = results.findIndex(({ ok }) => ok);
      assert.equal(results.filter(({ ok }) => ok).length, 1);
      assert.deepEqual(await contents(store), [`/own/${winner}=x@2`, `/shared=${winner}@3`]);
    });
    withStore('may not name a key twice', async (store) => {
      const write = { key: '/a', expected: 0, encode: encoded('x') };
      await assert.rejects(store.commit([write, write]), /each key once/);
      assert.equal(store.revision, 1);
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
        entry && textOf(entry.value),
        previous && textOf(previous.value),
      ]);
      assert.deepEqual(states, [
        ['x@2', undefined],
        ['y@3', 'x@2'],
        [undefined, 'y@3'],
      ]);
    });
    withStore('begins only after a revision that is still to come', async (store) => {
      const taken = take(store.watch('/', 3, forever()), 1);
      for (const key of ['/a', '/b', '/c']) await put(store, key);
      assert.deepEqual((await taken).map(brief), ['put /c 4']);
    });
    withStore('ends after its last event, with its signal and with the store', async (store) => {
      const stop = new AbortController();
      const [aborted, open] = [store.watch('/', 1, stop.signal), store.watch('/', 1, forever())];
      await put(store, '/a');
      stop.abort();
      await put(store, '/b');
      await store.close();
      const ends = await Promise.all(
        [aborted, open].map(async (watch) => (await Array.fromAsync(watch)).flat().length),
      );
      assert.deepEqual(ends, [2, 2]);
      assert.deepEqual(await Array.fromAsync(aborted), []);
    });
    withStore('knows up to where it has read', async (store) => {
      await put(store, '/r/a');
      const watch = store.watch('/r/', 1, forever());
      assert.equal(watch.revision, 1);
      assert.equal((await watch.next()).value?.length, 1);
      assert.equal(watch.revision, 2);
      await put(store, '/s/a');
      assert.equal(watch.revision, 3, 'what it is not about counts as read');
      await put(store, '/r/b');
      await put(store, '/r/c');
      assert.equal(watch.revision, 3);
      assert.equal((await watch.next()).value?.length, 2);
      assert.equal(watch.revision, 5);
    });
    withStore('can be interrupted, which leaves out no event', async (store) => {
      const watch = store.watch('/r/', 1, forever());
      const waiting = watch.next();
      watch.interrupt();
      assert.deepEqual((await waiting).value, []);
      await put(store, '/r/a');
      watch.interrupt();
      assert.equal((await watch.next()).value?.length, 1, 'what there is to read comes first');
      assert.deepEqual((await watch.next()).value, []);
      assert.equal(watch.revision, 2);
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
        const slow = store.watch('/', 1, forever());
        const brisk = take(store.watch('/', 1, forever()), 10);
        for (let i = 0; i < 10; i++) {
          await put(store, `/${i}`);
          await new Promise(setImmediate);
        }
        await assert.rejects(slow.next(), SlowWatcherError);
        assert.equal((await slow.next()).done, true);
        assert.equal((await brisk).length, 10);
      },
      { historyEvents: 4 },
    );
    withStore(
      'a reader of few events is not slow when others are many',
      async (store) => {
        const watch = store.watch('/r/', 1, forever());
        await put(store, '/r/a');
        assert.deepEqual((await watch.next()).value?.map(brief), ['put /r/a 2']);
        for (let i = 0; i < 10; i++) await put(store, `/s/${i}`);
        await put(store, '/r/b');
        assert.deepEqual((await watch.next()).value?.map(brief), ['put /r/b 13']);
      },
      { historyEvents: 4 },
    );
    withStore('a backlog longer than a batch comes whole and in order', async (store) => {
      await Promise.all(
        Array.from({ length: 2500 }, (_, i) => store.put(`/${i % 2 ? 'r' : 's'}/${i}`, 0, encoded('v'))),
      );
      const events = await take(store.watch('/r/', 1, forever()), 1250);
      assert.deepEqual(
        events.map(({ revision }) => revision),
        events.map(({ revision }) => revision).sort((a, b) => a - b),
      );
    });
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

  describe(`${name} store: keys that expire`, () => {
    const clock = { ...systemClock, now: () => new Date(now) };
    let now = 0;
    withStore(
      'are deleted when they were not written for their time, as any key is',
      async (store) => {
        const put = (expected: number, ttlSeconds?: number) => store.put('/a', expected, encoded('x'), { ttlSeconds });
        const taken = take(store.watch('/', 1, forever()), 4);
        await put(0, 60);
        now += 50_000;
        await put(2, 60);
        await store.put('/b', 0, encoded('stays'));
        now += 50_000;
        await systemClock.sleep(20);
        assert.ok(await store.get('/a'), 'a write gives it its time anew');
        now += 20_000;
        assert.deepEqual((await taken).map(brief), ['put /a 2', 'put /a 3', 'put /b 4', 'delete /a 5']);
        assert.equal(await store.get('/a'), undefined);
        await store.put('/a', 0, encoded('x'), { ttlSeconds: 60 });
        await put(6);
        now += 90_000;
        await systemClock.sleep(20);
        assert.ok(await store.get('/a'), 'a write without a time lets it stay');
      },
      { clock, expiryPeriodMs: 1 },
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
