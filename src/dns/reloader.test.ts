// Reloads of a server in this process: what is refused, given up, and finished first.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { Client } from '#client/index.ts';
import { createLogger } from '#lib/log.ts';
import { ManualClock } from '#lib/manual-clock.ts';
import { apiServer } from './api-server.testing.ts';
import type { ApiAccess } from './config/settings.ts';
import { Reloader } from './reloader.ts';
import { DnsServer, type DnsServerParts } from './server.ts';
import { packet, printed } from './testing/cluster.ts';
import { corefile } from './testing/corefile.ts';
import { freePort } from './testing/free-port.ts';
import { log } from './testing/listening.ts';
import { SteadyClient } from './testing/steady-client.ts';
import { address, replyTo, until, upstream } from './testing/upstream.ts';
import { encodeMessage } from './wire/index.ts';

const noCluster = () => Promise.reject(new Error('no cluster here'));

async function serving(t: TestContext, text: string, parts: Partial<DnsServerParts> = {}): Promise<DnsServer> {
  const server = new DnsServer({ connect: noCluster, log, ...parts }, await corefile(text));
  t.after(() => server.close());
  await server.start();
  return server;
}

async function asked(name: string, port: number): Promise<string> {
  const socket = createSocket('udp4');
  try {
    socket.send(encodeMessage(packet(name)), port, '127.0.0.1');
    const [response] = await once(socket, 'message', { signal: AbortSignal.timeout(10_000) });
    return printed(response);
  } finally {
    socket.close();
  }
}

/** As a Corefile that a test writes anew says, one version after the other. */
async function reloading(t: TestContext, first: string, parts: Partial<DnsServerParts> = {}) {
  const lines: string[] = [];
  const clock = new ManualClock();
  let text = first;
  let reads = 0;
  const source = {
    read: async () => {
      reads++;
      return { settings: await corefile(text), digest: text };
    },
  };
  const inForce = await source.read();
  const onLoop: DnsServerParts['onLoop'] = (error, settings) => assert.ok(reloader.undo(settings, error));
  const server = new DnsServer({ connect: noCluster, log, onLoop, ...parts }, inForce.settings);
  const reloader = new Reloader(
    { source, server, clock, log: createLogger('dns', 'error', (line) => lines.push(line)) },
    inForce,
  );
  t.after(() => server.close());
  await server.start();
  const stop = new AbortController();
  t.after(() => stop.abort());
  reloader.start(stop.signal);
  return {
    ...{ server, reloader, clock, lines },
    reads: () => reads,
    write: (other: string) => {
      text = other;
    },
    ask: (name: string) => asked(name, server.addresses[0]?.port ?? 0),
    failed: async () => {
      const metric = server.metrics().find(({ name }) => name === 'coredns_reload_failed_total');
      return [...((await metric?.samples()) ?? [])][0]?.value;
    },
  };
}

const host = (name: string, more = '') =>
  `${name}:0 {\n bind 127.0.0.1\n hosts /dev/null {\n 192.0.2.1 ${name}\n }\n${more}}\n`;

test('a cluster that cannot be listed is refused while the one in force is known, and taken when none is', async (t) => {
  const fetchApi = await apiServer(t);
  const gate = Promise.withResolvers<void>();
  const connect = async (access: ApiAccess) => {
    const isReachable = access.by === 'endpoint' && access.url === 'http://127.0.0.1:1';
    return new Client(async (request) => {
      if (!isReachable) await gate.promise;
      return await fetchApi(request);
    });
  };
  const cluster = (port: number) =>
    corefile(
      `cluster.local:0 {\n bind 127.0.0.1\n kubernetes {\n endpoint http://127.0.0.1:${port}\n startup_timeout 1ms\n }\n}`,
    );
  const server = new DnsServer({ connect, log, patienceMs: 50 }, await cluster(1));
  t.after(() => server.close());
  await server.start();
  await server.synced();
  const ask = () => asked('kubernetes.default.svc.cluster.local', server.addresses[0]?.port ?? 0);
  await assert.rejects(
    server.reload(await cluster(2)),
    /^Error: what is to be served is not known after 0\.05 s: kubernetes$/,
  );
  assert.match(await ask(), / A 10\.96\.0\.1$/);

  const other = new DnsServer({ connect, log, patienceMs: 3_600_000 }, await cluster(2));
  t.after(() => other.close());
  await other.start();
  await other.reload(await cluster(3));
  gate.resolve();
  await other.synced();
});

