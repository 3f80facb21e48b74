import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fetch, HttpResponse } from '#lib/http.ts';
import { ApiRequests } from './api-requests.ts';

const answer: HttpResponse = { status: 200, headers: {}, body: new Uint8Array() };
const request = { method: 'GET', url: '/api', headers: {} } as const;

test('no more requests wait for an answer than allowed, the others go in their order', async () => {
  const open: (() => void)[] = [];
  const fetch: Fetch = () => new Promise((resolve) => open.push(() => resolve(answer)));
  const limited = new ApiRequests({ apiserverMaxInflight: 2 }).counted(fetch, 'http://h');
  const done: number[] = [];
  const all = [0, 1, 2, 3].map((i) => limited(request).then(() => done.push(i)));
  await new Promise(setImmediate);
  assert.equal(open.length, 2);
  open[1]?.();
  await all[1];
  await new Promise(setImmediate);
  assert.equal(open.length, 3);
  for (let i = 0; i < 4; i++) {
    for (const answered of open) answered();
    await new Promise(setImmediate);
  }
  await Promise.all(all);
  assert.deepEqual(done, [1, 0, 2, 3]);
});

test('requests beyond the rate wait, and how long is told', async () => {
  const requests = new ApiRequests({ apiserverQps: 50, apiserverBurst: 1 });
  const limited = requests.counted(async () => answer, 'http://h:80');
  for (let i = 0; i < 3; i++) await limited(request);
  const waits = requests.metrics().find(({ name }) => name.endsWith('_rate_limiter_duration_seconds'));
  const samples = [...((await waits?.samples()) ?? [])];
  assert.equal(samples.find(({ metricName }) => metricName?.endsWith('_count'))?.value, 3);
  assert.ok((samples.find(({ metricName }) => metricName?.endsWith('_sum'))?.value ?? 0) >= 0.03);
});
