// The whole server on loopback, asked by the real dig, and by sockets for what dig would never send.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { emptyZones, fill, namespace, packet, sample, service, slice } from './testing/cluster.ts';
import { ask, skip } from './testing/dig.ts';
import { listening } from './testing/listening.ts';
import { clusterResponder } from './testing/responders.ts';
import { decodeMessage, encodeMessage } from './wire/index.ts';

const start = (t: TestContext, zones = sample(), limits = {}) => listening(t, clusterResponder(zones), limits);

const soa = 'SOA ns.dns.cluster.local. hostmaster.cluster.local. 1700000000 7200 1800 86400 5';

test('dig by UDP and TCP gets the same answers', { skip }, async (t) => {
  const port = await start(t);
  const cases: [args: string, want: string][] = [
    [
      'web.default.svc.cluster.local',
      'NOERROR qr aa rd; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 1\nweb.default.svc.cluster.local. 5 IN A 10.96.0.80',
    ],
    [
      'WEB.default.svc.cluster.local A +noedns',
      'NOERROR qr aa rd; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 0\nWEB.default.svc.cluster.local. 5 IN A 10.96.0.80',
    ],
    [
      'web.default.svc.cluster.local AAAA',
      `NOERROR qr aa rd; QUERY: 1, ANSWER: 0, AUTHORITY: 1, ADDITIONAL: 1\ncluster.local. 5 IN ${soa}`,
    ],
    [
      'nope.default.svc.cluster.local',
      `NXDOMAIN qr aa rd; QUERY: 1, ANSWER: 0, AUTHORITY: 1, ADDITIONAL: 1\ncluster.local. 5 IN ${soa}`,
    ],
    [
      '_http._tcp.web.default.svc.cluster.local SRV',
      'NOERROR qr aa rd; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 2\n_http._tcp.web.default.svc.cluster.local. 5 IN SRV 0 100 80 web.default.svc.cluster.local.\nweb.default.svc.cluster.local. 5 IN A 10.96.0.80',
    ],
    [
      '-x 10.96.0.80',
      'NOERROR qr aa rd; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 1\n80.0.96.10.in-addr.arpa. 5 IN PTR web.default.svc.cluster.local.',
    ],
    [
      '-x fd00:96::90',
      'NOERROR qr aa rd; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 1\n0.9.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.6.9.0.0.0.0.d.f.ip6.arpa. 5 IN PTR dual.default.svc.cluster.local.',
    ],
    [
      'dns-version.cluster.local TXT',
      'NOERROR qr aa rd; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 1\ndns-version.cluster.local. 28800 IN TXT "1.1.0"',
    ],
    ['www.example.com', 'REFUSED qr rd; QUERY: 1, ANSWER: 0, AUTHORITY: 0, ADDITIONAL: 1'],
    [
      'web.default.svc.cluster.local +edns=1 +noednsneg',
      'BADVERS qr rd; QUERY: 1, ANSWER: 0, AUTHORITY: 0, ADDITIONAL: 1',
    ],
    ['web.default.svc.cluster.local +opcode=2', 'NOTIMP qr rd; QUERY: 0, ANSWER: 0, AUTHORITY: 0, ADDITIONAL: 0'],
  ];
  for (const [args, want] of cases) {
    for (const transport of ['+notcp', '+tcp']) {
      assert.equal(await ask(port, ...args.split(' '), transport), want, `${args} ${transport}`);
    }
  }
});

test('too many addresses for UDP are cut with TC, TCP has them all', { skip }, async (t) => {
  const addresses = Array.from({ length: 100 }, (_, i) => `10.244.7.${i}`);
  const objects = [namespace('default'), service('many', { clusterIP: 'None' }), slice('many-1', 'many', addresses)];
  const port = await start(t, fill(emptyZones(), objects));
  const name = 'many.default.svc.cluster.local';
  const counts = async (...args: string[]) => (await ask(port, name, ...args)).split('\n')[0];
  assert.equal(
    await counts('+ignore', '+noedns'),
    'NOERROR qr aa tc rd; QUERY: 1, ANSWER: 29, AUTHORITY: 0, ADDITIONAL: 0',
  );
  assert.equal(
    await counts('+ignore', '+bufsize=1232'),
    'NOERROR qr aa tc rd; QUERY: 1, ANSWER: 73, AUTHORITY: 0, ADDITIONAL: 1',
  );
  assert.equal(
    await counts('+bufsize=4096', '+ignore'),
    'NOERROR qr aa rd; QUERY: 1, ANSWER: 100, AUTHORITY: 0, ADDITIONAL: 1',
  );
  assert.equal(await counts(), 'NOERROR qr aa rd; QUERY: 1, ANSWER: 100, AUTHORITY: 0, ADDITIONAL: 1');
});

const web = (id: number) => encodeMessage(packet('web.default.svc.cluster.local', id));
const framed = (message: Buffer) => Buffer.concat([Buffer.from([message.length >> 8, message.length & 255]), message]);

test('by UDP, junk and answers are met with silence and the next query is answered', async (t) => {
  const port = await start(t);
  const socket = createSocket('udp4');
  t.after(() => socket.close());
  const answer = web(2);
  answer.writeUInt16BE(0x8000, 2);
  for (const silent of [Buffer.from('junk'), Buffer.alloc(0), answer]) socket.send(silent, port, '127.0.0.1');
  socket.send(web(1), port, '127.0.0.1');
  const [response] = await once(socket, 'message');
  assert.equal(decodeMessage(response).id, 1);
});

/** Sends, and collects messages until the server closes. */
async function overTcp(port: number, chunks: readonly Buffer[], end: boolean): Promise<number[]> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  for (const chunk of chunks) socket.write(chunk);
  if (end) socket.end();
  let received = Buffer.alloc(0);
  for await (const chunk of socket) received = Buffer.concat([received, chunk]);
  socket.destroy();
  const ids: number[] = [];
  while (received.length > 0) {
    const next = 2 + received.readUInt16BE(0);
    ids.push(decodeMessage(received.subarray(2, next)).id);
    received = received.subarray(next);
  }
  return ids;
}

test('by TCP, pipelined, split and short messages are taken, and a half-closed client is answered', async (t) => {
  const port = await start(t);
  const short = Buffer.from([0, 3, 1, 2, 3]);
  const pipeline = Buffer.concat([framed(web(1)), short, framed(web(2)), framed(web(3))]);
  assert.deepEqual(await overTcp(port, [pipeline], true), [1, 2, 3]);
  const octets = [...framed(web(4))].map((octet) => Buffer.from([octet]));
  assert.deepEqual(await overTcp(port, octets, true), [4]);
});

test('by TCP, a silent client is cut off, sooner before its first message; too many connections are closed', async (t) => {
  const port = await start(t, sample(), { firstMessageMs: 50, idleMs: 50, connections: 1 });
  assert.deepEqual(await overTcp(port, [], false), []);
  assert.deepEqual(await overTcp(port, [framed(web(1)), Buffer.from([0])], false), [1]);
  const first = connect({ port, host: '127.0.0.1' });
  await once(first, 'connect');
  assert.deepEqual(await overTcp(port, [], false), []);
  first.destroy();
});
