// A share of the fuzz run over real connections of both kinds of HTTP, and connections that are hostile themselves: bytes that
// are no protocol, floods of frames, crowds that wait, watchers that vanish. Beside them somebody must be served.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ClientHttp2Session } from 'node:http2';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpsServer } from '../https-suite.ts';
import { configMap } from '../in-process-suite.ts';
import { Random } from './random-suite.ts';
import { type Route, routesOf } from './routes-suite.ts';
import { FuzzRun, type Send } from './run-suite.ts';
import { overHttp1, overHttp2 } from './wire-suite.ts';

const seed = Number(process.env.FUZZ_SEED ?? 1);
const requests = Math.ceil(Number(process.env.FUZZ_REQUESTS ?? 3_000) / 10);
const cms = '/api/v1/namespaces/default/configmaps';

let server: HttpsServer;
let routes: Route[];

async function isServed(): Promise<void> {
  const started = performance.now();
  const { status } = await server.http1('/readyz');
  assert.equal(status, 200);
  assert.ok(performance.now() - started < 5_000, 'somebody who behaves waits');
}

before(async () => {
  server = await HttpsServer.start({}, { kubernetesServicePeriodMs: 2 ** 31 - 1 });
  routes = await routesOf(server.api);
});
after(() => server[Symbol.asyncDispose]());

describe(`a fuzz run over sockets, ${requests} requests each, seed ${seed}`, () => {
  const play = async (first: number, send: Send): Promise<void> => {
    const run = new FuzzRun(server.api, routes, seed);
    await run.play(first, requests, send);
    assert.equal([...run.failures.values()].join('\n\n'), '');
    await isServed();
  };

  test('HTTP/1.1', () => play(0, overHttp1(server)));

  test('HTTP/2', async () => {
    const session = server.http2();
    await play(requests, overHttp2(session));
    session.destroy();
  });
});

/** A frame of RFC 9113 §4.1. */
function frame(type: number, flags: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}
const preface = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(4, 0, 0)]);
// :method GET, :scheme https, :path / by their places in the table of RFC 7541.
const head = Buffer.from([0x82, 0x87, 0x84]);

