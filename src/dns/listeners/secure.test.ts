// DNS over TLS and over HTTPS as clients see it: kdig, and our own sockets for what kdig would never send.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type ClientHttp2Session, connect as connectHttp2, type OutgoingHttpHeaders } from 'node:http2';
import { request as requestHttp1 } from 'node:https';
import { connect as connectTcp, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, type TestContext, test } from 'node:test';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { CertificateAuthority, type KeyPair } from '#cluster/pki.ts';
import { createLogger } from '#lib/log.ts';
import { ManualClock } from '#lib/manual-clock.ts';
import type { ServerTls } from '../config/settings.ts';
import type { Client, Response } from '../handler.ts';
import { emptyZones, fill, namespace, packet, printed, service, slice } from '../testing/cluster.ts';
import { kdig, skip } from '../testing/kdig.ts';
import { log } from '../testing/listening.ts';
import { clusterResponder } from '../testing/responders.ts';
import { sample } from '../testing/sample.ts';
import { framed, until } from '../testing/upstream.ts';
import { decodeMessage, encodeMessage, Rcode, writeRefusal } from '../wire/index.ts';
import { type HttpsLimits, HttpsListener } from './https.ts';
import { ServerCertificates, type TlsOptions } from './server-certificates.ts';
import type { Respond } from './site.ts';
import type { TcpLimits } from './tcp.ts';
import { tlsListener } from './tls.ts';

let ca: CertificateAuthority;
let own: KeyPair;
let client: KeyPair;
let stranger: KeyPair;
let folder: string;
const file = (name: string) => join(folder, name);

before(async () => {
  ca = await CertificateAuthority.create('test');
  const elsewhere = await CertificateAuthority.create('elsewhere');
  [own, client, stranger] = await Promise.all([
    ca.issue({ commonName: 'dns', names: ['dns.example', '127.0.0.1'] }),
    ca.issue({ commonName: 'client' }),
    elsewhere.issue({ commonName: 'stranger' }),
  ]);
  folder = await mkdtemp(join(tmpdir(), 'dns-secure-'));
  await writeFile(file('ca.crt'), ca.pair.cert);
});
after(() => rm(folder, { recursive: true }));

const options = (clientAuth: ServerTls['clientAuth'] = 'nocert'): TlsOptions => ({
  ...{ ...own, ca: ca.pair.cert, minVersion: 'TLSv1.2', clientAuth },
  requestCert: clientAuth !== 'nocert',
  rejectUnauthorized: clientAuth === 'require_and_verify',
});

const clusterRespond = (zones = sample()): Respond => {
  const responder = clusterResponder(zones);
  return (...packet) => responder.respond(...packet);
};

interface Serving {
  readonly respond?: Respond;
  readonly tls?: () => TlsOptions;
}

async function overTls(t: TestContext, { respond = clusterRespond(), tls }: Serving = {}, limits?: Partial<TcpLimits>) {
  const all = options();
  const listener = tlsListener({ respond, log, tls: tls ?? (() => all) }, limits);
  t.after(() => listener.close());
  return { listener, port: await listener.listen({ host: '127.0.0.1', port: 0 }) };
}

async function overHttps(
  t: TestContext,
  { respond = clusterRespond(), tls }: Serving = {},
  limits?: Partial<HttpsLimits>,
) {
  const all = options();
  const listener = new HttpsListener({ respond, log, tls: tls ?? (() => all) }, limits);
  t.after(() => listener.close());
  return { listener, port: await listener.listen({ host: '127.0.0.1', port: 0 }) };
}

const name = 'web.default.svc.cluster.local';
const web = (id: number) => encodeMessage(packet(name, id));
const webAnswer = `NOERROR qr aa rd\nanswer ${name}. 5 IN A 10.96.0.80`;

async function secured(port: number, more: ConnectionOptions & { allowHalfOpen?: boolean } = {}): Promise<TLSSocket> {
  const usual = { host: '127.0.0.1', ca: ca.pair.cert, allowHalfOpen: true };
  const socket = connectTls({ port, ...usual, ...more });
  await once(socket, 'secureConnect');
  return socket;
}

/** What messages came until the server closed. */
async function messages(socket: AsyncIterable<Buffer>): Promise<Buffer[]> {
  let received = Buffer.alloc(0);
  try {
    for await (const chunk of socket) received = Buffer.concat([received, chunk]);
  } catch {
    // Cut off.
  }
  const all: Buffer[] = [];
  while (received.length > 0) {
    const next = 2 + received.readUInt16BE(0);
    all.push(received.subarray(2, next));
    received = received.subarray(next);
  }
  return all;
}

