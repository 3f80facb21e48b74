// Forwarding to servers of our own on loopback: 127.0.0.1 and others of 127/8, all on one port.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { Responder } from '../responder.ts';
import { packet, printed, sample } from '../testing/cluster.ts';
import { log } from '../testing/listening.ts';
import { clusterResponder } from '../testing/responders.ts';
import { decodeMessage, ednsOf, encodeMessage, Flag, type Message, optRecord, parseName } from '../wire/index.ts';
import { Forwarder, type ForwarderOptions } from './forwarder.ts';
import { parseNameservers } from './resolv-conf.ts';

type Answer = (query: Message, isTcp: boolean) => Buffer | undefined | Promise<Buffer>;

/** An upstream server; `asked` counts what came by UDP. */
async function upstream(t: TestContext, answer: Answer) {
  const tcp = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', async (chunk: Buffer) => {
      const reply = (await answer(decodeMessage(chunk.subarray(2)), true)) ?? Buffer.alloc(0);
      const length = Buffer.alloc(2);
      length.writeUInt16BE(reply.length);
      socket.end(Buffer.concat([length, reply]));
    });
  });
  tcp.listen(0, '127.0.0.1');
  await once(tcp, 'listening');
  const { port } = tcp.address() as { port: number };
  const udp = createSocket('udp4');
  const state = { asked: [] as Message[], server: { host: '127.0.0.1', port } };
  udp.on('message', async (bytes, peer) => {
    const query = decodeMessage(bytes);
    state.asked.push(query);
    const reply = await answer(query, false);
    if (reply) udp.send(reply, peer.port, peer.address);
  });
  udp.bind(port, '127.0.0.1');
  await once(udp, 'listening');
  t.after(() => {
    udp.close();
    tcp.close();
  });
  return state;
}

const reply = (query: Message, answer: Message['answer'] = [], flags = 0): Buffer =>
  encodeMessage({ ...query, flags: Flag.QR | Flag.RA | (query.flags & Flag.RD) | flags, answer, additional: [] });
const address = (query: Message, text = '192.0.2.1'): Message['answer'] => [
  { name: query.question?.name ?? '', class: 1, ttl: 60, data: { type: 'A', address: text } },
];

const responderFor = (
  servers: { host: string; port: number }[],
  options: Partial<ForwarderOptions> = {},
): Responder => {
  const resolver = new Forwarder({ servers: () => servers, log }, { tryMs: 100, totalMs: 250, ...options });
  return clusterResponder(sample(), { resolver });
};
const ask = async (responder: Responder, query: Message, isTcp = false): Promise<Uint8Array> =>
  (await responder.respond(encodeMessage(query), { address: '127.0.0.1', port: 5353 }, isTcp)) as Uint8Array;

const external = packet('WWW.example.com A', 77);
const answered = 'NOERROR qr rd ra\nanswer WWW.example.com. 60 IN A 192.0.2.1';

test('a reply is passed on with the id and spelling of the client, under another id than was asked', async (t) => {
  const server = await upstream(t, (query) => reply(query, address(query)));
  const response = await ask(responderFor([server.server]), external);
  assert.equal(printed(response), answered);
  assert.equal(decodeMessage(response).id, 77);
  assert.equal(server.asked[0]?.question?.name, parseName('www.example.com'));
  assert.equal(server.asked[0]?.additional.length, 0);
});

test('EDNS goes upstream only when the client speaks it, its options do not', async (t) => {
  const server = await upstream(t, (query) => {
    const opt = optRecord({
      udpSize: 999,
      version: 0,
      dnssecOk: false,
      options: [{ code: 3, data: new Uint8Array(4) }],
    });
    return encodeMessage({ ...query, flags: Flag.QR | Flag.AD, additional: [opt] });
  });
  const responder = responderFor([server.server]);
  const opt = optRecord({
    udpSize: 1400,
    version: 0,
    dnssecOk: true,
    options: [{ code: 10, data: new Uint8Array(8) }],
  });
  const got = decodeMessage(await ask(responder, { ...external, additional: [opt] }));
  const sane = { udpSize: 1232, version: 0, dnssecOk: true, extendedRcode: 0, options: [] };
  assert.deepEqual(ednsOf(server.asked[0] as Message), sane);
  assert.deepEqual(ednsOf(got), sane);
  assert.ok(got.flags & Flag.AD);
  const plain = decodeMessage(await ask(responder, external));
  assert.deepEqual([plain.additional, plain.flags & Flag.AD], [[], 0]);
});

test('equal questions under way share one exchange', async (t) => {
  const release = Promise.withResolvers<void>();
  const server = await upstream(t, async (query) => {
    await release.promise;
    return reply(query, address(query));
  });
  const responder = responderFor([server.server], { tryMs: 5000, totalMs: 5000 });
  const spellings = ['www.example.com A', 'WWW.example.com A', 'www.EXAMPLE.com A'];
  const waiting = spellings.map((text, id) => ask(responder, packet(text, id)));
  release.resolve();
  const got = (await Promise.all(waiting)).map(decodeMessage);
  assert.deepEqual(
    got.map(({ id, answer }) => [id, answer[0]?.name]),
    spellings.map((text, id) => [id, parseName(text.split(' ')[0] ?? '')]),
  );
  assert.equal(server.asked.length, 1);
});

