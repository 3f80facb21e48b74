// A DNS client for single questions over UDP.

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { decodeMessage, encodeMessage, type Message, parseName, queryMessage } from '#dns/wire/index.ts';

interface Open {
  readonly resolve: (answer: Message | undefined) => void;
  readonly timer: NodeJS.Timeout;
}

export class Asker {
  readonly #socket: Socket;
  readonly #open = new Map<number, Open>();
  #lastId = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('message', (packet) => {
      const message = decodeMessage(packet);
      this.#settle(message.id, message);
    });
  }

  static async to(port: number): Promise<Asker> {
    const socket = createSocket('udp4');
    socket.connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new Asker(socket);
  }

  /** Undefined when there is no answer in time. */
  ask(name: string, type: number, timeoutMs = 1000): Promise<Message | undefined> {
    this.#lastId = (this.#lastId + 1) & 0xffff;
    const id = this.#lastId;
    return new Promise((resolve) => {
      this.#open.set(id, { resolve, timer: setTimeout(() => this.#settle(id, undefined), timeoutMs) });
      this.#socket.send(encodeMessage(queryMessage(id, parseName(name), type)));
    });
  }

  #settle(id: number, answer: Message | undefined): void {
    const open = this.#open.get(id);
    if (!open) return;
    this.#open.delete(id);
    clearTimeout(open.timer);
    open.resolve(answer);
  }

  close(): void {
    this.#socket.close();
  }
}
