import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { systemClock } from '#lib/clock.ts';
import { MemoryStore } from './memory.ts';
import { prefixEnd, SortedKeys } from './sorted-keys.ts';
import { storeSuite } from './store-suite.ts';

storeSuite('memory', (options) => new MemoryStore(options));

test('all that is due expires at one look, however much it is', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  let now = 0;
  const store = new MemoryStore({ clock: { ...systemClock, now: () => new Date(now) } });
  for (let i = 0; i < 1200; i++) await store.put(`/${i}`, 0, () => new Uint8Array(), { ttlSeconds: 60 });
  now = 61_000;
  t.mock.timers.tick(1000);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual((await store.list('/')).entries, []);
  await store.close();
});

test('SortedKeys: ranges and counts are those of a sorted set, across chunks', () => {
  const key = fc.string({ unit: fc.constantFrom('a', 'b', '/', '-'), maxLength: 6 });
  fc.assert(
    fc.property(fc.array(key, { maxLength: 3000, size: 'max' }), fc.array(key), key, (added, deleted, prefix) => {
      const keys = new SortedKeys();
      const model = new Set(added);
      for (const key of added) keys.add(key);
      for (const key of deleted) {
        keys.delete(key);
        model.delete(key);
      }
      const want = [...model].filter((key) => key.startsWith(prefix)).sort();
      const end = prefixEnd(prefix);
      assert.deepEqual([...keys.range(prefix, end)], want);
      assert.equal(keys.count(prefix, end), want.length);
    }),
    { numRuns: 30 },
  );
});
