// DNS over TCP (RFC 7766): many messages a connection, each behind its length, answered in the order they become ready.
// Every connection is bounded in time, in unanswered questions and in unsent answers.

import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import type { Logger } from '#lib/log.ts';
import type { Client, Response } from '../handler.ts';
import type { Respond } from './site.ts';

export interface TcpLimits {
  readonly connections: number;
  /** Questions of one connection that wait for an answer; further ones stay unread. */
  readonly pending: number;
  readonly firstMessageMs: number;
  readonly idleMs: number;
  readonly writeMs: number;
}
const usual: TcpLimits = { connections: 1000, pending: 100, firstMessageMs: 3000, idleMs: 10_000, writeMs: 5000 };

/** What is done with a connection that was opened. */
export type Serve = (socket: Socket) => void;

export interface TcpParts {
  readonly respond: Respond;
  readonly log: Logger;
  /** What is between a connection and the messages on it, such as TLS; nothing when absent. */
  readonly over?: ((serve: Serve, limits: TcpLimits) => Serve) | undefined;
}

export class TcpListener {
  readonly #log: Logger;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #connections = new Set<Connection>();

  constructor({ respond, log, over = (serve) => serve }: TcpParts, limits: Partial<TcpLimits> = {}) {
    this.#log = log;
    const all = { ...usual, ...limits };
    const serve = over((socket) => {
      const connection = new Connection(socket, respond, all);
      this.#connections.add(connection);
      socket.once('close', () => this.#connections.delete(connection));
    }, all);
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      serve(socket);
    });
    this.#server.maxConnections = all.connections;
  }

  /** Resolves with the port, chosen by the kernel when 0 was asked for. Rejects when the address cannot be had. */
  async listen({ host, port }: { host: string; port: number }): Promise<number> {
    const listening = Promise.withResolvers<void>();
    this.#server.once('error', listening.reject);
    this.#server.listen({ host, port, reusePort: true, ipv6Only: true }, listening.resolve);
    await listening.promise;
    this.#server.off('error', listening.reject);
    this.#server.on('error', (error) => this.#log.error('tcp listener failed', { host, port, error }));
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : port;
  }

  /** Refuses new connections; resolves when none is open any more. Until then they are served as before. */
  async retire(): Promise<void> {
    // Who has been let in by the kernel is served, too.
    await setImmediate();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Refuses new connections; resolves when each open one has the answers to what it asked, and has ended. */
  async drain(): Promise<void> {
    this.#server.close();
    await Promise.all([...this.#connections].map((connection) => connection.drain()));
  }

  /** Closes the open connections too. */
  async close(): Promise<void> {
    const closed = Promise.withResolvers<void>();
    this.#server.close(() => closed.resolve());
    for (const socket of this.#sockets) socket.destroy();
    await closed.promise;
  }
}

class Connection {
  readonly #socket: Socket;
  readonly #client: Client;
  readonly #respond: Respond;
  readonly #limits: TcpLimits;
  #received: Buffer = Buffer.alloc(0);
  #pending = 0;
  #ended = false;
  #isDraining = false;
  #isBlocked = false;
  /** For the next whole message: a client that sends single octets gets no more time than a silent one. */
  #deadline: NodeJS.Timeout;

  constructor(socket: Socket, respond: Respond, limits: TcpLimits) {
    this.#socket = socket;
    this.#client = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
    this.#respond = respond;
    this.#limits = limits;
    this.#deadline = setTimeout(() => this.#onDeadline(), limits.firstMessageMs);
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    socket.on('end', () => this.#onEnd());
    socket.on('drain', () => this.#onDrain());
    // Resets by the client are its own affair; 'close' follows.
    socket.on('error', () => {});
    socket.once('close', () => clearTimeout(this.#deadline));
  }

  /** Reads no more, and ends when everything that was read is answered. */
  async drain(): Promise<void> {
    const gone = Promise.race([once(this.#socket, 'finish'), once(this.#socket, 'close')]).catch(() => {});
    this.#isDraining = true;
    this.#socket.pause();
    this.#onEnd();
    await gone;
  }

  #onDeadline(): void {
    // Who still waits for an answer is not idle, unless he does not take it.
    if (this.#pending > 0 && !this.#isBlocked) this.#restart(this.#limits.idleMs);
    else this.#socket.destroy();
  }

  #restart(ms: number): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.#onDeadline(), ms);
  }

  #onData(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    this.#readMessages();
  }

  /** Questions that came before the client's end are still answered. */
  #onEnd(): void {
    this.#ended = true;
    this.#finish();
  }

  #onDrain(): void {
    this.#isBlocked = false;
    this.#restart(this.#limits.idleMs);
    this.#readMessages();
    if (this.#mayRead()) this.#socket.resume();
    this.#finish();
  }

  #readMessages(): void {
    let start = 0;
    while (this.#mayRead() && this.#received.length - start >= 2) {
      const end = start + 2 + this.#received.readUInt16BE(start);
      if (end > this.#received.length) break;
      this.#restart(this.#limits.idleMs);
      this.#onMessage(this.#received.subarray(start + 2, end));
      start = end;
    }
    this.#received = this.#received.subarray(start);
    if (!this.#mayRead()) this.#socket.pause();
  }

  #mayRead(): boolean {
    return !this.#isDraining && !this.#isBlocked && this.#pending < this.#limits.pending && !this.#socket.destroyed;
  }

  #onMessage(packet: Buffer): void {
    const response = this.#respond(packet, this.#client, true);
    if (!(response instanceof Promise)) {
      this.#send(response);
      return;
    }
    this.#pending++;
    void response.then((later) => {
      this.#send(later);
      this.#onSent();
    });
  }

  /** One question less waits: another one may be read. */
  #onSent(): void {
    this.#pending--;
    this.#readMessages();
    if (this.#mayRead()) this.#socket.resume();
    this.#finish();
  }

  #send(response: Response | undefined): void {
    if (!response) return;
    if (response instanceof Uint8Array) this.#write(response);
    else void this.#sendAll(response);
  }

  /** Several messages, each made when the client has taken those before. */
  async #sendAll(messages: Iterable<Uint8Array>): Promise<void> {
    this.#pending++;
    for (const message of messages) {
      if (this.#socket.destroyed) break;
      this.#write(message);
      if (this.#isBlocked)
        await Promise.race([once(this.#socket, 'drain'), once(this.#socket, 'close')]).catch(() => {});
      // Other clients' queries come first.
      else await setImmediate();
    }
    this.#onSent();
  }

  #write(message: Uint8Array): void {
    if (this.#socket.destroyed) return;
    const framed = Buffer.allocUnsafe(2 + message.length);
    framed.writeUInt16BE(message.length, 0);
    framed.set(message, 2);
    if (this.#socket.write(framed) || this.#isBlocked) return;
    this.#isBlocked = true;
    this.#restart(this.#limits.writeMs);
  }

  #finish(): void {
    if (this.#ended && this.#pending === 0 && !this.#isBlocked) this.#socket.end();
  }
}
