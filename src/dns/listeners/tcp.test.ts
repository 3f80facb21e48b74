// Connections as clients make them, good and bad. Times are short here: what is tested is that they end, not when.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { packet } from '../testing/cluster.ts';
import { listening } from '../testing/listening.ts';
import { clusterResponder, type TestParts } from '../testing/responders.ts';
import { sample } from '../testing/sample.ts';
import { framed, until } from '../testing/upstream.ts';
import type { Answer } from '../upstream/resolver.ts';
import { decodeMessage, encodeMessage, Rcode } from '../wire/index.ts';
import type { TcpLimits } from './tcp.ts';

const refused: Answer = { rcode: Rcode.REFUSED, reason: 'as the test wants it' };
const zones = sample();
const start = (t: TestContext, limits: Partial<TcpLimits> = {}, parts: TestParts = {}) =>
  listening(t, clusterResponder(zones, parts), limits);
const question = (name: string, id: number) => framed(encodeMessage(packet(name, id)));
const web = (id: number) => question('web.default.svc.cluster.local', id);

/** A client, and the ids of what it got, in order. */
function client(t: TestContext, port: number) {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  socket.on('error', () => {});
  t.after(() => socket.destroy());
  const ids: number[] = [];
  let received = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
      const end = 2 + received.readUInt16BE(0);
      ids.push(decodeMessage(received.subarray(2, end)).id);
      received = received.subarray(end);
    }
  });
  return { socket, ids };
}

/** Sends, and resolves with the ids of the answers when the server closes. */
async function conversation(t: TestContext, port: number, chunks: readonly Buffer[], end: boolean): Promise<number[]> {
  const { socket, ids } = client(t, port);
  for (const chunk of chunks) socket.write(chunk);
  if (end) socket.end();
  await closed(socket);
  return ids;
}

/** By the server, well or with a reset. */
async function closed(socket: Socket): Promise<void> {
  const end = Promise.withResolvers<void>();
  for (const event of ['end', 'close', 'error']) socket.once(event, () => end.resolve());
  await end.promise;
  socket.destroy();
}

test('pipelined, split and short messages are taken, and a half-closed client is answered', async (t) => {
  const port = await start(t);
  const short = Buffer.from([0, 3, 1, 2, 3, 0, 0]);
  const pipeline = Buffer.concat([web(1), short, web(2), web(3)]);
  assert.deepEqual(await conversation(t, port, [pipeline], true), [1, 2, 3]);
  const octets = [...web(4)].map((octet) => Buffer.from([octet]));
  assert.deepEqual(await conversation(t, port, octets, true), [4]);
});

test('an answer that is ready does not wait for one that is not', async (t) => {
  const gate = Promise.withResolvers<Answer>();
  const port = await start(t, {}, { resolver: { resolve: () => gate.promise } });
  const { socket, ids } = client(t, port);
  socket.end(Buffer.concat([question('www.example.com', 1), web(2), question('ftp.example.com', 3), web(4)]));
  await until(() => ids.length === 2);
  assert.deepEqual(ids, [2, 4]);
  gate.resolve(refused);
  await closed(socket);
  assert.deepEqual(ids, [2, 4, 1, 3]);
});

test('a connection has no limit of questions', async (t) => {
  const port = await start(t);
  const questions = Array.from({ length: 5000 }, (_, id) => web(id));
  const ids = await conversation(t, port, [Buffer.concat(questions)], true);
  assert.deepEqual(
    ids,
    questions.map((_, id) => id),
  );
});

test('questions that wait for others have a limit; further ones stay with the client until there is room', async (t) => {
  const waiting: ((answer: Answer) => void)[] = [];
  const resolve = () => new Promise<Answer>((answer) => waiting.push(answer));
  const port = await start(t, { pending: 2 }, { resolver: { resolve } });
  const { socket, ids } = client(t, port);
  socket.end(Buffer.concat(Array.from({ length: 6 }, (_, id) => question(`a${id}.example.com`, id))));
  for (let answered = 0; answered < 6; answered++) {
    await until(() => waiting.length > 0);
    assert.ok(waiting.length <= 2);
    // Somebody else is not held up.
    assert.deepEqual(await conversation(t, port, [web(7)], true), [7]);
    waiting.shift()?.(refused);
  }
  await closed(socket);
  assert.deepEqual(ids, [0, 1, 2, 3, 4, 5]);
});

test('a silent client is cut off, sooner before its first message, and so is one that never ends a message', async (t) => {
  const long = 60_000;
  const first = await start(t, { firstMessageMs: 50, idleMs: long });
  assert.deepEqual(await conversation(t, first, [], false), []);
  assert.deepEqual(await conversation(t, first, [web(1).subarray(0, 20)], false), []);
  const later = await start(t, { firstMessageMs: long, idleMs: 50 });
  assert.deepEqual(await conversation(t, later, [web(1), Buffer.from([0])], false), [1]);
});

test('who sends octet by octet gets no more time than who is silent', async (t) => {
  const port = await start(t, { firstMessageMs: 100 });
  const { socket } = client(t, port);
  const drip = setInterval(() => socket.write(Buffer.from([0])), 10);
  t.after(() => clearInterval(drip));
  // Of this message no end will ever come.
  socket.write(Buffer.from([0xff, 0xff]));
  await closed(socket);
});

test('a client that takes no answers is cut off', async (t) => {
  const port = await start(t, { writeMs: 50, idleMs: 60_000 });
  const { socket } = client(t, port);
  socket.pause();
  // 6 KiB an answer: more than the kernel keeps of one connection.
  const questions = Buffer.concat(
    Array.from({ length: 5000 }, (_, id) => question('many.default.svc.cluster.local', id)),
  );
  socket.write(questions);
  const gone = Promise.withResolvers<void>();
  socket.once('close', gone.resolve);
  // A paused socket does not hear of the end: who writes does.
  const ping = setInterval(() => socket.write(web(1)), 20);
  t.after(() => clearInterval(ping));
  await gone.promise;
});

test('connections beyond the limit are closed at once, and the others go on', async (t) => {
  const port = await start(t, { connections: 2 });
  const [a, b] = [client(t, port), client(t, port)];
  await Promise.all([once(a.socket, 'connect'), once(b.socket, 'connect')]);
  assert.deepEqual(await conversation(t, port, [], false), []);
  a.socket.write(web(1));
  await until(() => a.ids.length === 1);
  b.socket.destroy();
  await until(async () => (await conversation(t, port, [web(2)], true)).length === 1);
});
