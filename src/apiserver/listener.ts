// The HTTPS front (api.md §1, §15): HTTP/1.1 and HTTP/2 on one TLS port, client certificates, limits. It turns a socket's
// request into the dispatcher's and the answer into bytes at the pace of the client; malformed input ends a connection,
// never the process.

import { constants } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { ApiError } from '#api/index.ts';
import type { HttpRequest } from '#lib/http.ts';
import type { Logger } from '#lib/log.ts';
import { authenticate, type User } from './authentication.ts';
import type { Dispatcher } from './dispatch.ts';
import { exchange } from './exchange.ts';
import { InFlight } from './in-flight.ts';
import type { KubeletCredentials, KubeletProxy } from './kubelet-proxy.ts';
import { readBody } from './read-body.ts';
import type { Registry } from './registry.ts';
import { errorResponse } from './respond.ts';
import { send } from './send.ts';
import { tunnel } from './tunnel.ts';

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  /** `ca` signs the clients' certificates. */
  readonly tls: { readonly key: string; readonly cert: string; readonly ca: string };
  readonly kubeletClient?: KubeletCredentials | undefined;
}
export interface Listening {
  readonly port: number;
  close(): Promise<void>;
}
export interface ListenerParts {
  readonly dispatcher: Dispatcher;
  readonly registry: Registry;
  readonly kubelet: KubeletProxy;
  readonly log: Logger;
  readonly closing: AbortSignal;
}
export type Incoming = IncomingMessage | Http2ServerRequest;
export type Outgoing = ServerResponse | Http2ServerResponse;

/** One exchange that has not ended. */
interface Open {
  /** Asks it to end: a watch does so after its last event. */
  readonly stop: () => void;
  readonly ended: Promise<void>;
}

/** How long open exchanges may take to end when the listener closes. */
const closeGraceMs = 2_000;
const handshakeTimeoutMs = 10_000;
const keepAliveTimeout = 120_000;
const maxStreamsPerConnection = 1000;

export class Listener {
  readonly #parts: ListenerParts;
  readonly #inFlight = new InFlight();
  readonly #open = new Set<Open>();
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #users = new WeakMap<Socket, User | ApiError>();

  constructor(parts: ListenerParts) {
    this.#parts = parts;
  }

  async listen({ host, port, tls }: ListenOptions): Promise<Listening> {
    const server = createSecureServer({
      ...tls,
      allowHTTP1: true,
      requestCert: true,
      // Who has no certificate, or a wrong one, gets a Status that says so rather than a broken handshake.
      rejectUnauthorized: false,
      minVersion: 'TLSv1.2',
      // A resumed session need not show its certificate again; without tickets every connection does.
      secureOptions: constants.SSL_OP_NO_TICKET,
      handshakeTimeout: handshakeTimeoutMs,
      settings: { maxConcurrentStreams: maxStreamsPerConnection },
    });
    this.#accept(server);
    // HTTP/1.1 clients keep idle connections for a minute or more; closing first would fail their next request.
    Object.assign(server, { keepAliveTimeout });
    server.listen(port, host);
    await once(server, 'listening');
    return { port: (server.address() as AddressInfo).port, close: () => this.#close(server) };
  }

  #accept(server: Http2SecureServer): void {
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => this.#sockets.delete(socket));
    });
    server.on('session', (session) => {
      this.#sessions.add(session);
      session.on('error', () => session.destroy());
      session.on('close', () => this.#sessions.delete(session));
    });
    server.on('tlsClientError', (_error, socket) => socket.destroy());
    server.on('sessionError', () => {});
    server.on('clientError', (_error: Error, socket: Socket) => socket.destroy());
    server.on('request', (incoming: Incoming, outgoing: Outgoing) => this.#begin(incoming, outgoing));
    server.on('upgrade', (incoming: IncomingMessage, socket: Socket, head: Buffer) => {
      tunnel(this.#parts, this.#userOf(incoming), incoming, { socket, head }).catch((error) => {
        this.#parts.log.debug('Upgrade ended early', { url: incoming.url, error });
        socket.destroy();
      });
    });
  }

  #begin(incoming: Incoming, outgoing: Outgoing): void {
    const stop = new AbortController();
    const ended = this.#serve(incoming, outgoing, stop).catch((error) => {
      this.#parts.log.debug('Exchange ended early', { url: incoming.url, error });
      outgoing.destroy();
    });
    const open: Open = { stop: () => stop.abort(), ended };
    this.#open.add(open);
    void ended.then(() => this.#open.delete(open));
  }

  async #serve(incoming: Incoming, outgoing: Outgoing, stop: AbortController): Promise<void> {
    // Errors of a connection that goes away show as the end of the exchange.
    incoming.on('error', () => {});
    outgoing.on('error', () => {});
    const gone = new AbortController();
    outgoing.on('close', () => {
      gone.abort();
      stop.abort();
    });
    const head: HttpRequest = {
      method: incoming.method ?? 'GET',
      url: incoming.url ?? '/',
      headers: headersOf(incoming),
      signal: stop.signal,
    };
    const user = this.#userOf(incoming);
    const response = user instanceof ApiError ? errorResponse(user, head) : await this.#answer(head, user, incoming);
    await send(outgoing, response, head, gone.signal);
  }

  async #answer(head: HttpRequest, user: User, incoming: Incoming) {
    try {
      const request = { ...head, body: await readBody(incoming) };
      return await exchange(this.#parts.dispatcher, this.#inFlight, request, user);
    } catch (error) {
      return errorResponse(error, head);
    }
  }

  /** By connection: its certificate does not change. A bearer token is looked at with every request. */
  #userOf(incoming: Incoming): User | ApiError {
    const socket = ('stream' in incoming ? incoming.stream.session?.socket : incoming.socket) as TLSSocket | undefined;
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

/** Names in lower case, repeated ones joined; HTTP/2's own pseudo headers left out. */
function headersOf({ headers }: Incoming): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !name.startsWith(':')) result[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return result;
}