test('the next server is asked when one is silent or unreachable, and the silent one is asked last afterwards', async (t) => {
  const silent = await upstream(t, () => undefined);
  const good = await upstream(t, (query) => reply(query, address(query)));
  const responder = responderFor([silent.server, { host: '127.0.0.1', port: 1 }, good.server], { totalMs: 2000 });
  assert.equal(printed(await ask(responder, external)), answered);
  assert.match(printed(await ask(responder, packet('other.example.com A'))), /^NOERROR /);
  assert.equal(silent.asked.length, 1);
});

test('no server, or none that answers, is SERVFAIL in bounded time', async (t) => {
  assert.equal(printed(await ask(responderFor([]), external)), 'SERVFAIL qr rd ra');
  const silent = await upstream(t, () => undefined);
  assert.equal(printed(await ask(responderFor([silent.server]), external)), 'SERVFAIL qr rd ra');
  assert.equal(silent.asked.length, 3);
});

test('replies with another id or to another question are not listened to', async (t) => {
  const server = await upstream(t, (query) => {
    const wrong = { ...query, question: { name: parseName('evil.example'), type: 1, class: 1 } };
    return reply(server.asked.length === 1 ? wrong : { ...query, id: query.id ^ 1 }, address(query, '203.0.113.6'));
  });
  assert.equal(printed(await ask(responderFor([server.server]), external)), 'SERVFAIL qr rd ra');
});

test('cut replies: TC for a UDP client, the whole by TCP for a TCP client; damaged ones count as cut', async (t) => {
  const many = (query: Message) => Array.from({ length: 60 }, (_, i) => address(query, `192.0.2.${i}`)).flat();
  const cut = await upstream(t, (query, isTcp) => (isTcp ? reply(query, many(query)) : reply(query, [], Flag.TC)));
  assert.equal(printed(await ask(responderFor([cut.server]), external)), 'NOERROR qr tc rd ra');
  assert.equal(decodeMessage(await ask(responderFor([cut.server]), external, true)).answer.length, 60);

  const damaged = await upstream(t, (query, isTcp) => {
    const whole = reply(query, address(query));
    return isTcp ? whole : whole.subarray(0, whole.length - 3);
  });
  assert.equal(printed(await ask(responderFor([damaged.server]), external)), 'NOERROR qr tc rd');
  assert.equal(printed(await ask(responderFor([damaged.server]), external, true)), answered);

  const large = await upstream(t, (query) => reply(query, many(query)));
  const got = decodeMessage(await ask(responderFor([large.server]), external));
  assert.equal(got.answer.length, 29, 'cut again for a client that takes 512');
  assert.ok(got.flags & Flag.TC);
});

test('above the limit of waiting clients further ones are refused at once', async (t) => {
  const silent = await upstream(t, () => undefined);
  const responder = responderFor([silent.server], { maxPending: 2 });
  const waiting = ['a.example A', 'a.example A'].map((text) => ask(responder, packet(text)));
  assert.equal(printed(await ask(responder, packet('b.example A'))), 'REFUSED qr rd');
  await Promise.all(waiting);
  assert.equal(printed(await ask(responder, packet('b.example A'))), 'SERVFAIL qr rd ra');
});

test('an ExternalName outside the cluster is resolved there, behind its CNAME', async (t) => {
  const name = 'outside.default.svc.cluster.local';
  const server = await upstream(t, (query) => {
    const edge = parseName('edge.example.net');
    const cname = {
      name: query.question?.name ?? '',
      class: 1,
      ttl: 60,
      data: { type: 'CNAME', target: edge },
    } as const;
    const a = { name: edge, class: 1, ttl: 60, data: { type: 'A', address: '192.0.2.9' } } as const;
    return query.question?.type === 1 ? reply(query, [cname, a]) : reply(query, [], 3);
  });
  const responder = responderFor([server.server]);
  const alias = `answer ${name}. 5 IN CNAME www.example.com.`;
  assert.equal(
    printed(await ask(responder, packet(`${name} A`))),
    `NOERROR qr aa rd\n${alias}\nanswer www.example.com. 60 IN CNAME edge.example.net.\nanswer edge.example.net. 60 IN A 192.0.2.9`,
  );
  assert.equal(printed(await ask(responder, packet(`${name} AAAA`))), `NOERROR qr aa rd\n${alias}`);
  assert.equal(printed(await ask(responderFor([]), packet(`${name} A`))), `NOERROR qr aa rd\n${alias}`);
});

test('resolv.conf: nameserver lines with addresses, comments and other lines left out', () => {
  const text =
    '# x\nnameserver 10.0.0.1 # y\n;nameserver 10.0.0.9\nsearch a b\nnameserver\nnameserver ::1\nnameserver host\noptions ndots:5\n';
  assert.deepEqual(parseNameservers(text), [
    { host: '10.0.0.1', port: 53 },
    { host: '::1', port: 53 },
  ]);
});
