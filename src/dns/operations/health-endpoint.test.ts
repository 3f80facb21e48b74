import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { createLogger } from '#lib/log.ts';
import { ManualClock } from '#lib/manual-clock.ts';
import { HealthEndpoint } from './health-endpoint.ts';

test('/health is OK, and the server asks itself for it every second', async (t) => {
  const clock = new ManualClock();
  const warnings: string[] = [];
  const log = createLogger('dns', 'warn', (line) => warnings.push(line));
  const health = new HealthEndpoint({ host: '127.0.0.1', port: 0 }, { log, clock });
  const stop = new AbortController();
  t.after(() => stop.abort());
  await health.start(stop.signal);
  const port = health.address?.port ?? 0;
  const response = await fetch(`http://127.0.0.1:${port}/health`);
  assert.deepEqual([response.status, await response.text()], [200, 'OK']);
  assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 404);

  const counted = async () => {
    const all = await Promise.all(health.metrics().map(async ({ samples }) => [...(await samples())]));
    const value = (name: string) => all.flat().find(({ metricName }) => metricName === name)?.value;
    return { asked: value('coredns_health_request_duration_seconds_count'), failed: all[1]?.[0]?.value };
  };
  /** One more second, and what follows from it: the next one is waited for when this one's question is over. */
  const second = async () => {
    while (clock.sleepers === 0) await new Promise(setImmediate);
    clock.advance(1000);
    while (clock.sleepers === 0) await new Promise(setImmediate);
  };
  assert.deepEqual(await counted(), { asked: 0, failed: 0 });
  await second();
  await second();
  assert.deepEqual(await counted(), { asked: 2, failed: 0 });
  assert.deepEqual(warnings, []);

  // Somebody has all the connections that there are.
  const sockets = await Promise.all(
    Array.from({ length: 128 }, async () => {
      const socket = connect(port, '127.0.0.1');
      t.after(() => socket.destroy());
      await once(socket, 'connect');
      return socket;
    }),
  );
  await second();
  assert.deepEqual(await counted(), { asked: 3, failed: 1 });
  assert.match(warnings.join(), /could not ask itself for \/health/);
  for (const socket of sockets) socket.destroy();
  stop.abort();
  await assert.rejects(fetch(`http://127.0.0.1:${port}/health`));
  assert.equal(health.address, undefined);
});