describe('bytes that are no protocol', () => {
  const random = new Random(seed);
  const closed = async (socket: { closed: boolean }): Promise<void> => {
    for (let patience = 500; patience > 0 && !socket.closed; patience--) await sleep(10);
    assert.ok(socket.closed, 'the server keeps the connection');
  };

  test('before TLS', async () => {
    for (const bytes of [random.bytes(300), Buffer.alloc(20_000), Buffer.from('GET / HTTP/1.1\r\n\r\n')]) {
      const socket = connect({ host: '127.0.0.1', port: server.port });
      socket.on('error', () => {});
      socket.resume();
      socket.write(bytes);
      await closed(socket);
    }
    await isServed();
  });

  const requests: { name: string; bytes: () => Buffer }[] = [
    { name: 'nothing that is known', bytes: () => Buffer.concat([Buffer.from([0]), random.bytes(500)]) },
    { name: 'a version that there is not', bytes: () => Buffer.from('GET / HTTP/7.7\r\n\r\n') },
    {
      name: 'two lengths',
      bytes: () => Buffer.from(`POST ${cms} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}`),
    },
    {
      name: 'a length and chunks',
      bytes: () =>
        Buffer.from(
          `POST ${cms} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n`,
        ),
    },
    {
      name: 'a chunk of a size that is no number',
      bytes: () =>
        Buffer.from(`POST ${cms} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n`),
    },
    {
      name: 'a header with a line feed in its name',
      bytes: () => Buffer.from('GET / HTTP/1.1\r\nHost: x\r\nA\nB: c\r\n\r\n'),
    },
    { name: 'a request line without end', bytes: () => Buffer.from(`GET /${'a'.repeat(200_000)}`) },
  ];
  for (const { name, bytes } of requests) {
    test(`HTTP/1.1: ${name}`, async () => {
      const socket = server.raw(server.admin);
      socket.resume();
      socket.write(bytes());
      await closed(socket);
      await isServed();
    });
  }

  const frames: { name: string; bytes: () => Buffer }[] = [
    { name: 'noise', bytes: () => random.bytes(2000) },
    { name: 'a frame larger than allowed', bytes: () => frame(0, 0, 1, Buffer.alloc(100_000)) },
    {
      name: 'headers that cannot be decoded',
      bytes: () => frame(1, 5, 1, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff])),
    },
    { name: 'data for a stream that never was', bytes: () => frame(0, 1, 77, Buffer.from('x')) },
    { name: 'a stream with an even number', bytes: () => frame(1, 5, 2, head) },
    { name: 'a window that overflows', bytes: () => frame(8, 0, 0, Buffer.from([0x7f, 0xff, 0xff, 0xff])) },
    {
      name: 'headers that never end',
      bytes: () =>
        Buffer.concat([
          frame(1, 0, 1, head),
          ...random.times(5_000, () => frame(9, 0, 1, Buffer.from([0x40, 1, 0x61, 1, 0x62]))),
        ]),
    },
  ];
  for (const { name, bytes } of frames) {
    test(`HTTP/2: ${name}`, async () => {
      const socket = server.raw(server.admin, ['h2']);
      await once(socket, 'secureConnect');
      socket.resume();
      socket.write(Buffer.concat([preface, bytes()]));
      await closed(socket);
      await isServed();
    });
  }

  const floods: { name: string; make: (at: number) => Buffer }[] = [
    { name: 'pings', make: () => frame(6, 0, 0, Buffer.alloc(8)) },
    { name: 'settings', make: () => frame(4, 0, 0) },
    { name: 'data without content', make: (at) => (at === 0 ? frame(1, 4, 1, head) : frame(0, 0, 1)) },
    { name: 'priorities', make: () => frame(2, 0, 1, Buffer.from([0, 0, 0, 0, 1])) },
  ];
  for (const { name, make } of floods) {
    test(`HTTP/2: a flood of ${name}, of which no answer is read`, async () => {
      const socket = server.raw(server.admin, ['h2']);
      await once(socket, 'secureConnect');
      socket.pause();
      socket.write(preface);
      const before = process.memoryUsage();
      for (let at = 0; at < 100 && socket.writable; at++) {
        socket.write(Buffer.concat(Array.from({ length: 500 }, (_, i) => make(at * 500 + i))));
        await new Promise((resolve) => setImmediate(resolve));
      }
      await isServed();
      const grown = (process.memoryUsage().rss - before.rss) / 1024 / 1024;
      assert.ok(grown < 150, `the process has grown by ${grown} MiB`);
      socket.destroy();
    });
  }
});

describe('crowds', () => {
  test("connections on which nothing is asked are in nobody's way", async () => {
    const idle = Array.from({ length: 300 }, () => server.raw(server.admin));
    await Promise.all(idle.map((socket) => once(socket, 'secureConnect')));
    // Some of them begin and never finish.
    for (const [index, socket] of idle.entries())
      if (index % 2 === 0) socket.write('GET /livez HTTP/1.1\r\nHost: x\r\nX-A: ');
    await isServed();
    for (const socket of idle) socket.destroy();
    await isServed();
  });

  const watching = async (): Promise<number> => {
    const { text } = await server.http1('/metrics');
    const found = /^apiserver_longrunning_requests\{[^}]*verb="WATCH"[^}]*resource="configmaps"[^}]*\} (\d+)$/m.exec(
      text,
    );
    return Number(found?.[1] ?? 0);
  };

  test('watchers that vanish leave nothing behind', async () => {
    for (let round = 0; round < 3; round++) {
      const sessions: ClientHttp2Session[] = [];
      for (let i = 0; i < 4; i++) {
        const session = server.http2();
        sessions.push(session);
        const streams = Array.from({ length: 100 }, () => session.request({ ':path': `${cms}?watch=true` }));
        for (const stream of streams) stream.on('error', () => {});
        await Promise.all(streams.map((stream) => once(stream, 'response')));
      }
      assert.equal(await watching(), 400);
      assert.equal((await server.api.send('POST', cms, configMap(`seen-${round}`))).status, 201);
      for (const session of sessions) session.destroy();
      for (let patience = 300; patience > 0 && (await watching()) > 0; patience--) await sleep(10);
      assert.equal(await watching(), 0);
    }
    await isServed();
  });
});
