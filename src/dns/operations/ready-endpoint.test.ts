import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from '#client/index.ts';
import { apiServer } from '../api-server.testing.ts';
import { DnsServer } from '../server.ts';
import { corefile } from '../testing/corefile.ts';
import { log } from '../testing/listening.ts';
import { Readiness } from './ready-endpoint.ts';

test('a component that was ready once is not asked again, unless it is watched', () => {
  const state = { kubernetes: false, other: false };
  const components = Object.keys(state).map((name) => ({ name, isReady: () => state[name as keyof typeof state] }));
  const all = [...components, { name: 'cache' }, { name: 'kubernetes', isReady: () => false }];
  const readiness = new Readiness();
  assert.deepEqual(readiness.unready(all), ['kubernetes', 'other']);
  state.other = true;
  assert.deepEqual(readiness.unready(all), ['kubernetes']);
  state.other = false;
  assert.deepEqual(readiness.unready(all), ['kubernetes']);
  assert.deepEqual(readiness.unready(all, true), ['kubernetes', 'other']);
});

test('/ready is 503 with the names of what is missing until the cluster has been listed', async (t) => {
  const gate = Promise.withResolvers<void>();
  const fetchApi = await apiServer(t);
  const client = new Client(async (request) => {
    await gate.promise;
    return await fetchApi(request);
  });
  const text = `cluster.local:0 {
    ready 127.0.0.1:0
    kubernetes
  }
  example.org:0 {
    ready 127.0.0.1:0
    hosts /dev/null
  }`;
  const server = new DnsServer({ connect: async () => client, log }, await corefile(text));
  t.after(() => server.close());
  await server.start();
  assert.equal(server.endpoints.length, 1, 'one for both blocks');
  const ask = async () => {
    const response = await fetch(`http://127.0.0.1:${server.endpoints[0]?.port}/ready`);
    return [response.status, await response.text()];
  };
  assert.deepEqual(await ask(), [503, 'kubernetes']);
  gate.resolve();
  await server.synced();
  assert.deepEqual(await ask(), [200, 'OK']);
});

test('a change of the configuration leaves open what has the same address', async (t) => {
  const text = (more: string, port = 0) => `example.org:0 {
    ready 127.0.0.1:${port} {
      monitor ${more}
    }
    health 127.0.0.1:0 {
      lameduck ${more === 'continuously' ? '1s' : '2s'}
    }
    hosts /dev/null
  }`;
  const server = new DnsServer({ connect: () => Promise.reject(), log }, await corefile(text('until-ready')));
  t.after(() => server.close());
  await server.start();
  const before = server.endpoints;
  assert.deepEqual(
    before.map(({ name }) => name),
    ['health', 'ready'],
  );
  await server.reload(await corefile(text('continuously')));
  assert.deepEqual(server.endpoints, before);
  assert.equal((await fetch(`http://127.0.0.1:${before[1]?.port}/ready`)).status, 200);
});

test('an address that somebody else has is told, and how to name another one', async (t) => {
  const make = async (port: number) => {
    const text = `example.org:0 {\n ready 127.0.0.1:${port}\n hosts /dev/null\n}`;
    const server = new DnsServer({ connect: () => Promise.reject(), log }, await corefile(text));
    t.after(() => server.close());
    return server;
  };
  const first = await make(0);
  await first.start();
  const second = await make(first.endpoints[0]?.port ?? 0);
  await assert.rejects(
    second.start(),
    /^UserError: Cannot serve \/ready at 127\.0\.0\.1:\d+ \(TCP\): .* has the port\. Stop it, /,
  );
});
