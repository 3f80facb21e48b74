// The HTTPS front (api.md §1, §15): HTTP/1.1 and HTTP/2 on one TLS port, client certificates, limits. It turns a socket's
// request into the dispatcher's and the answer into bytes at the pace of the client; malformed input ends a connection,
// never the process.

import { constants as openssl } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { ApiError } from '#api/index.ts';
import type { HttpRequest } from '#lib/http.ts';
import type { Logger } from '#lib/log.ts';
import { accessLog } from './access-log.ts';
import { authenticate, type User } from './authentication.ts';
import type { Dispatcher } from './dispatch.ts';
import { defaultTimeLimits, type ExchangeParts, exchange, type TimeLimits } from './exchange.ts';
import type { InFlight } from './in-flight.ts';
import {
  clientOf,
  cutOff,
  endUnread,
  headOf,
  type Incoming,
  lastAnswer,
  type Outgoing,
  refuseMalformed,
  socketOf,
} from './incoming.ts';
import type { KubeletCredentials, KubeletProxy } from './kubelet-proxy.ts';
import type { ServerMetrics } from './metrics/server-metrics.ts';
import { discardBody, isBodyComplete, readBody, streamBody } from './read-body.ts';
import type { Registry } from './registry.ts';
import { isLongRunning, parseRequest, type RequestInfo } from './request.ts';
import { errorResponse } from './respond.ts';
import type { ReverseProxy } from './reverse-proxy/proxy.ts';
import { send } from './send.ts';
import { tunnel } from './tunnel.ts';

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  /** `ca` signs the clients' certificates. */
  readonly tls: { readonly key: string; readonly cert: string; readonly ca: string };
  readonly kubeletClient?: KubeletCredentials | undefined;
  /** 60 s for what reads and 34 s for what writes when absent. */
  readonly limits?: TimeLimits | undefined;
  /** A client that takes nothing of an answer for this long is cut off; a minute when absent. */
  readonly stallMs?: number | undefined;
}
export interface Listening {
  readonly port: number;
  close(): Promise<void>;
}
export interface ListenerParts {
  readonly dispatcher: Dispatcher;
  readonly registry: Registry;
  readonly kubelet: KubeletProxy;
  readonly proxy: ReverseProxy;
  readonly inFlight: InFlight;
  readonly metrics: ServerMetrics;
  readonly log: Logger;
  readonly closing: AbortSignal;
}

/** One exchange that has not ended. */
interface Open {
  /** Asks it to end: a watch does so after its last event. */
  readonly stop: () => void;
  readonly ended: Promise<void>;
}

/** How long open exchanges may take to end when the listener closes. */
const closeGraceMs = 2_000;
const handshakeTimeoutMs = 10_000;
const defaultStallMs = 60_000;
const maxStreamsPerConnection = 1000;
/** A connection on which nothing has been asked for this long is closed, over HTTP/2 too. */
const idleMs = 120_000;
/** A client that is gone without a word is noticed by its silence. */
const tcpKeepAliveMs = 60_000;
/** As much for HTTP/1.1 as Node grants HTTP/2: room for commands and selectors in a URL. */
const maxHeaderSize = 64 * 1024;

/** HTTP/1.1 alone. A body has no limit of its own here: exchange.ts has one, and what a proxy passes on may take its time. */
const http1Limits = {
  // HTTP/1.1 clients keep idle connections for a minute or more; closing first would fail their next request.
  keepAliveTimeout: idleMs,
  headersTimeout: 32_000,
  requestTimeout: 0,
  connectionsCheckingInterval: 5_000,
  maxHeaderSize,
};
/** Each costs some tens of kilobytes. */
const maxConnections = 4096;

export class Listener {
  readonly #parts: ListenerParts;
  readonly #options: ListenOptions;
  readonly #open = new Set<Open>();
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();
  /** Connections of HTTP/1.1 with an exchange under way. */
  readonly #answering = new WeakSet<Socket>();
  readonly #users = new WeakMap<Socket, User | ApiError>();
  readonly #exchangeParts: ExchangeParts;
  #isClosing = false;

