// One UDP socket. The usual query is answered inside the packet's own callback: no promise, no address look-up, no
// callback for the send.

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import type { Logger } from '#lib/log.ts';
import type { Response } from '../handler.ts';
import { numericLookup } from '../numeric-lookup.ts';
import type { Respond } from './site.ts';

/** Bursts wait in the kernel, not in a queue of ours. The kernel grants less when its own limit is lower. */
const receiveBuffer = 4 * 1024 * 1024;

/** RFC 863: nobody sends from it. */
const discardPort = 9;

export class UdpListener {
  readonly #respond: Respond;
  readonly #log: Logger;
  readonly #socket: Socket;
  readonly #address: { host: string; port: number };
  /** Questions whose answers come later. */
  #pending = 0;
  #onIdle: (() => void) | undefined;
  #isAside = false;
  /** Whether nothing came since this was set. */
  #isQuiet = false;

  constructor(parts: { respond: Respond; log: Logger }, address: { host: string; port: number }) {
    this.#respond = parts.respond;
    this.#log = parts.log;
    this.#address = address;
    this.#socket = createSocket({
      type: isIPv6(address.host) ? 'udp6' : 'udp4',
      recvBufferSize: receiveBuffer,
      ipv6Only: isIPv6(address.host),
      reusePort: true,
      lookup: numericLookup,
    });
  }

  /** Rejects when the address cannot be had. */
  async listen(): Promise<void> {
    const { host, port } = this.#address;
    const bound = Promise.withResolvers<void>();
    this.#socket.once('error', bound.reject);
    this.#socket.bind({ address: host, port }, bound.resolve);
    await bound.promise;
    this.#socket.off('error', bound.reject);
    this.#socket.on('error', (error) => this.#log.error('udp socket failed', { host, port, error }));
    this.#socket.on('message', (packet, peer) => this.#onPacket(packet, peer));
  }

  /**
   * Leaves what comes from now on to other sockets at the address, if there are any; resolves when all that came before is
   * answered.
   */
  async retire(): Promise<void> {
    this.#isAside = true;
    this.#stepAside();
    do {
      this.#isQuiet = true;
      // What the kernel has for us is read meanwhile.
      await setImmediate();
      await this.#answered();
    } while (!this.#isQuiet);
  }

  /** Resolves when there is an answer to every question so far; others are answered all the same, until it is closed. */
  async drain(): Promise<void> {
    await setImmediate();
    await this.#answered();
  }

  async close(): Promise<void> {
    const closed = Promise.withResolvers<void>();
    this.#socket.close(() => closed.resolve());
    await closed.promise;
  }

  async #answered(): Promise<void> {
    const idle = Promise.withResolvers<void>();
    this.#onIdle = idle.resolve;
    if (this.#pending > 0) await idle.promise;
  }

  /** A socket that is connected gets packets of its peer alone, and there is none. */
  #stepAside(): void {
    const { host } = this.#address;
    this.#socket.connect(discardPort, host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host);
  }

  /** For as long as it takes to send: the system call is made here and now. */
  #stepBack(): void {
    try {
      this.#socket.disconnect();
    } catch {
      // It could not be connected.
    }
  }

  #onPacket(packet: Buffer, peer: RemoteInfo): void {
    this.#isQuiet = false;
    // Port 0 cannot be answered; only a forger sends from it.
    if (peer.port === 0) return;
    const response = this.#respond(packet, peer, false);
    if (response instanceof Promise) void this.#sendLater(response, peer);
    else this.#send(response, peer, false);
  }

  async #sendLater(response: Promise<Response | undefined>, peer: RemoteInfo): Promise<void> {
    this.#pending++;
    this.#send(await response, peer, true);
    this.#pending--;
    if (this.#pending === 0) this.#onIdle?.();
  }

  #send(response: Response | undefined, peer: RemoteInfo, isLate: boolean): void {
    // A zone transfer is refused by UDP; there is nothing else of several messages.
    if (!(response instanceof Uint8Array)) return;
    try {
      if (this.#isAside) this.#stepBack();
      this.#socket.send(response, 0, response.length, peer.port, peer.address);
      if (this.#isAside) this.#stepAside();
    } catch (error) {
      // The socket may have been closed while another server was asked.
      if (!isLate) this.#log.warn('cannot send response', { peer: peer.address, error });
    }
  }
}
