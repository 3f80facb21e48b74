import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TokenBucket } from './token-bucket.ts';

test('TokenBucket lets a burst go, then one after the other, and fills again', () => {
  let now = 0;
  const bucket = new TokenBucket({ perSecond: 10, burst: 3 }, () => now);
  assert.deepEqual([bucket.take(), bucket.take(), bucket.take()], [0, 0, 0]);
  assert.deepEqual([bucket.take(), bucket.take()], [100, 200]);
  now = 250;
  assert.equal(Math.round(bucket.take()), 50, 'two turns lie ahead, two and a half have gone by');
  now = 1_000_000;
  assert.deepEqual([bucket.take(), bucket.take(), bucket.take(), bucket.take()], [0, 0, 0, 100]);
});