const many = () => {
  const addresses = Array.from({ length: 500 }, (_, i) => `10.244.${i >> 8}.${i & 255}`);
  const objects = [namespace('default'), service('many', { clusterIP: 'None' }), slice('many-1', 'many', addresses)];
  return clusterRespond(fill(emptyZones(), objects));
};

for (const { transport, serve, args } of [
  { transport: 'TLS', serve: overTls, args: ['+tls'] },
  { transport: 'HTTPS', serve: overHttps, args: ['+https'] },
  { transport: 'HTTPS with GET', serve: overHttps, args: ['+https', '+https-get'] },
]) {
  test(`kdig by ${transport} gets its answers from the server that it trusts`, { skip }, async (t) => {
    const { port } = await serve(t);
    const trusting = [...args, `+tls-ca=${file('ca.crt')}`, '+tls-hostname=dns.example'];
    assert.equal(await kdig(port, ...trusting, name), `NOERROR qr aa rd\n${name}. 5 IN A 10.96.0.80`);
    assert.match(await kdig(port, ...trusting, `nope.${name}`), /^NXDOMAIN qr aa rd\ncluster\.local\. 5 IN SOA/);
    assert.match(await kdig(port, ...trusting, 'www.example.com', 'AAAA'), /^REFUSED qr rd$/);
    const { port: large } = await serve(t, { respond: many() });
    const answer = await kdig(large, ...trusting, 'many.default.svc.cluster.local');
    assert.equal(answer.split('\n').length, 501);
    const other = [...args, `+tls-ca=${file('ca.crt')}`, '+tls-hostname=dns2.example'];
    assert.doesNotMatch(await kdig(port, ...other, name), /NOERROR/);
  });
}

describe('TLS', () => {
  test('pipelined, split and short messages are taken, and a half-closed client is answered', async (t) => {
    const { port } = await overTls(t);
    const pipeline = Buffer.concat([framed(web(1)), Buffer.from([0, 3, 1, 2, 3]), framed(web(2))]);
    const first = await secured(port);
    first.end(pipeline);
    assert.deepEqual(
      (await messages(first)).map((message) => decodeMessage(message).id),
      [1, 2],
    );
    const second = await secured(port, { ALPNProtocols: ['dot'] });
    assert.equal(second.alpnProtocol, 'dot');
    for (const octet of framed(web(3))) second.write(Buffer.from([octet]));
    second.end();
    assert.deepEqual((await messages(second)).map(printed), [webAnswer]);
  });

  test('the client’s address is that of its connection, and nothing is cut for it', async (t) => {
    const seen: [Client, boolean][] = [];
    const respond: Respond = (packet, client, isTcp) => {
      seen.push([client, isTcp]);
      return writeRefusal(packet, Rcode.REFUSED);
    };
    const { port } = await overTls(t, { respond });
    const socket = await secured(port);
    const { localPort } = socket;
    socket.end(framed(web(1)));
    await messages(socket);
    assert.deepEqual(seen, [[{ address: '127.0.0.1', port: localPort }, true]]);
  });

  test('who does not shake hands or sends no query is cut off; others are served meanwhile', async (t) => {
    const { port } = await overTls(t, {}, { firstMessageMs: 100, idleMs: 100 });
    const silent = connectTcp(port, '127.0.0.1');
    const idle = await secured(port);
    const noise = connectTcp(port, '127.0.0.1');
    noise.write('GET / HTTP/1.1\r\n\r\n');
    const asking = await secured(port);
    asking.end(framed(web(1)));
    assert.equal((await messages(asking)).length, 1);
    for (const socket of [silent, idle, noise])
      assert.deepEqual(await messages(socket.on('error', () => {})).catch(() => []), []);
  });

  test('connections are bounded, those without a handshake counted', async (t) => {
    const { port } = await overTls(t, {}, { connections: 1 });
    const first = connectTcp(port, '127.0.0.1');
    await once(first, 'connect');
    const second = connectTcp(port, '127.0.0.1');
    await once(second.resume(), 'close');
    assert.equal(first.destroyed, false);
    first.destroy();
  });

  test('what is under way is answered before it closes', async (t) => {
    const held = Promise.withResolvers<Response>();
    const { listener, port } = await overTls(t, { respond: () => held.promise });
    const socket = await secured(port);
    socket.write(framed(web(1)));
    await new Promise((resolve) => setTimeout(resolve, 20));
    const drained = listener.drain();
    held.resolve(web(1));
    assert.equal((await messages(socket)).length, 1);
    await drained;
  });
});