  constructor(parts: ListenerParts, options: ListenOptions) {
    this.#parts = parts;
    this.#options = options;
    const { limits = defaultTimeLimits } = options;
    this.#exchangeParts = { dispatcher: parts.dispatcher, inFlight: parts.inFlight, limits };
  }

  async listen(): Promise<Listening> {
    const { host, port, tls } = this.#options;
    const server = createSecureServer({
      ...tls,
      allowHTTP1: true,
      requestCert: true,
      // Who has no certificate, or a wrong one, gets a Status that says so rather than a broken handshake.
      rejectUnauthorized: false,
      minVersion: 'TLSv1.2',
      // A resumed session need not show its certificate again; without tickets every connection does.
      secureOptions: openssl.SSL_OP_NO_TICKET,
      handshakeTimeout: handshakeTimeoutMs,
      settings: { maxConcurrentStreams: maxStreamsPerConnection },
    });
    this.#accept(server);
    Object.assign(server, { ...http1Limits, maxConnections });
    server.listen(port, host);
    await once(server, 'listening');
    return { port: (server.address() as AddressInfo).port, close: () => this.#close(server) };
  }

  #accept(server: Http2SecureServer): void {
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.setKeepAlive(true, tcpKeepAliveMs);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => this.#sockets.delete(socket));
    });
    server.on('session', (session) => this.#greet(session));
    server.on('tlsClientError', (_error, socket) => {
      this.#parts.metrics.handshakeFailed();
      socket.destroy();
    });
    server.on('sessionError', () => {});
    server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
      // In the middle of an answer a second one would be garbage.
      if (this.#answering.has(socket)) socket.destroy();
      else refuseMalformed(error, socket);
    });
    server.on('request', (incoming: Incoming, outgoing: Outgoing) => this.#begin(incoming, outgoing));
    server.on('upgrade', (incoming: IncomingMessage, socket: Socket, head: Buffer) => {
      this.#tunnel(incoming, socket, head).catch((error) => {
        this.#parts.log.debug('Upgrade ended early', { url: incoming.url, error });
        socket.destroy();
      });
    });
  }

  /** A session of HTTP/2, which Node itself would keep for as long as its connection lasts. */
  #greet(session: ServerHttp2Session): void {
    this.#sessions.add(session);
    let streams = 0;
    session.on('stream', (stream) => {
      streams++;
      stream.on('close', () => {
        streams--;
      });
    });
    session.setTimeout(idleMs, () => {
      if (streams === 0) session.close();
      else session.setTimeout(idleMs);
    });
    session.on('error', () => session.destroy());
    session.on('close', () => this.#sessions.delete(session));
  }

  async #tunnel(incoming: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    const gone = new AbortController();
    socket.on('error', () => socket.destroy());
    socket.on('close', () => gone.abort());
    const request = { ...headOf(incoming, gone.signal), clientAddress: socket.remoteAddress };
    const user = this.#userOf(incoming);
    await tunnel(this.#parts, { incoming, request, user, socket, head, stallMs: this.#stallMs });
  }

  #begin(incoming: Incoming, outgoing: Outgoing): void {
    const stop = new AbortController();
    const info = parse(incoming);
    const isLong = !(info instanceof ApiError) && isLongRunning(info);
    const ended = this.#serve(incoming, outgoing, info, stop).catch((error) => {
      this.#parts.log.debug('Exchange ended early', { url: incoming.url, error });
      cutOff(outgoing);
    });
    // What is short by nature is left to end by itself: an aborted write would leave its client in doubt.
    const open: Open = { stop: () => isLong && stop.abort(), ended };
    this.#open.add(open);
    // A session of HTTP/2 looks after its own frames.
    const socket = 'stream' in incoming ? undefined : incoming.socket;
    if (socket) this.#answering.add(socket);
    void ended.then(() => {
      this.#open.delete(open);
      if (socket) this.#answering.delete(socket);
    });
  }

  async #serve(incoming: Incoming, outgoing: Outgoing, info: RequestInfo | ApiError, stop: AbortController) {
    // Errors of a connection that goes away show as the end of the exchange.
    incoming.on('error', () => {});
    outgoing.on('error', () => {});
    const gone = new AbortController();
    const closed = new Promise<void>((resolve) => {
      outgoing.on('close', () => {
        gone.abort(isOver);
        stop.abort(isOver);
        resolve();
      });
    });
    const request = headOf(incoming, stop.signal);
    const parsed = info instanceof ApiError ? undefined : info;
    const isLong = parsed !== undefined && isLongRunning(parsed);
    const logged = accessLog(this.#parts.log, { ...request, info: parsed, client: () => clientOf(incoming) });
    const running = parsed && this.#parts.metrics.requests.begin(parsed, request.headers['content-type'], isLong);
    const user = this.#userOf(incoming);
    const response = await this.#answer(request, user, info, incoming);
    void closed.then(() => {
      running?.end(response.status, response.body instanceof Uint8Array ? response.body.length : undefined);
      logged?.(response.status);
    });
    const isWhole = isLong || (await discardBody(incoming));
    const headers = isWhole && !this.#isClosing ? response.headers : { ...response.headers, ...lastAnswer(incoming) };
    if (!isLong && !(response.body instanceof Uint8Array)) this.#limitStalls(outgoing);
    // A watch holds nothing for its reader but its place in the history; one that never reads is not kept for that.
    const stall = parsed?.verb === 'watch' ? { ms: this.#stallMs, cutOff: () => cutOff(outgoing) } : undefined;
    await send(outgoing, { ...response, headers }, request, { gone: gone.signal, stall });
    if (!isBodyComplete(incoming)) endUnread(incoming);
    await new Promise((resolve) => setImmediate(resolve));
    // Handed over, but not taken: by a window of HTTP/2 that stays closed, or a connection that nobody reads.
    if (!gone.signal.aborted && !isLong) this.#limitStalls(outgoing);
    await closed;
  }

  async #answer(request: HttpRequest, user: User | ApiError, info: RequestInfo | ApiError, incoming: Incoming) {
    try {
      if (user instanceof ApiError) throw user;
      if (info instanceof ApiError) throw info;
      return await exchange(this.#exchangeParts, {
        request,
        user,
        info,
        readBody: (signal) => readBody(incoming, signal),
        passOn: () => ({ stream: streamBody(incoming), clientAddress: socketOf(incoming)?.remoteAddress }),
      });
    } catch (error) {
      return errorResponse(error, request);
    }
  }

  #limitStalls(outgoing: Outgoing): void {
    (outgoing as ServerResponse).setTimeout(this.#stallMs, () => cutOff(outgoing));
  }

  get #stallMs(): number {
    return this.#options.stallMs ?? defaultStallMs;
  }

  /** By connection: its certificate does not change. A bearer token is looked at with every request. */
  #userOf(incoming: Incoming): User | ApiError {
    const socket = socketOf(incoming) as TLSSocket | undefined;
    const authorization = incoming.headers.authorization;
    const known = socket && this.#users.get(socket);
    if (known && !authorization) return known;
    let user: User | ApiError;
    try {
      const certificate = socket?.getPeerCertificate?.();
      user = authenticate({ certificate, trusted: socket?.authorized === true, authorization });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      user = error;
    }
    if (socket && !authorization) this.#users.set(socket, user);
    return user;
  }

  /** Takes no further connection, lets what is open end, and then closes what is left. */
  async #close(server: Http2SecureServer): Promise<void> {
    this.#isClosing = true;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const session of this.#sessions) session.close();
    const open = [...this.#open];
    for (const { stop } of open) stop();
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const patience = setTimeout(resolve, closeGraceMs);
    await Promise.race([Promise.all(open.map(({ ended }) => ended)), late]);
    clearTimeout(patience);
    this.#destroyAll();
    await closed;
  }

  #destroyAll(): void {
    for (const session of this.#sessions) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** One for all: an error of its own for each exchange, with a stack that nobody reads, would cost more than the exchange. */
const isOver = new Error('the exchange is over');

function parse({ method = 'GET', url = '/' }: Incoming): RequestInfo | ApiError {
  try {
    return parseRequest(method, url);
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}
