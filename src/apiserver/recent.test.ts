import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Recent } from './recent.ts';

const keyOf = (name: string) => ({ name });

test('keeps what is asked for, and forgets the rest, by their bytes', () => {
  const recent = new Recent<object, string>(10_000, (_key, value) => value.length);
  const [used, unused] = [keyOf('used'), keyOf('unused')];
  recent.set(used, 'u');
  recent.set(unused, 'n');
  for (let i = 0; i < 200; i++) {
    recent.set(keyOf(String(i)), 'x'.repeat(1_000));
    assert.equal(recent.get(used), 'u');
  }
  assert.equal(recent.get(unused), undefined);
});

test('holds no more than two generations of its limit', () => {
  const recent = new Recent<object, string>(100_000, (_key, value) => value.length);
  const keys = Array.from({ length: 1_000 }, (_, i) => keyOf(String(i)));
  for (const key of keys) recent.set(key, 'x'.repeat(9_800));
  assert.ok(keys.filter((key) => recent.get(key) !== undefined).length <= 20);
  const large = keyOf('large');
  recent.set(large, 'x'.repeat(1_000_000));
  assert.equal(recent.get(large)?.length, 1_000_000, 'one is kept, whatever its size');
});
