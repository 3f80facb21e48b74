// Room is bounded whatever comes, and what is asked for stays.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cacheOf, inquiry, ScriptedUpstream, usualCache } from '../../testing/cache.ts';
import { reply } from '../../testing/replies.ts';
import { encodeMessage, Flag, formatName, outline, queryMessage } from '../../wire/index.ts';
import { Entry } from './entry.ts';
import { Store } from './store.ts';

/** @param octets of text in it. */
function entry(octets = 1): Entry {
  const strings = Array.from({ length: Math.ceil(octets / 255) }, () => 't'.repeat(Math.min(octets, 255)));
  const answer = [{ name: '', class: 1, ttl: 60, data: { type: 'TXT', strings } }] as const;
  const message = encodeMessage({ ...queryMessage(1, '\x01x', 16), flags: Flag.QR, answer: [...answer] });
  return new Entry(inquiry('x TXT'), message, outline(message), { kind: 'success', ms: 60_000 }, 0);
}
const fill = (store: Store, prefix: string, count: number) => {
  for (let i = 0; i < count; i++) store.set(`${prefix}${i}`, entry());
};
const found = (store: Store, prefix: string, count: number) =>
  Array.from({ length: count }, (_, i) => store.get(`${prefix}${i}`)).filter(Boolean).length;

test('holds as many entries as it may, and never fewer than 1024', () => {
  const store = new Store(10);
  fill(store, 'a', 5000);
  assert.deepEqual([store.size, store.evictions], [1024, 5000 - 1024]);
  const larger = new Store(2000);
  fill(larger, 'a', 5000);
  assert.equal(larger.size, 2000);
});

test('the oldest goes first when nobody asked for any, round after round', () => {
  const store = new Store(1024);
  fill(store, 'a', 5000);
  assert.equal(found(store, 'a', 5000 - 1024), 0);
  assert.equal(found(store, 'a', 5000), 1024);
});

test('what is asked for now and then stays in a flood; what was once popular goes in the end', () => {
  const store = new Store(1024);
  fill(store, 'once-popular', 100);
  found(store, 'once-popular', 100);
  fill(store, 'popular', 100);
  for (let i = 0; i < 65_536; i++) {
    store.set(`flood${i}`, entry());
    if (i % 500 === 0) assert.equal(found(store, 'popular', 100), 100, `after ${i}`);
  }
  assert.equal(found(store, 'once-popular', 100), 0);
  assert.equal(store.size, 1024);
});

test('one eviction passes over a thousand entries at most', () => {
  const store = new Store(5000);
  fill(store, 'a', 5000);
  const all = Array.from({ length: 5000 }, (_, i) => store.get(`a${i}`) as Entry);
  store.set('b', entry());
  assert.deepEqual([store.size, store.evictions], [5000, 1]);
  assert.equal(all.filter(({ isAsked }) => !isAsked).length, 1000);
});

test('messages have a bound together: 1 KiB for each entry of the capacity', () => {
  const store = new Store(1024);
  for (let i = 0; i < 200; i++) store.set(`large${i}`, entry(60_000));
  assert.ok(store.octets <= 1024 * 1024);
  assert.ok(store.size >= 15, `${store.size} of the largest`);
  fill(store, 'small', 1024);
  assert.ok(store.octets <= 1024 * 1024);
});

test('whatever is done, the count of entries and octets is right and within its bounds', () => {
  const key = fc.integer({ min: 0, max: 2000 }).map(String);
  const action = fc.oneof(
    fc.record({ do: fc.constant('set' as const), key, octets: fc.constantFrom(1, 300, 20_000, 60_000) }),
    fc.record({ do: fc.constantFrom('get' as const, 'delete' as const), key }),
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 2000, size: 'max' }), (actions) => {
      const store = new Store(1024);
      for (const { key, ...action } of actions) {
        if (action.do === 'set') {
          const own = entry(action.octets);
          store.set(key, own);
          assert.equal(store.get(key), own, 'what was just put in is there');
        } else if (action.do === 'delete') {
          store.delete(key);
          assert.equal(store.get(key), undefined);
        } else store.get(key);
        assert.ok(store.size <= 1024 && store.octets <= 1024 * 1024);
      }
      const all = Array.from({ length: 2001 }, (_, i) => store.get(String(i))).filter((each) => each !== undefined);
      assert.equal(store.size, all.length);
      assert.equal(
        store.octets,
        all.reduce((sum, { size }) => sum + size, 0),
      );
    }),
    { numRuns: 8 },
  );
});

test('64 k missing names put out no answer, nor the denials that are asked for', async () => {
  const upstream = new ScriptedUpstream(({ name }) => {
    const question = `${formatName(name)} A`;
    return question.startsWith('www')
      ? reply(question, { answer: [`${formatName(name)} 300 A 192.0.2.1`] })
      : reply(question, { rcode: 'NXDOMAIN', authority: ['example 300 SOA 300'] });
  });
  const { cache } = cacheOf(upstream, { denial: { ...usualCache.denial, capacity: 2048 } });
  const used = Array.from({ length: 100 }, (_, i) => [inquiry(`www${i}.example`), inquiry(`gone${i}.example`)]).flat();
  for (const each of used) await cache.resolve(each);
  for (let i = 0; i < 65_536; i++) {
    await cache.resolve(inquiry(`random${i}.example`));
    if (i % 1000 !== 0) continue;
    for (const each of used) assert.ok(Buffer.isBuffer(cache.resolve(each)), `${formatName(each.name)} after ${i}`);
  }
  const entries = [...cache.metrics()].find(({ name }) => name === 'coredns_cache_entries');
  assert.deepEqual(
    [...((await entries?.samples()) ?? [])].map(({ value }) => value),
    [100, 2048],
  );
});