describe('clients’ certificates', () => {
  const shown = { none: () => ({}), ours: () => client, 'a stranger’s': () => stranger };
  const admitted: Record<ServerTls['clientAuth'], (keyof typeof shown)[]> = {
    nocert: ['none', 'ours', 'a stranger’s'],
    request: ['none', 'ours', 'a stranger’s'],
    require: ['ours', 'a stranger’s'],
    verify_if_given: ['none', 'ours'],
    require_and_verify: ['ours'],
  };
  for (const [mode, want] of Object.entries(admitted) as [ServerTls['clientAuth'], (keyof typeof shown)[]][]) {
    test(`${mode}: ${want.join(', ')}`, async (t) => {
      const tls = options(mode);
      const [dot, doh] = [await overTls(t, { tls: () => tls }), await overHttps(t, { tls: () => tls })];
      for (const [which, show] of Object.entries(shown)) {
        const isAdmitted = want.includes(which as keyof typeof shown);
        const socket = connectTls({ host: '127.0.0.1', port: dot.port, ca: ca.pair.cert, ...show() });
        socket.write(framed(web(1)));
        const answer = once(socket, 'data').then(
          () => true,
          () => false,
        );
        const closed = new Promise<boolean>((resolve) => socket.once('close', () => resolve(false)));
        assert.equal(await Promise.race([answer, closed]), isAdmitted, `TLS with ${which}`);
        socket.destroy();
        const response = await post(t, doh.port, {}, show()).catch(() => undefined);
        assert.equal(response?.status === 200, isAdmitted, `HTTPS with ${which}`);
      }
    });
  }
});

interface Got {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly body: Buffer;
}

function session(t: TestContext, port: number, more: ConnectionOptions = {}): ClientHttp2Session {
  const http = connectHttp2(`https://127.0.0.1:${port}`, { ca: ca.pair.cert, ...more });
  http.on('error', () => {});
  t.after(() => http.destroy());
  return http;
}

async function send(http: ClientHttp2Session, headers: OutgoingHttpHeaders, body?: Buffer): Promise<Got> {
  const stream = http.request({ ':path': '/dns-query', ...headers });
  if (body) stream.end(body);
  const gone = once(stream, 'close').then(() => Promise.reject(new Error('no response')));
  gone.catch(() => {});
  const [got] = await Promise.race([once(stream, 'response'), gone]);
  return { status: got[':status'], headers: got, body: await buffer(stream) };
}

const type = { 'content-type': 'application/dns-message' };

const post = (
  t: TestContext,
  port: number,
  headers: OutgoingHttpHeaders = {},
  more?: ConnectionOptions,
  body = web(0),
) => send(session(t, port, more), { ':method': 'POST', ...type, ...headers }, body);

/** By HTTP/1.1. */
async function http1(port: number, method: string, path: string, body?: Buffer): Promise<Got> {
  const request = requestHttp1({
    host: '127.0.0.1',
    port,
    method,
    path,
    ca: ca.pair.cert,
    headers: type,
    agent: false,
  });
  request.end(body);
  const [response] = await once(request, 'response');
  return { status: response.statusCode, headers: response.headers, body: await buffer(response) };
}

