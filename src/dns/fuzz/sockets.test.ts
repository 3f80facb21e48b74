// A share of the fuzz run over real sockets, and crowds that do nothing. Beside them somebody must be served, and when they are
// gone nothing may be left of them.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { Servers } from '../tables/servers.testing.ts';
import { packet, printed } from '../testing/cluster.ts';
import { listening } from '../testing/listening.ts';
import { framed } from '../testing/upstream.ts';
import { decodeMessage, encodeMessage } from '../wire/index.ts';
import { everything } from './configurations.testing.ts';
import { packets, streams } from './packets.testing.ts';

const seed = Number(process.env.FUZZ_SEED ?? 1);
const requests = Math.ceil(Number(process.env.FUZZ_REQUESTS ?? 3_000) / 10);
const timeout = Math.max(120_000, requests * 100);
/** Of two equal runs the second may leave so much more behind: caches that were not quite full, and chance. */
const heapMarginMiB = 24;
const host = '127.0.0.1';
const web = 'web.default.svc.cluster.local';
const wanted = `NOERROR qr aa rd\nanswer ${web}. 5 IN A 10.96.0.80`;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const heapMiB = (): number => {
  for (let i = 0; i < 3; i++) collectGarbage();
  return process.memoryUsage().heapUsed / 1024 / 1024;
};

async function start(t: TestContext): Promise<number> {
  const servers = await Servers.start(t);
  const { responder } = await servers.of({ corefile: everything, isSynced: true });
  return await listening(t, responder, { firstMessageMs: 2000, idleMs: 2000 });
}

/** By UDP what is lost is asked again: a crowd may fill the kernel's buffer. */
async function isServedByUdp(port: number): Promise<void> {
  const socket = createSocket('udp4');
  const again = setInterval(() => socket.send(encodeMessage(packet(web)), port, host), 100);
  try {
    socket.send(encodeMessage(packet(web)), port, host);
    const [response] = await once(socket, 'message', { signal: AbortSignal.timeout(10_000) });
    assert.equal(printed(response), wanted);
  } finally {
    clearInterval(again);
    socket.close();
  }
}

async function isServedByTcp(port: number): Promise<void> {
  const socket = connect({ port, host });
  socket.end(framed(encodeMessage(packet(web))));
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  assert.equal(printed(Buffer.concat(chunks).subarray(2)), wanted);
}

/** Sends all, in pieces, and reads to the end that the server makes. */
async function converse(port: number, messages: readonly Buffer[], isHalfClosed: boolean): Promise<void> {
  const socket = connect({ port, host, allowHalfOpen: true, noDelay: true });
  const stream = Buffer.concat(messages);
  for (let at = 0; at < stream.length; at += 100) socket.write(stream.subarray(at, at + 100));
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  const ended = Promise.withResolvers<void>();
  for (const event of ['end', 'close', 'error']) socket.once(event, () => ended.resolve());
  if (isHalfClosed) {
    socket.end();
    await ended.promise;
  } else if (socket.connecting) await once(socket, 'connect');
  socket.destroy();
  if (isHalfClosed) readAll(Buffer.concat(chunks));
}

/** Every response is a whole message. */
function readAll(received: Buffer): void {
  for (let rest = received; rest.length > 0; ) {
    const end = 2 + rest.readUInt16BE(0);
    assert.ok(end <= rest.length, 'the server ends inside a message');
    decodeMessage(rest.subarray(2, end));
    rest = rest.subarray(end);
  }
}

test(`${requests} packets by UDP, seed ${seed}`, { timeout }, async (t) => {
  const port = await start(t);
  const socket = createSocket('udp4');
  t.after(() => socket.close());
  socket.on('message', (response) => decodeMessage(response));
  const play = async () => {
    let sent = 0;
    const property = fc.asyncProperty(packets, async (bytes) => {
      socket.send(bytes, port, host);
      if (++sent % 100 === 0) await isServedByUdp(port);
    });
    await fc.assert(property, { seed, numRuns: requests });
    await isServedByUdp(port);
  };
  await play();
  const before = heapMiB();
  await play();
  assert.ok(heapMiB() - before < heapMarginMiB, `the heap grew from ${before} to ${heapMiB()} MiB`);
});

test(`${requests} connections, seed ${seed}`, { timeout }, async (t) => {
  const port = await start(t);
  const play = async () => {
    const property = fc.asyncProperty(streams, fc.boolean(), (messages, isHalfClosed) =>
      converse(port, messages, isHalfClosed),
    );
    await fc.assert(property, { seed, numRuns: requests });
    await isServedByTcp(port);
  };
  await play();
  const before = heapMiB();
  await play();
  assert.ok(heapMiB() - before < heapMarginMiB, `the heap grew from ${before} to ${heapMiB()} MiB`);
});

test('500 connections on which nothing is asked are in nobody’s way', async (t) => {
  const port = await start(t);
  const idle: Socket[] = Array.from({ length: 500 }, () => connect({ port, host }).on('error', () => {}));
  t.after(() => {
    for (const socket of idle) socket.destroy();
  });
  await Promise.all(idle.map((socket) => once(socket, 'connect')));
  // Some of them begin a message and never end it.
  for (const [at, socket] of idle.entries()) if (at % 2 === 0) socket.write(Buffer.from([0, 200, 1]));
  await isServedByTcp(port);
  await isServedByUdp(port);
  await Promise.all(idle.map((socket) => (socket.closed ? undefined : once(socket.resume(), 'close'))));
  await isServedByTcp(port);
});
