// Watches over WebSocket (api.md §5), and the deprecated path of a watch (§1), over real sockets.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { WebSocket } from 'ws';
import { HttpsServer } from './https-suite.ts';
import { configMap, next, startServer } from './in-process-suite.ts';

const cms = '/api/v1/namespaces/default/configmaps';
let server: HttpsServer;

before(async () => {
  server = await HttpsServer.start();
  for (const name of ['a', 'b']) await server.api.send('POST', cms, configMap(name));
});
after(() => server[Symbol.asyncDispose]());

function connect(path: string, protocols: string[] = []) {
  const url = `wss://127.0.0.1:${server.port}${path}`;
  const socket = new WebSocket(url, protocols, { ca: server.ca.pair.cert, ...server.admin });
  const messages: { text: string; isBinary: boolean }[] = [];
  socket.on('message', (data, isBinary) => messages.push({ text: String(data), isBinary }));
  socket.on('error', () => {});
  /** The first so many messages, decoded. */
  const events = async (count: number, decode = (text: string) => text) => {
    while (messages.length < count) await once(socket, 'message');
    return messages.map(({ text }) => JSON.parse(decode(text)));
  };
  return { socket, messages, events };
}

const names = (events: { type: string; object: { metadata: { name: string } } }[]) =>
  events.map(({ type, object }) => `${type} ${object.metadata.name}`);

describe('a watch', () => {
  test('each event is one message of text, those that come at once too', async () => {
    const { socket, messages, events } = connect(`${cms}?watch=true`);
    assert.deepEqual(names(await events(2)), ['ADDED a', 'ADDED b']);
    await server.api.send('DELETE', `${cms}/b`);
    assert.deepEqual(names(await events(3)).slice(2), ['DELETED b']);
    assert.ok(messages.every(({ text, isBinary }) => !isBinary && !text.includes('\n')));
    socket.close();
  });

  test('in base64 for those who ask', async () => {
    const { socket, events } = connect(`${cms}?watch=true`, ['base64.binary.k8s.io']);
    assert.deepEqual(names((await events(1, (text) => Buffer.from(text, 'base64').toString())).slice(0, 1)), [
      'ADDED a',
    ]);
    assert.equal(socket.protocol, 'base64.binary.k8s.io');
    socket.close();
  });

  test('ends with a farewell when its time is over', async () => {
    const { socket } = connect(`${cms}?watch=true&timeoutSeconds=1`);
    const [code] = await once(socket, 'close');
    assert.equal(code, 1000);
  });

  test('is over for the server when the client leaves', async () => {
    const open = async () => {
      const { text } = await server.http1('/metrics');
      return Number(/^apiserver_longrunning_requests\{verb="WATCH".*resource="configmaps".*\} (\d+)$/m.exec(text)?.[1]);
    };
    const before = await open();
    const { socket, events } = connect(`${cms}?watch=true`);
    await events(1);
    assert.equal(await open(), before + 1);
    socket.close();
    for (let i = 0; i < 100 && (await open()) > before; i++) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(await open(), before);
  });

  test('a name watches one object', async () => {
    const { socket, events } = connect(`/api/v1/watch/namespaces/default/configmaps/a`);
    assert.deepEqual(names(await events(1)), ['ADDED a']);
    socket.close();
  });

  const refusals: { name: string; path: string; status: number }[] = [
    { name: 'a version that is none', path: `${cms}?watch=true&resourceVersion=x`, status: 400 },
    { name: 'a list', path: cms, status: 400 },
    { name: 'what is not there', path: '/api/v1/boats?watch=true', status: 400 },
  ];
  for (const { name, path, status } of refusals) {
    test(`${name} is refused with ${status} before the handshake`, async () => {
      const { socket } = connect(path);
      const [, answer] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
      assert.equal(answer.statusCode, status);
      const text = Buffer.concat(await Array.fromAsync(answer as AsyncIterable<Buffer>)).toString();
      assert.equal(JSON.parse(text).kind, 'Status');
    });
  }
});

test('the deprecated path of a watch lists and watches', async () => {
  const api = await startServer();
  await api.send('POST', cms, configMap('a'));
  for (const path of ['configmaps', 'namespaces/default/configmaps', 'namespaces/default/configmaps/a']) {
    const stop = new AbortController();
    const events = await api.watch(`/api/v1/watch/${path}`, stop.signal);
    const event = await next(events);
    assert.deepEqual([event.type, event.object.metadata.name], ['ADDED', 'a']);
    stop.abort();
  }
});
