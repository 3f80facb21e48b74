// Servers asked by TLS and HTTPS: who is trusted, what is shown, and the same rules of asking as without.

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { CertificateAuthority, type KeyPair } from '#cluster/pki.ts';
import { exposition } from '#lib/exposition.ts';
import type { Upstream } from '../config/settings.ts';
import { inquiry } from '../testing/cache.ts';
import { printed } from '../testing/cluster.ts';
import {
  type ForwarderChanges,
  forwarderTo,
  honest,
  replyTo,
  type Say,
  tlsUpstream,
  until,
} from '../testing/upstream.ts';
import { decodeMessage, Rcode } from '../wire/index.ts';
import { ForwardMetrics } from './metrics.ts';
import type { Answer } from './resolver.ts';

let ca: CertificateAuthority;
let byName: KeyPair;
let byAddress: KeyPair;
let client: KeyPair;
let folder: string;
const file = (name: string) => join(folder, name);

before(async () => {
  ca = await CertificateAuthority.create('test');
  const issue = (names: string[]) => ca.issue({ commonName: 'dns', names });
  [byName, byAddress, client] = await Promise.all([issue(['dns.example']), issue(['127.0.0.1']), issue([])]);
  folder = await mkdtemp(join(tmpdir(), 'dns-tls-'));
  await Promise.all([
    writeFile(file('ca.crt'), ca.pair.cert),
    writeFile(file('client.crt'), client.cert),
    writeFile(file('client.key'), client.key),
  ]);
});
after(() => rm(folder, { recursive: true }));

const patient = { tryMs: 100_000, totalMs: 100_000, maxConnectAttempts: 1, maxFails: 0 };
const question = inquiry('www.example A');
const found = 'NOERROR qr rd ra\nanswer www.example. 60 IN A 192.0.2.1';
const result = (answer: Answer) => (Buffer.isBuffer(answer) ? printed(answer) : answer.rcode);

/** What each kind of server has been asked by how many connections. */
interface Server {
  readonly port: number;
  readonly accepted: () => number;
  readonly sockets: TLSSocket[];
  /** Closes what is open, as a server does that restarts. */
  readonly disconnect: () => void;
}

async function overTls(t: TestContext, pair: KeyPair, say: Say): Promise<Server> {
  const server = await tlsUpstream(t, { ...pair, ca: ca.pair.cert, requestCert: true, rejectUnauthorized: false }, say);
  return {
    port: server.port,
    accepted: () => server.accepted,
    get sockets() {
      return [...server.connections] as TLSSocket[];
    },
    disconnect: () => {
      for (const socket of server.connections) socket.destroy();
    },
  };
}

type Respond = (request: Http2ServerRequest, response: Http2ServerResponse, message: Buffer) => unknown;

