import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '#lib/log.ts';
import { runWorkers, WorkQueue } from './work-queue.ts';

const log = createLogger('test', 'error', () => {});

test('WorkQueue hands out a key once, and again only after done', async () => {
  const queue = new WorkQueue();
  queue.add('a');
  queue.add('a');
  queue.add('b');
  assert.equal(await queue.take(), 'a');
  queue.add('a');
  queue.add('a');
  assert.equal(await queue.take(), 'b');
  assert.equal(queue.length, 0, 'a is in work, so it is not ready');
  queue.done('a');
  assert.equal(queue.length, 1);
  assert.equal(await queue.take(), 'a');
  queue.done('a');
  assert.equal(queue.length, 0);
});

test('WorkQueue gives a key that arrives later to the taker that waits', async () => {
  const queue = new WorkQueue();
  const taken = queue.take();
  queue.add('a');
  queue.add('a');
  assert.equal(await taken, 'a');
  assert.equal(queue.length, 0, 'the second add waits until the first is done');
  queue.done('a');
  assert.equal(queue.length, 1);
});

test('WorkQueue.addAfter keeps the shortest wait', async () => {
  const queue = new WorkQueue();
  queue.addAfter('a', 60_000);
  queue.addAfter('a', 1);
  assert.equal(await queue.take(), 'a');
  queue.close();
});

test('WorkQueue.close ends the takers and forgets delayed keys', async () => {
  const queue = new WorkQueue();
  queue.addAfter('a', 60_000);
  const taken = queue.take();
  queue.close();
  assert.equal(await taken, undefined);
  assert.equal(await queue.take(), undefined);
});

test('runWorkers gives a key up after so many retries, until it is added again', async () => {
  const queue = new WorkQueue();
  const stop = new AbortController();
  let calls = 0;
  queue.add('bad');
  const given = { signal: stop.signal, log, backoff: { baseMs: 1, maxMs: 1 }, maxRetries: 3 };
  const running = runWorkers(queue, given, async () => {
    calls += 1;
    if (calls === 4) setTimeout(() => queue.add('bad'), 20);
    if (calls === 5) stop.abort();
    throw new Error('never');
  });
  await running;
  assert.equal(calls, 5, 'the first time and three more, then the one that was asked for');
});

test('runWorkers spreads the retries of many keys', async () => {
  const queue = new WorkQueue();
  const stop = new AbortController();
  const failed = new Set<string>();
  for (let i = 0; i < 30; i++) queue.add(`key-${i}`);
  const retryRate = { perSecond: 200, burst: 10 };
  const begin = performance.now();
  let retried = 0;
  await runWorkers(queue, { signal: stop.signal, log, backoff: { baseMs: 1, maxMs: 1 }, retryRate }, async (key) => {
    if (!failed.has(key)) {
      failed.add(key);
      throw new Error('once');
    }
    retried += 1;
    if (retried === 30) stop.abort();
  });
  assert.ok(performance.now() - begin >= 95, '20 beyond the burst at 200 a second');
});

test('runWorkers tries a failing key again, others meanwhile, and ends with the signal', async () => {
  const queue = new WorkQueue();
  const stop = new AbortController();
  const calls: string[] = [];
  queue.add('bad');
  queue.add('good');
  await runWorkers(queue, { signal: stop.signal, workers: 2, log, backoff: { baseMs: 1, maxMs: 2 } }, async (key) => {
    calls.push(key);
    if (key !== 'bad') return;
    if (calls.filter((call) => call === 'bad').length < 3) throw new Error('not yet');
    stop.abort();
  });
  assert.deepEqual(calls.toSorted(), ['bad', 'bad', 'bad', 'good']);
});
