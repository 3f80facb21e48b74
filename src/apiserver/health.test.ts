// The health checks in process (api.md §2): their names, their forms, and that each can fail.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createLogger } from '#lib/log.ts';
import { MemoryStore } from '#storage/index.ts';
import { Health } from './health.ts';
import { healthChecks, Progress, startSteps } from './health-checks.ts';
import { startServer } from './in-process-suite.ts';

const steps = startSteps.map((step) => `[+]poststarthook/${step} ok\n`).join('');

describe('a server that is well', () => {
  const cases: { name: string; url: string; status?: number; want: string }[] = [
    { name: 'says ok', url: '/healthz', want: 'ok' },
    { name: 'livez', url: '/livez', want: 'ok' },
    {
      name: 'names its checks',
      url: '/livez?verbose',
      want: `[+]ping ok\n[+]log ok\n[+]etcd ok\n${steps}livez check passed\n`,
    },
    {
      name: 'readyz has more of them',
      url: '/readyz?verbose=true',
      want: `[+]ping ok\n[+]log ok\n[+]etcd ok\n[+]etcd-readiness ok\n${steps}[+]shutdown ok\nreadyz check passed\n`,
    },
    {
      name: 'leaves out what is excluded, and says what it cannot exclude',
      url: '/livez?verbose&exclude=etcd&exclude=zebra&exclude=ant',
      want: `[+]ping ok\n[+]log ok\n[+]etcd excluded: ok\n${steps}warn: some health checks cannot be excluded: no matches for "ant","zebra"\nlivez check passed\n`,
    },
    { name: 'one check', url: '/readyz/ping', want: 'ok' },
    { name: 'one check whose name has a slash', url: '/readyz/poststarthook/bootstrap-controller', want: 'ok' },
    { name: 'a check of another endpoint', url: '/livez/shutdown', status: 404, want: '404 page not found\n' },
    { name: 'a check that is not there', url: '/readyz/none', status: 404, want: '404 page not found\n' },
  ];
  for (const { name, url, status = 200, want } of cases) {
    test(name, async () => {
      const api = await startServer();
      const answer = await api.send('GET', url, undefined, { user: { name: 'nobody', groups: [] } });
      assert.equal(answer.text, want);
      assert.equal(answer.status, status);
      assert.equal(answer.headers['content-type'], 'text/plain; charset=utf-8');
    });
  }
});

test('a store that cannot be read shows in each form, the reason only where one check is asked for', async () => {
  const api = await startServer();
  await api.store.close();
  const all = await api.send('GET', '/readyz?exclude=etcd-readiness');
  assert.equal(all.status, 500);
  assert.equal(
    all.text,
    `[+]ping ok\n[+]log ok\n[-]etcd failed: reason withheld\n[+]etcd-readiness excluded: ok\n${steps}[+]shutdown ok\nreadyz check failed\n`,
  );
  const one = await api.send('GET', '/livez/etcd');
  assert.deepEqual([one.status, one.text], [500, 'internal server error: the store is closed\n']);
  assert.equal((await api.send('GET', '/livez?exclude=etcd')).status, 200);
});

test('readyz says no while the server shuts down, before its connections end', async () => {
  const api = await startServer({ shutdownDelayMs: 50 });
  const closing = api.server.close();
  const { status, text } = await api.send('GET', '/readyz');
  assert.equal(status, 500);
  assert.match(text, /^\[-\]shutdown failed: reason withheld$/m);
  assert.equal((await api.send('GET', '/livez')).status, 200);
  await closing;
});

test('what has not happened yet, and a log that nobody reads, are failures', async () => {
  const progress = new Progress();
  let unwritten = 0;
  const checks = healthChecks({ store: new MemoryStore(), progress, unwrittenLog: () => unwritten });
  const health = new Health(checks, createLogger('test', 'error'));
  const text = async (path: string) => {
    const response = await health.serve(path, new URLSearchParams());
    return response && Buffer.from(response.body as Uint8Array).toString();
  };
  assert.equal(await text('/livez/poststarthook/bootstrap-controller'), 'internal server error: not finished\n');
  progress.finish('bootstrap-controller');
  assert.equal(await text('/livez/poststarthook/bootstrap-controller'), 'ok');
  assert.equal(await text('/livez/log'), 'ok');
  unwritten = 2 ** 30;
  assert.equal(await text('/livez/log'), 'internal server error: logging blocked\n');
});
