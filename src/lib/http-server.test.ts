// Limits and timeouts are what these servers exist for; that, and that each of several can be closed by itself.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, type TestContext, test } from 'node:test';
import { exposition } from './exposition.ts';
import { answer, answerMetrics, answerNotFound, listenHttp, pathOf } from './http-server.ts';
import type { Metric } from './metrics.ts';

const host = '127.0.0.1';

async function serve(t: TestContext, handle: RequestListener) {
  const server = await listenHttp({ host, port: 0 }, handle);
  t.after(() => server.close());
  return { ...server, get: (path: string) => fetch(`http://${host}:${server.port}/${path}`) };
}

describe('a small HTTP server', () => {
  test('answers by path, whatever its query', async (t) => {
    const { get } = await serve(t, (request, response) =>
      pathOf(request) === 'healthz' ? answer(response, 200, 'ok') : answerNotFound(response),
    );
    const found = await get('healthz?verbose=1');
    assert.deepEqual([found.status, await found.text()], [200, 'ok']);
    assert.equal(found.headers.get('content-type'), 'text/plain; charset=utf-8');
    const missing = await get('other');
    assert.deepEqual([missing.status, await missing.text()], [404, '404 page not found\n']);
  });

  test('metrics are collected for each request, and a failure is told', async (t) => {
    const metrics: Metric[] = [];
    const text = exposition(() => metrics);
    const { get } = await serve(t, (_, response) => answerMetrics(response, text));
    assert.match(await (await get('metrics')).text(), /^process_cpu_seconds_total /m);
    metrics.push({ name: 'late', help: 'Came later.', type: 'gauge', samples: () => [{ labels: {}, value: 7 }] });
    assert.match(await (await get('metrics')).text(), /^late 7$/m);
    const samples = () => Promise.reject(new Error('the store is closed'));
    metrics.push({ name: 'broken', help: 'Cannot be had.', type: 'gauge', samples });
    const failed = await get('metrics');
    assert.deepEqual([failed.status, await failed.text()], [500, 'cannot collect metrics: the store is closed\n']);
  });

  test('of several, one that is closed lets its connections and its port go; the others stay', async (t) => {
    const [first, second] = [
      await serve(t, (_, response) => answer(response, 200, 'first')),
      await serve(t, (_, response) => answer(response, 200, 'second')),
    ];
    const idle = connect(first.port, host);
    await once(idle, 'connect');
    // It has been accepted when it has had an answer.
    idle.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(idle, 'readable');
    first.close();
    assert.match(await text(idle), /first/);
    const again = await listenHttp({ host, port: first.port }, (_, response) => answer(response, 200, 'third'));
    t.after(() => again.close());
    assert.equal(await (await first.get('')).text(), 'third');
    assert.equal(await (await second.get('')).text(), 'second');
  });

  test('more connections than health checks make are turned away', async (t) => {
    const { port } = await serve(t, (_, response) => answer(response, 200, 'ok'));
    const sockets = await Promise.all(
      Array.from({ length: 129 }, async () => {
        const socket = connect(port, host);
        t.after(() => socket.destroy());
        await once(socket, 'connect');
        return socket;
      }),
    );
    // Those within the limit stay open and silent.
    await Promise.any(sockets.map((socket) => once(socket.resume(), 'close')));
    assert.equal(sockets.filter(({ closed }) => closed).length, 1);
  });

  test('a port that somebody has is refused', async (t) => {
    const { port } = await serve(t, (_, response) => answer(response, 200, 'ok'));
    await assert.rejects(
      listenHttp({ host, port }, () => {}),
      { code: 'EADDRINUSE' },
    );
  });
});