describe('HTTPS', () => {
  const get = (message: Buffer) => `/dns-query?dns=${message.toString('base64url')}`;

  test('a question is answered the same by each method and version, with how long it holds', async (t) => {
    const { port } = await overHttps(t);
    const all = [
      await post(t, port),
      await send(session(t, port), { ':method': 'GET', ':path': get(web(0)) }),
      await http1(port, 'POST', '/dns-query', web(0)),
      await http1(port, 'GET', get(web(0))),
    ];
    for (const { status, headers, body } of all) {
      assert.deepEqual([status, printed(body)], [200, webAnswer]);
      const wanted = ['application/dns-message', String(body.length), 'max-age=5'];
      assert.deepEqual(
        ['content-type', 'content-length', 'cache-control'].map((each) => headers[each]),
        wanted,
      );
    }
  });

  const ages: [question: string, want: string][] = [
    ['dns-version.cluster.local TXT', 'max-age=28800'],
    ['nope.default.svc.cluster.local A', 'max-age=5'],
    ['www.example.com A', 'max-age=0'],
  ];
  for (const [question, want] of ages) {
    test(`${question}: ${want}`, async (t) => {
      const { port } = await overHttps(t);
      const { headers } = await post(t, port, {}, {}, encodeMessage(packet(question)));
      assert.equal(headers['cache-control'], want);
    });
  }

  const long = Buffer.alloc(5000);
  const refused: [name: string, headers: OutgoingHttpHeaders, body: Buffer | undefined, status: number][] = [
    ['another path', { ':method': 'GET', ':path': '/' }, undefined, 404],
    ['another method', { ':method': 'PUT', ...type }, web(0), 405],
    ['another type', { ':method': 'POST', 'content-type': 'text/plain' }, web(0), 415],
    ['no type', { ':method': 'POST' }, web(0), 415],
    ['no parameter', { ':method': 'GET', ':path': '/dns-query' }, undefined, 400],
    ['two parameters', { ':method': 'GET', ':path': `${get(web(0))}&dns=AA` }, undefined, 400],
    ['no base64url', { ':method': 'GET', ':path': '/dns-query?dns=a+b/' }, undefined, 400],
    ['a path that is none', { ':method': 'GET', ':path': '//' }, undefined, 400],
    ['less than a header', { ':method': 'POST', ...type }, Buffer.alloc(5), 400],
    ['nothing', { ':method': 'POST', ...type }, Buffer.alloc(0), 400],
    ['a response', { ':method': 'POST', ...type }, Buffer.from(web(0)).fill(0x80, 2, 3), 400],
    ['too long a message', { ':method': 'POST', ...type }, long, 413],
    ['too long a parameter', { ':method': 'GET', ':path': get(long) }, undefined, 413],
    ['a transfer', { ':method': 'POST', ...type }, Buffer.from(web(7)), 501],
  ];
  for (const [name, headers, body, status] of refused) {
    test(`${name}: ${status}, and the connection goes on`, async (t) => {
      const inner = clusterRespond();
      const respond: Respond = (packet, ...rest) =>
        decodeMessage(packet.length > 12 ? packet : web(0)).id === 7 ? [packet] : inner(packet, ...rest);
      const { port } = await overHttps(t, { respond });
      const http = session(t, port);
      const got = await send(http, headers, body);
      assert.equal(got.status, status, got.body.toString());
      assert.match(got.body.toString(), /^[A-Z].*\n$/);
      if (status === 405) assert.equal(got.headers.allow, 'GET, POST');
      assert.equal((await send(http, { ':method': 'POST', ...type }, web(0))).status, 200);
    });
  }

  test('a message that cannot be read is answered with FORMERR', async (t) => {
    const { port } = await overHttps(t);
    const { status, body } = await post(t, port, {}, {}, web(0).subarray(0, 20));
    assert.deepEqual([status, printed(body)], [200, 'FORMERR qr rd']);
  });

  test('requests of one connection are answered as they become ready', async (t) => {
    const held = Promise.withResolvers<Response>();
    const respond: Respond = (packet) => (packet.readUInt16BE(0) === 1 ? held.promise : packet);
    const { port } = await overHttps(t, { respond });
    const http = session(t, port);
    const first = send(http, { ':method': 'POST', ...type }, web(1));
    assert.equal((await send(http, { ':method': 'POST', ...type }, web(2))).body.readUInt16BE(0), 2);
    held.resolve(web(1));
    assert.equal((await first).body.readUInt16BE(0), 1);
  });

  test('the client’s address is that of its connection', async (t) => {
    const seen: unknown[] = [];
    const respond: Respond = (packet, { address, port }, isTcp) => {
      seen.push([address, port > 0, isTcp]);
      return packet;
    };
    const { port } = await overHttps(t, { respond });
    await post(t, port);
    await http1(port, 'GET', get(web(0)));
    assert.deepEqual(seen, Array(2).fill(['127.0.0.1', true, true]));
  });

  test('who sends no whole request in time is cut off; who waits for an answer is not', async (t) => {
    const held = Promise.withResolvers<Response>();
    const { port } = await overHttps(t, { respond: () => held.promise }, { idleMs: 100 });
    const waiting = post(t, port);
    /** Resolves when it is cut off, whatever is written to it until then. */
    const cutOff = (socket: Socket) =>
      new Promise((resolve) =>
        socket
          .on('error', () => {})
          .resume()
          .on('close', resolve),
      );
    const silent = cutOff(connectTcp(port, '127.0.0.1'));
    const idle = cutOff(await secured(port, { ALPNProtocols: ['h2'], allowHalfOpen: false }));
    const trickling = await secured(port, { ALPNProtocols: ['http/1.1'], allowHalfOpen: false });
    const slow = cutOff(trickling);
    const trickle = setInterval(() => trickling.write('G'), 20);
    t.after(() => clearInterval(trickle));
    const stream = session(t, port).request({ ':method': 'POST', ':path': '/dns-query', ...type });
    const half = new Promise((resolve) => stream.on('error', () => {}).on('close', resolve));
    stream.write(web(0).subarray(0, 10));
    await Promise.all([silent, idle, slow, half]);
    held.resolve(web(0));
    assert.equal((await waiting).status, 200);
  });

  test('connections and requests under way are bounded', async (t) => {
    const { port } = await overHttps(t, { respond: () => new Promise(() => {}) }, { connections: 1, streams: 3 });
    const http = session(t, port);
    await once(http, 'remoteSettings');
    assert.equal(http.remoteSettings.maxConcurrentStreams, 3);
    const second = connectTcp(port, '127.0.0.1');
    await once(second.resume(), 'close');
    assert.equal(http.destroyed, false);
  });

  test('what is under way is answered before it closes', async (t) => {
    const held = Promise.withResolvers<Response>();
    let asked = 0;
    const respond: Respond = () => {
      asked++;
      return held.promise;
    };
    const { listener, port } = await overHttps(t, { respond });
    const waiting = [post(t, port), http1(port, 'GET', get(web(0)))];
    await until(() => asked === 2);
    let isDrained = false;
    const drained = listener.drain().then(() => {
      isDrained = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(isDrained, false);
    held.resolve(web(0));
    assert.deepEqual(
      (await Promise.all(waiting)).map(({ status }) => status),
      [200, 200],
    );
    await drained;
  });
});

describe('certificates', () => {
  const write = (pair: Partial<KeyPair>) =>
    Promise.all(Object.entries(pair).map(([what, text]) => writeFile(file(`server.${what}`), text as string)));
  const settings = (): ServerTls => ({ cert: file('server.cert'), key: file('server.key'), clientAuth: 'nocert' });

  test('that were renewed are shown to new clients; open connections and mistakes change nothing', async (t) => {
    await write(own);
    const clock = new ManualClock();
    const lines: string[] = [];
    const certificates = new ServerCertificates(
      { clock, log: createLogger('test', 'warn', (line) => lines.push(line)) },
      settings(),
    );
    const stop = new AbortController();
    t.after(() => stop.abort());
    await certificates.start(stop.signal);
    const minute = async (): Promise<void> => {
      await until(() => clock.sleepers > 0);
      clock.advance(60_000);
      await until(() => clock.sleepers > 0);
    };
    const { port } = await overTls(t, { tls: () => certificates.options });
    const serial = async () => {
      const socket = await secured(port);
      const { serialNumber } = socket.getPeerCertificate();
      socket.destroy();
      return serialNumber;
    };
    const open = await secured(port);
    const first = await serial();
    const renewed = await ca.issue({ commonName: 'dns', names: ['127.0.0.1'] });
    await write({ cert: renewed.cert });
    await minute();
    assert.equal(await serial(), first, 'the key is not there yet');
    assert.match(
      lines.join(''),
      /the certificate stays as it was error="Cannot serve TLS with .*server\.cert.*mismatch/,
    );
    await write({ key: renewed.key });
    await minute();
    const second = await serial();
    assert.notEqual(second, first);
    await rm(file('server.cert'));
    await minute();
    assert.equal(await serial(), second);
    open.end(framed(web(1)));
    assert.deepEqual((await messages(open)).map(printed), [webAnswer]);
  });

  const bad: [name: string, files: () => Partial<KeyPair>, want: RegExp][] = [
    ['is not there', () => ({}), /^Cannot serve TLS with .*server\.cert, .*server\.key: ENOENT/],
    ['is none', () => ({ cert: 'x', key: own.key }), /^Cannot serve TLS with .*PEM/],
    ['is not the key’s', () => ({ cert: own.cert, key: client.key }), /^Cannot serve TLS with .*mismatch/],
  ];
  for (const [name, files, want] of bad) {
    test(`a certificate that ${name} is an error at the start`, async () => {
      await rm(file('server.cert'), { force: true });
      await write(files());
      const certificates = new ServerCertificates({ log }, settings());
      await assert.rejects(certificates.start(new AbortController().signal), { name: 'UserError', message: want });
    });
  }
});