async function overHttps(t: TestContext, pair: KeyPair, say: Say | Respond): Promise<Server> {
  const isSay = say.length < 2;
  const listener = createSecureServer({ ...pair, ca: ca.pair.cert, requestCert: true, rejectUnauthorized: false });
  const sockets: TLSSocket[] = [];
  let accepted = 0;
  listener.on('session', (session) => {
    accepted++;
    session.on('error', () => {});
  });
  listener.on('secureConnection', (socket) => {
    t.after(() => socket.destroy());
    sockets.push(socket);
  });
  listener.on('request', async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const message = Buffer.concat(chunks);
    if (!isSay) return (say as Respond)(request, response, message);
    const query = decodeMessage(message);
    const sent = await (say as Say)({ query, isTcp: true, port: 0 });
    if (!Buffer.isBuffer(sent)) return;
    response.writeHead(200, { 'content-type': 'application/dns-message' }).end(sent);
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  t.after(() => listener.close());
  return {
    port: (listener.address() as AddressInfo).port,
    accepted: () => accepted,
    sockets,
    disconnect: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

for (const { transport, serve, proto } of [
  { transport: 'tls' as const, serve: overTls, proto: 'tcp-tls' },
  { transport: 'https' as const, serve: overHttps, proto: 'https' },
]) {
  const at = ({ port }: Server, serverName?: string): Upstream => {
    return { transport, host: '127.0.0.1', port, ...(serverName !== undefined && { serverName }) };
  };
  const trusted = (): ForwarderChanges => ({ ...patient, tls: { ca: file('ca.crt') } });

  describe(`by ${transport}`, () => {
    test('a question is answered, whatever the client’s transport; the connection is used again', async (t) => {
      const server = await serve(t, byAddress, honest());
      const metrics = new ForwardMetrics();
      const forwarder = await forwarderTo(t, [at(server)], { ...trusted(), parts: { metrics } });
      assert.equal(result(await forwarder.resolve(question)), found);
      assert.equal(result(await forwarder.resolve({ ...question, isTcp: true })), found);
      const all = await Promise.all(Array.from({ length: 8 }, (_, i) => forwarder.resolve(inquiry(`n${i}.example A`))));
      assert.ok(all.every((answer) => Buffer.isBuffer(answer)));
      assert.equal(server.accepted(), 1);
      const { text } = await exposition(() => metrics.metrics())();
      const to = `to="127.0.0.1:${server.port}"`;
      assert.ok(text.includes(`coredns_proxy_conn_cache_hits_total{proxy_name="forward",${to},proto="${proto}"} 9`));
      assert.ok(
        text.includes(`coredns_proxy_request_duration_seconds_count{proxy_name="forward",${to},rcode="NOERROR"} 10`),
      );
    });

    const names: { name: string; pair: () => KeyPair; server?: string; all?: string; isTrusted: boolean }[] = [
      { name: 'the address in the certificate', pair: () => byAddress, isTrusted: true },
      { name: 'a name behind the address', pair: () => byName, server: 'dns.example', isTrusted: true },
      { name: 'tls_servername', pair: () => byName, all: 'dns.example', isTrusted: true },
      { name: 'another name', pair: () => byName, server: 'dns2.example', isTrusted: false },
      { name: 'no name, where the certificate has one', pair: () => byName, isTrusted: false },
      {
        name: 'a name, where the certificate has the address',
        pair: () => byAddress,
        all: 'dns.example',
        isTrusted: false,
      },
    ];
    for (const { name, pair, server: own, all, isTrusted } of names) {
      test(`${name}: ${isTrusted ? 'trusted' : 'not trusted, and not asked'}`, async (t) => {
        let asked = 0;
        const server = await serve(t, pair(), (question) => {
          asked++;
          return honest()(question);
        });
        const changes = { ...trusted(), ...(all !== undefined && { tlsServerName: all }) };
        const forwarder = await forwarderTo(t, [at(server, own)], changes);
        assert.equal(result(await forwarder.resolve(question)), isTrusted ? found : Rcode.SERVFAIL);
        assert.equal(asked, isTrusted ? 1 : 0);
      });
    }

    test('the system’s authorities count when none is configured', async (t) => {
      const server = await serve(t, byAddress, honest());
      assert.equal(result(await (await forwarderTo(t, [at(server)], patient)).resolve(question)), Rcode.SERVFAIL);
    });

    test('our certificate is shown', async (t) => {
      const server = await serve(t, byAddress, honest());
      const tls = { ca: file('ca.crt'), cert: file('client.crt'), key: file('client.key') };
      const forwarder = await forwarderTo(t, [at(server)], { ...patient, tls });
      assert.equal(result(await forwarder.resolve(question)), found);
      assert.equal(server.sockets[0]?.authorized, true);
    });

    test('a file that cannot be read is told at the start', async (t) => {
      const changes = { ...patient, tls: { ca: file('none.crt') } };
      await assert.rejects(forwarderTo(t, [{ transport, host: '127.0.0.1', port: 1 }], changes), {
        name: 'UserError',
        message: /Cannot read .*none\.crt for TLS to upstream servers: ENOENT/,
      });
    });

    test('what the server closes is opened again, for the next question', async (t) => {
      const server = await serve(t, byAddress, honest());
      const forwarder = await forwarderTo(t, [at(server)], { ...trusted(), maxConnectAttempts: 3 });
      assert.equal(result(await forwarder.resolve(question)), found);
      server.disconnect();
      assert.equal(result(await forwarder.resolve(question)), found);
      assert.equal(server.accepted(), 2);
    });

    test('idle connections are closed', async (t) => {
      const server = await serve(t, byAddress, honest());
      const forwarder = await forwarderTo(t, [at(server)], { ...trusted(), expireMs: 10 });
      assert.equal(result(await forwarder.resolve(question)), found);
      await until(() => server.sockets.every(({ destroyed }) => destroyed));
    });

    test('silence is given up, and the server is probed the same way', async (t) => {
      const types: number[] = [];
      const server = await serve(t, byAddress, ({ query }) => {
        types.push(query.question?.type ?? 0);
        return undefined;
      });
      const forwarder = await forwarderTo(t, [at(server)], { tls: { ca: file('ca.crt') }, tryMs: 300, totalMs: 700 });
      assert.equal(result(await forwarder.resolve(question)), Rcode.SERVFAIL);
      await until(() => types.includes(2));
    });

    test('another question is FORMERR', async (t) => {
      const server = await serve(t, byAddress, ({ query }) =>
        replyTo({ ...query, question: { name: '', type: 1, class: 1 } }),
      );
      assert.equal(result(await (await forwarderTo(t, [at(server)], trusted())).resolve(question)), Rcode.FORMERR);
    });

    test('a certificate that changed is shown with the next connection', async (t) => {
      const server = await serve(t, byAddress, honest());
      await writeFile(file('changing.crt'), client.cert);
      await writeFile(file('changing.key'), client.key);
      const tls = { ca: file('ca.crt'), cert: file('changing.crt'), key: file('changing.key') };
      const forwarder = await forwarderTo(t, [at(server)], { ...patient, expireMs: 10, tls });
      assert.equal(result(await forwarder.resolve(question)), found);
      const shown = () => server.sockets.at(-1)?.getPeerCertificate().serialNumber;
      const first = shown();
      await until(() => server.sockets.every(({ destroyed }) => destroyed));
      const renewed = await ca.issue({ commonName: 'dns' });
      await writeFile(file('changing.crt'), renewed.cert);
      await writeFile(file('changing.key'), renewed.key);
      assert.equal(result(await forwarder.resolve(question)), found);
      assert.notEqual(shown(), first);
    });
  });
}

describe('HTTPS requests', () => {
  const type = { 'content-type': 'application/dns-message' };
  const ask = async (t: TestContext, respond: Respond, serverName?: string) => {
    const { port } = await overHttps(t, serverName === undefined ? byAddress : byName, respond);
    const to = { transport: 'https', host: '127.0.0.1', port, serverName } as const;
    const forwarder = await forwarderTo(t, [to], { ...patient, tls: { ca: file('ca.crt') } });
    return { answer: await forwarder.resolve(question), port };
  };

  test('are RFC 8484’s: POST, the media type, id 0', async (t) => {
    const seen: unknown[] = [];
    const respond: Respond = ({ method, url, headers, authority }, response, message) => {
      seen.push([method, url, headers['content-type'], headers.accept, message.readUInt16BE(0), authority]);
      response.writeHead(200, type).end(honest()({ query: decodeMessage(message) }));
    };
    const named = await ask(t, respond, 'dns.example');
    const { answer, port } = await ask(t, respond);
    assert.equal(result(answer), found);
    const common = ['POST', '/dns-query', 'application/dns-message', 'application/dns-message', 0];
    assert.deepEqual(seen, [
      [...common, `dns.example:${named.port}`],
      [...common, `127.0.0.1:${port}`],
    ]);
  });

  const bad: [name: string, respond: Respond][] = [
    ['another status', (_, response, m) => response.writeHead(502, type).end(honest()({ query: decodeMessage(m) }))],
    ['another type', (_, response, m) => response.writeHead(200).end(honest()({ query: decodeMessage(m) }))],
    ['no body', (_, response) => response.writeHead(200, type).end()],
    ['a body that is too long', (_, response) => response.writeHead(200, type).end(Buffer.alloc(70_000))],
    [
      'half a body',
      (_, response, m) => {
        const whole = honest()({ query: decodeMessage(m) });
        response.writeHead(200, { ...type, 'content-length': whole.length });
        response.write(whole.subarray(0, 20), () => response.stream.close(2));
      },
    ],
    ['a stream that ends early', (_, response) => response.writeHead(200, type).stream.close(2)],
    ['a session that ends', (_, response) => response.stream.session?.destroy()],
  ];
  for (const [name, respond] of bad) {
    test(`${name} is no answer`, async (t) => {
      assert.equal(result((await ask(t, respond)).answer), Rcode.SERVFAIL);
    });
  }

  test('to a server that speaks HTTP/1.1 alone are not made', async (t) => {
    const server = await tlsUpstream(t, { ...byAddress, ALPNProtocols: ['http/1.1'] }, () => undefined);
    const to = { transport: 'https', host: '127.0.0.1', port: server.port } as const;
    const forwarder = await forwarderTo(t, [to], { ...patient, tls: { ca: file('ca.crt') } });
    assert.equal(result(await forwarder.resolve(question)), Rcode.SERVFAIL);
  });
});
