// The limits of what a client may cost (api.md §1), with real sockets: slow, silent, greedy and broken clients, of HTTP/1.1
// and HTTP/2, next to one that behaves and must not notice them.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, constants } from 'node:http2';
import { connect } from 'node:net';
import { afterEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpsServer } from './https-suite.ts';
import { configMap } from './in-process-suite.ts';
import type { ListenOptions } from './listener.ts';

let server: HttpsServer;
const sessions = new Set<ClientHttp2Session>();

async function start(options: Partial<ListenOptions> = {}): Promise<void> {
  server = await HttpsServer.start(options);
}
afterEach(async () => {
  for (const session of sessions) session.destroy();
  sessions.clear();
  await server[Symbol.asyncDispose]();
});

function http2(...args: Parameters<HttpsServer['http2']>): ClientHttp2Session {
  const session = server.http2(...args);
  sessions.add(session);
  return session;
}

interface Http2Answer {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly text: string;
}

/** Also of a stream that was never written to its end: the server may be done with it before. */
async function answerOf(stream: ClientHttp2Stream): Promise<Http2Answer> {
  const [headers] = await once(stream, 'response');
  let text = '';
  stream.on('data', (chunk) => {
    text += chunk;
  });
  await once(stream, 'end');
  return { status: headers[':status'], headers, text };
}

