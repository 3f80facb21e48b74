// How a server process takes leave of its clients (spec/dns.md §10).

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { apiServer, kubeconfig } from '../api-server.testing.ts';
import type { HostPort } from '../config/settings.ts';
import { type DnsProcess, dnsProcess } from '../process.testing.ts';
import { packet, printed } from '../testing/cluster.ts';
import { encodeMessage } from '../wire/index.ts';

const name = 'kubernetes.default.svc.cluster.local';
const answer = `NOERROR qr aa rd\nanswer ${name}. 5 IN A 10.96.0.1`;
const query = (question: string) => encodeMessage(packet(question));

async function askUdp({ host, port }: HostPort, question = name): Promise<string> {
  const socket = createSocket('udp4');
  try {
    socket.send(query(question), port, host);
    const [response] = await once(socket, 'message', { signal: AbortSignal.timeout(10_000) });
    return printed(response);
  } finally {
    socket.close();
  }
}

async function askTcp({ host, port }: HostPort, question = name): Promise<string> {
  const socket = connect({ host, port, noDelay: true });
  const message = query(question);
  socket.write(Buffer.concat([Buffer.from([message.length >> 8, message.length & 255]), message]));
  let received = Buffer.alloc(0);
  for await (const chunk of socket) {
    received = Buffer.concat([received, chunk]);
    if (received.length >= 2 && received.length === 2 + received.readUInt16BE(0)) return printed(received.subarray(2));
  }
  throw new Error('closed without an answer');
}

async function started(t: TestContext, health: string, more = ''): Promise<DnsProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'portolan-dns-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'Corefile');
  const block = ['bind 127.0.0.1', `health 127.0.0.1:0 ${health}`, 'ready 127.0.0.1:0', more].join('\n');
  await writeFile(file, `.:0 {\n${block}\nkubernetes cluster.local\n}\n`);
  return await dnsProcess(t, ['--corefile', file, '--kubeconfig', await kubeconfig(t, await apiServer(t))]);
}

/** 200, or `refused`. */
async function status({ endpoints }: DnsProcess, name: 'health' | 'ready'): Promise<number | 'refused'> {
  const { host, port } = endpoints.find((endpoint) => endpoint.name === name) as HostPort;
  const response = await fetch(`http://${host}:${port}/${name}`).catch(() => undefined);
  return response?.status ?? 'refused';
}

/** As those do who send clients to servers that are ready. */
async function noLongerReady(server: DnsProcess): Promise<void> {
  while ((await status(server, 'ready')) !== 'refused') await new Promise(setImmediate);
}

const ended = async ({ child }: DnsProcess): Promise<unknown[]> =>
  await once(child, 'exit', { signal: AbortSignal.timeout(20_000) });

test('/ready is refused at once; queries and /health go on, and then the process ends with 0', async (t) => {
  const server = await started(t, '{\n lameduck 2s\n}');
  assert.deepEqual([await status(server, 'ready'), await status(server, 'health')], [200, 200]);
  server.child.kill('SIGTERM');
  const end = ended(server);
  await noLongerReady(server);
  assert.equal(await status(server, 'health'), 200);
  assert.deepEqual([await askUdp(server.address), await askTcp(server.address)], [answer, answer]);
  assert.deepEqual(await end, [0, null]);
  assert.deepEqual(await status(server, 'health'), 'refused');
});

test('a client that asks all the time loses nothing when it goes to another server in time', async (t) => {
  const [first, second] = await Promise.all([started(t, '{\n lameduck 2s\n}'), started(t, '')]);
  let isFirstReady = true;
  let isOver = false;
  const counts = { first: 0, second: 0 };
  const ask = async (by: typeof askUdp) => {
    while (!isOver) {
      const which = isFirstReady ? 'first' : 'second';
      assert.equal(await by({ first, second }[which].address), answer);
      counts[which]++;
    }
  };
  const clients = Promise.all([ask(askUdp), ask(askUdp), ask(askTcp)]);
  while (counts.first < 100) await new Promise(setImmediate);
  const end = ended(first);
  first.child.kill('SIGTERM');
  await noLongerReady(first);
  isFirstReady = false;
  assert.deepEqual(await end, [0, null]);
  isOver = true;
  await clients;
  assert.ok(counts.second > 0);
});

test('what is under way at the end of the lameduck is still answered', async (t) => {
  const upstream = createSocket('udp4');
  t.after(() => upstream.close());
  upstream.bind(0, '127.0.0.1');
  await once(upstream, 'listening');
  const server = await started(t, '', `forward . 127.0.0.1:${upstream.address().port} {\n prefer_udp\n}`);
  const answers = Promise.all([askUdp(server.address, 'a.example'), askTcp(server.address, 'b.example')]);
  const asked: [Buffer, { port: number }][] = [];
  const both = Promise.withResolvers<void>();
  upstream.on('message', (bytes, peer) => asked.push([bytes, peer]) === 2 && both.resolve());
  await both.promise;
  const end = ended(server);
  server.child.kill('SIGTERM');
  // It has no lameduck: from here on it only waits.
  await noLongerReady(server);
  for (const [message, { port }] of asked) {
    message.writeUInt16BE(0x8180, 2);
    upstream.send(message, port, '127.0.0.1');
  }
  assert.deepEqual(await answers, ['NOERROR qr rd ra', 'NOERROR qr rd ra']);
  assert.deepEqual(await end, [0, null]);
});

test('a second signal ends it at once', async (t) => {
  const server = await started(t, '{\n lameduck 1h\n}');
  const end = ended(server);
  server.child.kill('SIGTERM');
  await noLongerReady(server);
  server.child.kill('SIGINT');
  assert.deepEqual(await end, [null, 'SIGINT']);
});

test('a process whose parent is gone does not take its time', async (t) => {
  const server = await started(t, '{\n lameduck 1h\n}');
  const end = ended(server);
  server.child.kill('SIGTERM');
  await noLongerReady(server);
  server.child.disconnect();
  assert.deepEqual(await end, [0, null]);
});