test('an address that is given up answers first what it was asked', async (t) => {
  const gate = Promise.withResolvers<void>();
  const slow = await upstream(t, async ({ query }) => {
    await gate.promise;
    return replyTo(query, address(query));
  });
  const block = (addresses: string) => `.:0 {\n bind ${addresses}\n forward . 127.0.0.1:${slow.port}\n}`;
  const server = await serving(t, block('127.0.0.1 127.0.0.2'));
  const [first] = server.addresses;
  const answer = asked('far.test', first?.port ?? 0);
  await until(() => slow.asked.length > 0);
  const reloaded = server.reload(await corefile(block('127.0.0.2')));
  gate.resolve();
  assert.match(await answer, / A 192\.0\.2\.1$/);
  await reloaded;
  assert.deepEqual(
    server.addresses.map(({ host }) => host),
    ['127.0.0.2'],
  );
});

test('all addresses are exchanged for one of them, and back, without a gap', async (t) => {
  const port = await freePort();
  const block = (bind: string) => `a.test:${port} {\n ${bind}\n hosts /dev/null {\n 192.0.2.1 a.test\n }\n}`;
  const server = await serving(t, block(''));
  const ways = ['udp', 'udp', 'tcp'] as const;
  const at = { host: '127.0.0.1', port };
  const clients = await Promise.all(ways.map((way) => SteadyClient.start(t, way, at, ['a.test'])));
  for (const bind of ['bind 127.0.0.1', 'bind 127.0.0.1 ::1', '']) {
    await server.reload(await corefile(block(bind)));
    const goals = clients.map(({ answered }) => answered + 5);
    await until(() => clients.every(({ answered }, i) => answered >= (goals[i] ?? 0)));
  }
  await Promise.all(clients.map((client) => client.stop()));
  assert.deepEqual(
    clients.flatMap(({ failures }) => failures),
    [],
  );
});

test('a port that another server of ours has is not shared', async (t) => {
  const port = await freePort();
  const text = host('a.test').replace(':0', `:${port}`);
  await serving(t, text);
  await assert.rejects(serving(t, text), {
    name: 'UserError',
    message: new RegExp(
      `^Cannot listen at 127\\.0\\.0\\.1:${port} \\(TCP\\): .* \\(process ${process.pid}\\) has the port`,
    ),
  });
});

test('the file is read as often as it says, and again when it says so for the first time', async (t) => {
  const { clock, write, reads, reloader, ask } = await reloading(t, host('a.test', 'reload 30s 0s\n'));
  const settled = async () => {
    await new Promise(setImmediate);
    await until(() => clock.sleepers === 1);
  };
  assert.equal(reads(), 1);
  clock.advance(29_999);
  await settled();
  assert.equal(reads(), 1);
  clock.advance(1);
  await until(() => reads() === 2);
  await settled();
  write(host('b.test'));
  clock.advance(30_000);
  await until(async () => (await ask('b.test')).startsWith('NOERROR'));
  await until(() => reads() === 3);
  assert.equal(clock.sleepers, 0, 'it is not looked at any more');
  write(host('c.test', 'reload 10s 0s\n'));
  await reloader.reload();
  assert.match(await ask('c.test'), /^NOERROR/);
  assert.equal(clock.sleepers, 1);
});

test('who asks for a reload while one is under way gets the next one, and all who do share it', async (t) => {
  const { reloader, reads, write, ask } = await reloading(t, host('a.test'));
  const first = reloader.reload();
  await until(() => reads() === 2);
  write(host('b.test'));
  await Promise.all([first, ...Array.from({ length: 100 }, () => reloader.reload())]);
  assert.equal(reads(), 3);
  assert.match(await ask('b.test'), /^NOERROR/);
});

test('what forwards to itself is given up for what was in force before, and is not taken again', async (t) => {
  const { server, clock, reloader, write, ask, failed, lines } = await reloading(t, host('a.test', 'reload 30s 0s\n'));
  const port = server.addresses[0]?.port ?? 0;
  const looping = `${host('a.test', 'reload 30s 0s\n')}.:0 {\n bind 127.0.0.1\n loop\n forward . 127.0.0.1:${port}\n}`;
  write(looping);
  await reloader.reload();
  assert.equal(await failed(), 0);
  await until(async () => (await ask('far.test')).startsWith('REFUSED'));
  assert.equal(await failed(), 1);
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /configuration not taken, .* problem="Queries for \. that are forwarded come back: /);
  clock.advance(30_000);
  await until(() => clock.sleepers === 1);
  assert.match(await ask('far.test'), /^REFUSED/);
  write(host('b.test'));
  await reloader.reload();
  assert.match(await ask('b.test'), /^NOERROR/);
});
