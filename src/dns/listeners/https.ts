// DNS over HTTPS (RFC 8484), by HTTP/2 and HTTP/1.1: a request is a question, GET or POST, its response the answer.

import { once } from 'node:events';
import {
  createSecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import { createServer, type Server, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import type { Client, Response } from '../handler.ts';
import { FormatError, outline, Rcode, rcodeOf } from '../wire/index.ts';
import { securing } from './securing.ts';
import type { TlsParts } from './tls.ts';

export interface HttpsLimits {
  readonly connections: number;
  /** Requests of one connection that are under way. */
  readonly streams: number;
  /** How long a connection may be without a whole request, or without its answer being taken. */
  readonly idleMs: number;
}
const usual: HttpsLimits = { connections: 200, streams: 100, idleMs: 10_000 };

const path = '/dns-query';
const mediaType = 'application/dns-message';
/** Octets of a question. None is longer: a name has 255 octets, and padding fills up to 128 (RFC 8467). */
const maxQuestion = 4096;
const maxSessionMegabytes = 1;

/** Told to the client. */
class HttpError extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

export class HttpsListener {
  readonly #parts: TlsParts;
  readonly #limits: HttpsLimits;
  readonly #server: Server;
  readonly #connections = new Map<string, Connection>();
  readonly #sessions = new Set<ServerHttp2Session>();

  constructor(parts: TlsParts, limits: Partial<HttpsLimits> = {}) {
    this.#parts = parts;
    this.#limits = { ...usual, ...limits };
    const settings = { maxConcurrentStreams: this.#limits.streams, enablePush: false };
    const http = createSecureServer({ settings, allowHTTP1: true, maxSessionMemory: maxSessionMegabytes });
    http.on('request', (request, response) => void this.#onRequest(request, response));
    http.on('session', (session) => this.#onSession(session));
    const secure = securing(
      { tls: parts.tls, serve: (socket) => http.emit('secureConnection', socket) },
      { ALPNProtocols: ['h2', 'http/1.1'], handshakeTimeout: this.#limits.idleMs },
    );
    this.#server = createServer({ noDelay: true }, (socket) => {
      this.#onConnection(socket);
      secure(socket);
    });
    this.#server.maxConnections = this.#limits.connections;
  }

  /** Resolves with the port, chosen by the kernel when 0 was asked for. Rejects when the address cannot be had. */
  async listen({ host, port }: { host: string; port: number }): Promise<number> {
    this.#server.listen({ host, port, reusePort: true, ipv6Only: true });
    await once(this.#server, 'listening');
    this.#server.on('error', (error) => this.#parts.log.error('https listener failed', { host, port, error }));
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : port;
  }

  /** Refuses new connections; resolves when none is open any more. Until then they are served as before. */
  async retire(): Promise<void> {
    await setImmediate();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Refuses new connections; resolves when every request that came is answered. */
  async drain(): Promise<void> {
    this.#server.close();
    for (const session of this.#sessions) session.close();
    await Promise.all([...this.#connections.values()].map((connection) => connection.idle()));
  }

  /** Closes the open connections too. */
  async close(): Promise<void> {
    const closed = Promise.withResolvers<void>();
    this.#server.close(() => closed.resolve());
    for (const connection of this.#connections.values()) connection.destroy();
    await closed.promise;
  }

  #onConnection(socket: Socket): void {
    const key = keyOf(clientOf(socket));
    this.#connections.set(key, new Connection(socket, this.#limits.idleMs));
    socket.once('close', () => this.#connections.delete(key));
    // Resets by the client are its own affair.
    socket.on('error', () => {});
  }

  #onSession(session: ServerHttp2Session): void {
    this.#sessions.add(session);
    session.once('close', () => this.#sessions.delete(session));
    session.on('error', () => {});
  }

  async #onRequest(request: Http2ServerRequest, response: Http2ServerResponse): Promise<void> {
    const client = clientOf(request.socket);
    const connection = this.#connections.get(keyOf(client));
    request.on('error', () => {});
    response.on('error', () => {});
    try {
      const packet = await packetOf(request);
      // It may be gone already.
      if (!connection) return;
      answer(response, await connection.answered(response, this.#parts.respond(packet, client, true)));
    } catch (error) {
      refuse(response, error);
    }
  }
}

/** The requests of one connection; it is closed when none comes, or no response is taken, for too long. */
class Connection {
  readonly #socket: Socket;
  readonly #deadline: NodeJS.Timeout;
  /** Those that wait for an answer, which is not the client's fault. */
  #waiting = 0;
  /** Those whose response is not with the client yet. */
  #underWay = 0;
  #onIdle = (): void => {};

  constructor(socket: Socket, idleMs: number) {
    this.#socket = socket;
    this.#deadline = setTimeout(() => this.#onDeadline(), idleMs);
    socket.once('close', () => {
      clearTimeout(this.#deadline);
      this.#onIdle();
    });
  }

  /** A whole request is there; resolves with the answer to it. */
  async answered<T>(response: Http2ServerResponse, answer: T | Promise<T>): Promise<T> {
    this.#waiting++;
    this.#underWay++;
    response.once('close', () => this.#onSent());
    try {
      return await answer;
    } finally {
      this.#waiting--;
      this.#refresh();
    }
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    const idle = Promise.withResolvers<void>();
    this.#onIdle = idle.resolve;
    if (this.#underWay > 0 && !this.#socket.destroyed) await idle.promise;
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #onSent(): void {
    this.#underWay--;
    this.#refresh();
    if (this.#underWay === 0) this.#onIdle();
  }

  #refresh(): void {
    if (!this.#socket.destroyed) this.#deadline.refresh();
  }

  #onDeadline(): void {
    if (this.#waiting > 0) this.#refresh();
    else this.destroy();
  }
}

const clientOf = ({ remoteAddress = '', remotePort = 0 }: Pick<Socket, 'remoteAddress' | 'remotePort'>): Client => {
  return { address: remoteAddress, port: remotePort };
};
const keyOf = ({ address, port }: Client): string => `${address} ${port}`;

async function packetOf(request: Http2ServerRequest): Promise<Buffer> {
  const { pathname, searchParams } = new URL(request.url, 'https://localhost');
  if (pathname !== path) throw new HttpError(404, `The path is ${path}`);
  if (request.method === 'GET') return packetFrom(searchParams.getAll('dns'));
  if (request.method !== 'POST') throw new HttpError(405, 'The method is GET or POST', { allow: 'GET, POST' });
  if (request.headers['content-type'] !== mediaType) throw new HttpError(415, `The content type is ${mediaType}`);
  return await bodyOf(request);
}

/** RFC 8484 §4.1: base64url without padding. */
function packetFrom([text, ...others]: readonly string[]): Buffer {
  if (text === undefined || others.length > 0 || !/^[\w-]+$/.test(text)) {
    throw new HttpError(400, 'The query has one parameter dns, a message in base64url');
  }
  if (text.length > (maxQuestion * 4) / 3) throw tooLong;
  return Buffer.from(text, 'base64url');
}

const tooLong = new HttpError(413, `The message has up to ${maxQuestion} octets`);

async function bodyOf(request: Http2ServerRequest): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxQuestion) throw tooLong;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function answer(response: Http2ServerResponse, message: Response | undefined): void {
  if (message === undefined) throw new HttpError(400, 'This is no DNS query');
  if (!(message instanceof Uint8Array)) throw new HttpError(501, 'Zones are transferred by TCP or TLS');
  const cache = `max-age=${maxAge(Buffer.from(message))}`;
  const headers = { 'content-type': mediaType, 'content-length': message.length, 'cache-control': cache };
  response.writeHead(200, headers);
  response.end(message);
}

function refuse(response: Http2ServerResponse, error: unknown): void {
  if (response.destroyed || response.headersSent) return;
  const { status, message, headers } = error instanceof HttpError ? error : new HttpError(400, 'Bad request');
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers });
  response.end(`${message}\n`);
}

/** How long the answer may be kept: the smallest TTL (RFC 8484 §5.1); nothing of what is no answer. */
function maxAge(message: Buffer): number {
  const rcode = rcodeOf(message.readUInt16BE(2));
  if (rcode !== Rcode.NOERROR && rcode !== Rcode.NXDOMAIN) return 0;
  try {
    const { heads } = outline(message);
    return heads.length === 0 ? 0 : Math.min(...heads.map((head) => message.readUInt32BE(head + 4)));
  } catch (error) {
    if (error instanceof FormatError) return 0;
    throw error;
  }
}
