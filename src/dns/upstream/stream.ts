// A connection by TCP (RFC 7766) or TLS (RFC 7858) to one server: messages behind their length, many questions under way at
// once.

import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type SecureContextOptions } from 'node:tls';
import { type Connection, ConnectionClosed, type Opening } from './connection.ts';
import { Pending } from './pending.ts';
import type { Inquiry } from './relay.ts';
import type { Nameserver } from './resolv-conf.ts';

export function openTcp({ host, port }: Nameserver, opening: Opening): Promise<Connection> {
  return opened(connectTcp({ host, port, noDelay: true }), 'connect', opening);
}

export interface TlsServer extends Nameserver {
  /** What the certificate must be for; the address when absent. */
  readonly serverName?: string | undefined;
}

/** Rejects when the server's certificate is not one that we trust for it. */
export function openTls(
  { host, port, serverName }: TlsServer,
  credentials: SecureContextOptions,
  opening: Opening,
): Promise<Connection> {
  const socket = connectTls({ host, port, ...secure(serverName, credentials), ALPNProtocols: ['dot'] });
  socket.setNoDelay(true);
  return opened(socket, 'secureConnect', opening);
}

/** An address is no server name that could be told to the server (RFC 6066 §3); it is checked all the same. */
export const secure = (serverName: string | undefined, credentials: SecureContextOptions) => ({
  ...credentials,
  minVersion: 'TLSv1.2' as const,
  ...(serverName !== undefined && isIP(serverName) === 0 && { servername: serverName }),
});

async function opened(socket: Socket, event: string, { timeoutMs, onEnd }: Opening): Promise<Connection> {
  const connected = Promise.withResolvers<void>();
  const timer = setTimeout(() => socket.destroy(new Error(`no connection within ${timeoutMs} ms`)), timeoutMs);
  socket.once(event, connected.resolve);
  socket.once('error', connected.reject);
  socket.once('close', () => connected.reject(new ConnectionClosed('the server closed the connection')));
  try {
    await connected.promise;
  } finally {
    clearTimeout(timer);
  }
  return new StreamConnection(socket, onEnd);
}

class StreamConnection implements Connection {
  readonly #socket: Socket;
  readonly #pending = new Pending();
  readonly #send = (message: Buffer) => this.#socket.write(framed(message));
  /** The beginning of a message whose rest is to come: less than 65537 octets. */
  #received: Buffer = Buffer.alloc(0);

  constructor(socket: Socket, onEnd: () => void) {
    this.#socket = socket;
    let cause: Error | undefined;
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    socket.on('error', (error) => {
      cause = error;
    });
    // Who will say no more has closed for us: there is nothing to ask on half a connection.
    socket.on('end', () => socket.destroy());
    socket.on('close', () => {
      this.#pending.fail(new ConnectionClosed('the server closed the connection', { cause }));
      onEnd();
    });
  }

  ask(inquiry: Inquiry, timeoutMs: number): Promise<Buffer> {
    if (this.#socket.destroyed) return Promise.reject(new ConnectionClosed('the connection is closed'));
    return this.#pending.ask(inquiry, timeoutMs, this.#send);
  }

  close(): void {
    this.#socket.destroy();
  }

  #onData(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    let start = 0;
    try {
      while (this.#received.length - start >= 2) {
        const end = start + 2 + this.#received.readUInt16BE(start);
        if (end > this.#received.length) break;
        this.#pending.receive(this.#received.subarray(start + 2, end));
        start = end;
      }
    } catch (error) {
      this.#socket.destroy(error as Error);
    }
    this.#received = this.#received.subarray(start);
  }
}

function framed(message: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(2 + message.length);
  frame.writeUInt16BE(message.length, 0);
  message.copy(frame, 2);
  return frame;
}
