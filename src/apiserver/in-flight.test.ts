import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '#api/index.ts';
import { InFlight } from './in-flight.ts';

test('requests beyond the limit are turned away, others and administrators are not', async () => {
  const inFlight = new InFlight();
  const { promise: held, resolve } = Promise.withResolvers<string>();
  const run = (kind: 'read' | 'write', isExempt = false) => inFlight.run(kind, isExempt, () => held);
  const busy = Array.from({ length: 200 }, () => run('write'));
  const isRefusal = (error: unknown) =>
    error instanceof ApiError && error.code === 429 && error.details?.retryAfterSeconds === 1;
  await assert.rejects(run('write'), isRefusal);
  assert.deepEqual([inFlight.rejected('write'), inFlight.rejected('read')], [1, 0]);
  const more = [run('read'), run('write', true)];
  assert.deepEqual([inFlight.peak('write'), inFlight.peak('read')], [201, 1]);
  resolve('done');
  assert.equal((await Promise.all([...busy, ...more])).length, 202);
  assert.equal(await run('write'), 'done');
  assert.equal(inFlight.peak('write'), 201, 'the peak of the last second is remembered');
});
