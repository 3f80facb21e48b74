import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { test } from 'node:test';
import { inquiry } from '../testing/cache.ts';
import { openUdp } from './udp.ts';

/** Much longer than it takes to hear that nobody listens. */
const timeoutMs = 20_000;

test('where nobody listens, every question on the socket fails at once', async () => {
  const closed = createSocket('udp4').bind(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address();
  closed.close();
  await once(closed, 'close');
  const connection = await openUdp({ host: '127.0.0.1', port }, { onEnd: () => {} });
  const first = connection.ask(inquiry('a.test'), timeoutMs);
  // The kernel has heard of the first by now, this process has not: the next message is told in its place.
  for (const until = performance.now() + 50; performance.now() < until; );
  const second = connection.ask(inquiry('b.test'), timeoutMs);
  for (const result of await Promise.allSettled([first, second])) {
    assert.equal(result.status, 'rejected');
    assert.match(String(result.reason), /ECONNREFUSED/);
  }
});