/** A frame of RFC 9113 §4.1. */
function frame(type: number, flags: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

const cms = '/api/v1/namespaces/default/configmaps';
const post = { ':method': 'POST', ':path': cms, 'content-type': 'application/json' };

describe('time', () => {
  test('HTTP/1.1: a body that does not come is not waited for', async () => {
    await start({ limits: { readMs: 5000, writeMs: 200 } });
    const socket = server.raw(server.admin);
    socket.write(`POST ${cms} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{`);
    const text = Buffer.concat(await Array.fromAsync(socket as AsyncIterable<Buffer>)).toString();
    assert.match(text, /^HTTP\/1\.1 504 /);
    assert.match(text, /^connection: close\r$/im);
    assert.match(
      text,
      /"message":"Timeout: request did not complete within requested timeout - context deadline exceeded","reason":"Timeout"/,
    );
  });

  test('HTTP/2: neither, and the stream ends while the connection stays', async () => {
    await start({ limits: { readMs: 5000, writeMs: 200 } });
    const session = http2();
    const stream = session.request(post);
    stream.write('{');
    const { status, text } = await answerOf(stream);
    assert.equal(status, 504);
    assert.match(text, /"reason":"Timeout"/);
    if (!stream.closed) await once(stream, 'close');
    assert.equal((await answerOf(session.request({ ':path': '/livez' }))).status, 200);
  });

  const queries: { name: string; query: string; want: [number, RegExp] }[] = [
    {
      name: 'a client gets less time when it asks for less',
      query: 'timeout=100ms',
      want: [504, /"Timeout: request did not complete within the allotted timeout","reason":"Timeout"/],
    },
    {
      name: 'a timeout without a unit',
      query: 'timeout=10',
      want: [400, /invalid timeout specified in the request URL - time: missing unit in duration \\"10\\"/],
    },
    { name: 'none is no wish', query: 'timeout=0s', want: [504, /Too large resource version/] },
  ];
  for (const { name, query, want } of queries) {
    test(name, async () => {
      await start();
      // A version that has not come yet is waited for.
      const answer = await server.http1(`${cms}?resourceVersion=999999999&${query}`);
      assert.equal(answer.status, want[0], answer.text);
      assert.match(answer.text, want[1]);
    });
  }
});

describe('size', () => {
  const tooLarge = Buffer.alloc(3 * 1024 * 1024 + 1, 32);

  test('HTTP/1.1: a client reads why its body was refused, though it wrote all of it', async () => {
    await start();
    const ways: Record<string, string>[] = [
      { 'content-length': String(tooLarge.length) },
      { 'transfer-encoding': 'chunked' },
    ];
    for (const headers of ways) {
      const answer = await server.http1(cms, { method: 'POST', body: tooLarge, headers });
      assert.equal(answer.status, 413);
      assert.match(answer.text, /"Request entity too large: limit is 3145728"/);
    }
  });

  test('HTTP/2: likewise', async () => {
    await start();
    const session = http2();
    const stream = session.request(post);
    stream.end(tooLarge);
    assert.equal((await answerOf(stream)).status, 413);
    assert.equal((await answerOf(session.request({ ':path': '/livez' }))).status, 200);
  });

  test('headers beyond 64 KiB are refused in words', async () => {
    await start();
    const answer = await server.http1('/livez', { headers: { 'x-large': 'x'.repeat(60_000) } });
    assert.equal(answer.status, 200);
    const socket = server.raw();
    socket.write(`GET /livez HTTP/1.1\r\nHost: x\r\nX-Large: ${'x'.repeat(70_000)}\r\n\r\n`);
    const text = Buffer.concat(await Array.fromAsync(socket as AsyncIterable<Buffer>)).toString();
    assert.match(text, /^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/);
  });
});

test('what is in work is counted before bodies are read, and beyond the limit refused at once', async () => {
  await start();
  const manager = await server.ca.issue({ commonName: 'system:kube-controller-manager' });
  const session = server.http2({}, manager);
  sessions.add(session);
  const slow = Array.from({ length: 200 }, () => {
    const stream = session.request(post);
    stream.on('error', () => {});
    stream.write('{');
    return stream;
  });
  await new Promise((resolve) => session.ping(resolve));
  const { status, headers, text } = await answerOf(session.request(post));
  assert.deepEqual([status, headers['retry-after']], [429, '1']);
  assert.match(text, /Too many requests, please try again later\./);
  const reads = await answerOf(session.request({ ':path': cms }));
  assert.equal(reads.status, 200, 'reads have places of their own');
  for (const stream of slow) stream.close(constants.NGHTTP2_CANCEL);
  await new Promise((resolve) => session.ping(resolve));
  const stream = session.request(post);
  stream.end(JSON.stringify(configMap('after')));
  assert.equal((await answerOf(stream)).status, 201);
});

test('who has no right to write need not send anything', async () => {
  await start();
  const jane = await server.ca.issue({ commonName: 'jane' });
  const socket = server.raw(jane);
  socket.write(`POST ${cms} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n`);
  const text = Buffer.concat(await Array.fromAsync(socket as AsyncIterable<Buffer>)).toString();
  assert.match(text, /^HTTP\/1\.1 403 /);
});

describe('clients that do not read', () => {
  const fill = async () => {
    for (let i = 0; i < 40; i++) {
      const big = configMap(`big-${i + 10}`, { data: { a: 'x'.repeat(900_000) } });
      assert.equal((await server.api.send('POST', cms, big)).status, 201);
    }
  };

  test('HTTP/1.1: are cut off', async () => {
    await start({ stallMs: 300 });
    await fill();
    const socket = server.raw(server.admin);
    await once(socket, 'secureConnect');
    socket.pause();
    socket.write(`GET ${cms} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await sleep(1000);
    const read = await Array.fromAsync(socket as AsyncIterable<Buffer>).catch(() => []);
    assert.ok(Buffer.concat(read).length < 36_000_000, 'the answer was cut short');
    assert.equal((await server.http1('/livez')).status, 200);
  });

  test('HTTP/2: lose the stream, and a watch may stay', async () => {
    await start({ stallMs: 300 });
    const session = http2({ initialWindowSize: 0 });
    const watch = session.request({ ':path': `${cms}?watch=true` });
    const stream = session.request({ ':path': '/version' });
    stream.on('error', () => {});
    const closed = new Promise((resolve) => stream.on('close', resolve));
    const [headers] = await once(stream, 'response');
    assert.equal(headers[':status'], 200);
    await closed;
    assert.notEqual(stream.rstCode, constants.NGHTTP2_NO_ERROR);
    assert.equal(watch.closed, false);
  });
});

describe('broken clients', () => {
  test('garbage after a good request on the same connection', async () => {
    await start();
    const socket = server.raw();
    socket.write('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'data');
    socket.write('\x01\x02\r\n\r\n');
    const text = Buffer.concat(await Array.fromAsync(socket as AsyncIterable<Buffer>)).toString();
    assert.match(text, /^HTTP\/1\.1 400 Bad Request\r\n/);
  });

  test('a flood of streams that are reset at once ends the connection, not the server', async () => {
    await start();
    const socket = server.raw(server.admin, ['h2']);
    await once(socket, 'secureConnect');
    assert.equal(socket.alpnProtocol, 'h2');
    socket.resume();
    socket.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(4, 0, 0)]));
    // :method GET, :scheme https, :path / and an authority, each by its place in the table of RFC 7541.
    const headers = Buffer.from([0x82, 0x87, 0x84, 0x41, 0x01, 0x78]);
    const cancel = Buffer.from([0, 0, 0, constants.NGHTTP2_CANCEL]);
    let sent = 0;
    for (let id = 1; id < 40_000 && socket.writable; id += 2) {
      socket.write(Buffer.concat([frame(1, 0x5, id, headers), frame(3, 0, id, cancel)]));
      sent++;
      if (sent % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    if (!socket.closed) await once(socket, 'close');
    assert.ok(sent < 19_000, `the server took ${sent} of them`);
    assert.equal((await server.http1('/readyz')).status, 200);
  });

  const heads: { method: string; path: string; want: number }[] = [
    { method: 'HEAD', path: '/livez', want: 200 },
    { method: 'HEAD', path: '/version', want: 405 },
    { method: 'HEAD', path: cms, want: 405 },
    { method: 'HEAD', path: `${cms}/x`, want: 405 },
    { method: 'OPTIONS', path: cms, want: 405 },
    { method: 'TRACE', path: cms, want: 405 },
  ];
  for (const { method, path, want } of heads) {
    test(`${method} ${path} is ${want}`, async () => {
      await start();
      const answer = await server.http1(path, { method });
      assert.equal(answer.status, want);
      if (method === 'HEAD') assert.equal(answer.text, '');
    });
  }
});

test('an exchange is known by the name that the client gave it, or by a new one', async () => {
  await start();
  const given = await server.http1('/livez', { headers: { 'audit-id': 'mine' } });
  assert.equal(given.headers['audit-id'], 'mine');
  assert.match(String((await server.http1('/livez')).headers['audit-id']), /^[0-9a-f-]{36}$/);
});

test('/metrics counts what comes over sockets, and those who never spoke TLS', async () => {
  await start();
  await server.http1('/api/v1/namespaces');
  const plain = connect({ host: '127.0.0.1', port: server.port });
  plain.on('error', () => {});
  plain.end('GET / HTTP/1.1\r\n\r\n');
  plain.resume();
  await once(plain, 'close');
  const { text } = await server.http1('/metrics');
  assert.match(text, /^apiserver_tls_handshake_errors_total 1$/m);
  assert.match(text, /^apiserver_current_inflight_requests\{request_kind="readOnly"\} [1-9]/m);
  assert.match(
    text,
    /^apiserver_response_sizes_count\{verb="LIST",group="",version="v1",resource="namespaces",.*\} 1$/m,
  );
});

test('a server that closes answers what it has begun, and says that the connection ends', async () => {
  await start();
  const body = JSON.stringify(configMap('last'));
  const socket = server.raw(server.admin);
  socket.write(`POST ${cms} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 9)}`);
  await sleep(100);
  const closing = server.api.server.close();
  await sleep(100);
  socket.write(body.slice(9));
  const text = Buffer.concat(await Array.fromAsync(socket as AsyncIterable<Buffer>)).toString();
  assert.match(text, /^HTTP\/1\.1 201 /);
  assert.match(text, /^connection: close\r$/im);
  await closing;
});

const websocket = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
const key = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

describe('upgrades to nowhere', () => {
  const cases: { name: string; head: string; want: RegExp }[] = [
    {
      name: 'a watch in another protocol',
      head: `GET ${cms}?watch=1 HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n`,
      want: /^HTTP\/1\.1 400 /,
    },
    {
      name: 'a handshake without a key',
      head: `GET ${cms}?watch=1 HTTP/1.1\r\n${websocket}`,
      want: /^HTTP\/1\.1 400 /,
    },
    { name: 'a write', head: `POST ${cms} HTTP/1.1\r\n${websocket}${key}`, want: /^HTTP\/1\.1 400 / },
    {
      name: 'a path that cannot be read',
      head: `GET /api/%zz HTTP/1.1\r\n${websocket}${key}`,
      want: /^HTTP\/1\.1 400 /,
    },
    {
      name: 'a proxy to a pod that is not there',
      head: `GET /api/v1/namespaces/default/pods/x/proxy/ HTTP/1.1\r\n${websocket}${key}`,
      want: /^HTTP\/1\.1 404 /,
    },
    {
      name: 'a log of a pod that is not there',
      head: `GET /api/v1/namespaces/default/pods/x/log HTTP/1.1\r\n${websocket}${key}`,
      want: /^HTTP\/1\.1 404 /,
    },
  ];
  for (const { name, head, want } of cases) {
    test(name, async () => {
      await start();
      const socket = server.raw(server.admin);
      socket.write(`${head}Host: x\r\n\r\n`);
      const text = Buffer.concat(await Array.fromAsync(socket as AsyncIterable<Buffer>)).toString();
      assert.match(text, want);
      assert.equal((await server.http1('/livez')).status, 200);
    });
  }

  test('a client that leaves in the middle', async () => {
    await start();
    for (let i = 0; i < 20; i++) {
      const socket = server.raw(server.admin);
      await once(socket, 'secureConnect');
      socket.write(`GET ${cms}?watch=1 HTTP/1.1\r\nHost: x\r\n${websocket}${key}\r\n`);
      if (i % 2) await once(socket, 'data');
      socket.destroy();
    }
    assert.equal((await server.http1('/livez')).status, 200);
    for (let i = 0; i < 50; i++) {
      const { text } = await server.http1('/metrics');
      if (!/^apiserver_longrunning_requests.*WATCH.* [1-9]/m.test(text)) return;
      await sleep(20);
    }
    assert.fail('watches stay open');
  });
});

describe('a watch whose client never reads', () => {
  for (const protocol of ['HTTP/1.1', 'HTTP/2', 'WebSocket'] as const) {
    test(`is cut off, of ${protocol}`, async () => {
      await start({ stallMs: 300 });
      const path = `${cms}?watch=true`;
      const upgrade = protocol === 'WebSocket' ? `${websocket}${key}` : '';
      const closed = protocol === 'HTTP/2' ? sleepingHttp2(path) : sleepingHttp1(path, upgrade);
      const stop = new AbortController();
      const brisk = await server.api.watch(`${cms}?watch=true`, stop.signal);
      const text = 'x'.repeat(500_000);
      for (let i = 0; i < 30; i++) await server.api.send('POST', cms, configMap(`big-${i + 10}`, { data: { text } }));
      for (let i = 0; i < 30; i++) assert.equal((await brisk.next()).value.object.metadata.name, `big-${i + 10}`);
      stop.abort();
      await closed;
    });
  }

  /** Resolves when the server has ended the stream, whose window never opens. */
  function sleepingHttp2(path: string): Promise<void> {
    const stream = http2({ initialWindowSize: 0 }).request({ ':path': path });
    stream.on('error', () => {});
    return new Promise((resolve) => stream.on('close', resolve));
  }

  /** Resolves when the connection has been found closed by the server. */
  async function sleepingHttp1(path: string, headers: string): Promise<void> {
    const socket = server.raw(server.admin);
    await once(socket, 'secureConnect');
    socket.pause();
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`);
    await sleep(1500);
    // Who only reads now finds the end of a connection, not all that it has missed.
    socket.resume();
    await once(socket, 'close');
  }
});
