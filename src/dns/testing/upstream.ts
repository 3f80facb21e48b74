// Servers elsewhere for the tests of upstream/, real ones on loopback that say what the test wants, true or not; and a
// forwarder that asks them.

import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, isIPv6, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import type { ForwardSettings, Upstream } from '../config/settings.ts';
import { Forwarder, type ForwarderParts } from '../upstream/forwarder.ts';
import { ForwardMetrics } from '../upstream/metrics.ts';
import type { Times } from '../upstream/tries.ts';
import { decodeMessage, encodeMessage, Flag, type Message } from '../wire/index.ts';
import { log } from './listening.ts';

const loopback = '127.0.0.1';

export interface Asked {
  readonly query: Message;
  readonly isTcp: boolean;
  /** The client's. */
  readonly port: number;
}

/** What the server sends for a question: nothing, a message, or several. By TCP `raw` is sent without a length before it. */
export type Sent = Buffer | undefined | readonly Buffer[] | Raw;
interface Raw {
  readonly raw: Buffer;
  readonly end?: boolean;
}
export type Say = (asked: Asked) => Sent | Promise<Sent>;

export class TestUpstream {
  readonly asked: Asked[] = [];
  /** TCP connections that are open. */
  readonly connections = new Set<Socket>();
  /** How many there have been. */
  accepted = 0;
  readonly host: string;
  readonly port: number;
  readonly #say: Say;
  #udp: UdpSocket | undefined;

  constructor({ host, port }: { host: string; port: number }, say: Say) {
    this.host = host;
    this.port = port;
    this.#say = say;
  }

  /** As a `forward` names it. */
  get to(): Upstream & { readonly host: string; readonly port: number } {
    return { transport: 'dns', host: this.host, port: this.port };
  }

  /** Names and transports of what was asked, probes left out. */
  get questions(): string[] {
    const names = this.asked.filter(({ query }) => query.question?.type !== 2);
    return names.map(({ isTcp }) => (isTcp ? 'tcp' : 'udp'));
  }

  get probes(): Message[] {
    return this.asked.filter(({ query }) => query.question?.type === 2).map(({ query }) => query);
  }

  serveUdp(socket: UdpSocket): void {
    this.#udp = socket;
    socket.on('message', async (bytes, { port, address }) => {
      const sent = await this.#answer(bytes, false, port);
      const messages = isRaw(sent) ? [] : messagesOf(sent);
      for (const message of messages) socket.send(message, port, address);
    });
  }

  /** To a client that did not ask. */
  sendUdp(message: Buffer, port: number): void {
    this.#udp?.send(message, port, this.host);
  }

  serveStream(socket: Socket): void {
    this.accepted++;
    this.connections.add(socket);
    socket.on('close', () => this.connections.delete(socket)).on('error', () => {});
    let received = Buffer.alloc(0);
    socket.on('data', async (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const end = 2 + received.readUInt16BE(0);
        const bytes = received.subarray(2, end);
        received = received.subarray(end);
        void this.#answer(bytes, true, socket.remotePort ?? 0).then((sent) => {
          if (socket.destroyed) return;
          if (isRaw(sent)) {
            socket.write(sent.raw);
            if (sent.end) socket.end();
          } else for (const message of messagesOf(sent)) socket.write(framed(message));
        });
      }
    });
  }

  async #answer(bytes: Buffer, isTcp: boolean, port: number): Promise<Sent> {
    const asked = { query: decodeMessage(bytes), isTcp, port };
    this.asked.push(asked);
    return await this.#say(asked);
  }
}

const isRaw = (sent: Sent): sent is Raw => sent !== undefined && 'raw' in sent;

const messagesOf = (sent: Exclude<Sent, Raw>): readonly Buffer[] =>
  sent === undefined ? [] : Buffer.isBuffer(sent) ? [sent] : sent;

export function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

/** By UDP and TCP on one port. */
export async function upstream(t: TestContext, say: Say, host = loopback): Promise<TestUpstream> {
  for (;;) {
    const tcp = createServer((socket) => server.serveStream(socket)).listen(0, host);
    await once(tcp, 'listening');
    const server = new TestUpstream({ host, port: (tcp.address() as AddressInfo).port }, say);
    const udp = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', recvBufferSize: 4 * 1024 * 1024 });
    try {
      udp.bind(server.port, host);
      await once(udp, 'listening');
    } catch {
      // Another process has the port for UDP.
      tcp.close();
      continue;
    }
    server.serveUdp(udp);
    t.after(() => {
      udp.close();
      tcp.close();
      for (const socket of server.connections) socket.destroy();
    });
    return server;
  }
}

/** By TLS alone. */
export async function tlsUpstream(
  t: TestContext,
  tls: Parameters<typeof createTlsServer>[0] & object,
  say: Say,
): Promise<TestUpstream> {
  const listener = createTlsServer({ ...tls, ALPNProtocols: ['dot'] }, (socket) => server.serveStream(socket));
  listener.on('tlsClientError', () => {});
  listener.listen(0, loopback);
  await once(listener, 'listening');
  const server = new TestUpstream({ host: loopback, port: (listener.address() as AddressInfo).port }, say);
  t.after(() => {
    listener.close();
    for (const socket of server.connections) socket.destroy();
  });
  return server;
}

/** To a query, with its id and question. */
export const replyTo = (query: Message, answer: Message['answer'] = [], flags = 0): Buffer =>
  encodeMessage({ ...query, flags: Flag.QR | Flag.RA | (query.flags & Flag.RD) | flags, answer, additional: [] });

export const address = (query: Message, text = '192.0.2.1'): Message['answer'] => [
  { name: query.question?.name ?? '', class: 1, ttl: 60, data: { type: 'A', address: text } },
];

/** Answers every question with one address. */
export const honest =
  (text?: string) =>
  ({ query }: Pick<Asked, 'query'>): Buffer =>
    replyTo(query, address(query, text));

/** What `forward` means without a block, but for the policy: tests are to know who is asked first. */
export const usualForward: Omit<ForwardSettings, 'to'> = {
  zone: '',
  except: [],
  policy: 'sequential',
  forceTcp: false,
  preferUdp: false,
  tls: {},
  healthCheck: { intervalMs: 20, recursionDesired: true, domain: '' },
  maxFails: 2,
  expireMs: 10_000,
  maxConcurrent: 0,
  next: [],
  failover: [],
  failfastAllUnhealthyUpstreams: false,
};

export interface ForwarderChanges extends Partial<ForwardSettings>, Partial<Times> {
  readonly parts?: Partial<ForwarderParts>;
}

export async function forwarderTo(
  t: TestContext,
  to: readonly (TestUpstream | Upstream)[],
  { parts, tryMs = 100, totalMs = 250, hedgeMs, ...changes }: ForwarderChanges = {},
): Promise<Forwarder> {
  const stop = new AbortController();
  t.after(() => stop.abort());
  const forwarder = new Forwarder(
    { ...usualForward, to: to.map((each) => (each instanceof TestUpstream ? each.to : each)), ...changes },
    { log, metrics: new ForwardMetrics(), isOurselves: () => false, ...parts },
    { tryMs, totalMs, ...(hedgeMs !== undefined && { hedgeMs }) },
  );
  await forwarder.start(stop.signal);
  return forwarder;
}

/** Resolves when it is so; the test's own time limit ends what never is. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Octets that are no DNS message but for the id. */
export const garbage = (query: Message): Buffer => {
  const bytes = Buffer.alloc(40, 0xff);
  bytes.writeUInt16BE(query.id);
  return bytes;
};
