// Clients that never stop asking, each question after the answer to the one before: by UDP from one port, or from another one
// for each question, as resolvers do; by TCP with a connection for each question, or over one that is never closed. What they
// did not get is told at the end.

import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { setTimeout as setTimer } from 'node:timers';
import { setTimeout } from 'node:timers/promises';
import { decodeMessage, encodeMessage } from '../wire/index.ts';
import { packet, printed } from './cluster.ts';
import { framed } from './upstream.ts';

interface Address {
  readonly host: string;
  readonly port: number;
}

/** An answer that has not come after this never will. */
const lostMs = 5000;
/** The machine has others to serve. */
const pauseMs = 1;
/** Nor are there that many ports. */
const resolverPauseMs = 20;

interface Way {
  /** Rejects when there is no answer. */
  ask(message: Buffer): Promise<Buffer>;
  close(): void;
}

export type WayName = 'udp' | 'resolver' | 'tcp' | 'kept';

export class SteadyClient {
  readonly #way: Way;
  readonly #questions: readonly string[];
  readonly #asking: Promise<void>;
  #isOver = false;
  /** Of those that were answered with NOERROR. */
  answered = 0;
  /** What else came, and what never did. */
  readonly failures: string[] = [];
  /** The last answer to each question, as {@link printed} has it. */
  readonly last = new Map<string, string>();

  private constructor(way: Way, questions: readonly string[]) {
    this.#way = way;
    this.#questions = questions;
    this.#asking = this.#ask();
  }

  static async start(t: TestContext, name: WayName, at: Address, questions: readonly string[]): Promise<SteadyClient> {
    const client = new SteadyClient(await ways[name](at), questions);
    t.after(() => client.#halt());
    return client;
  }

  /** Resolves when the last question is answered. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#asking;
    this.#halt();
  }

  #halt(): void {
    this.#isOver = true;
    this.#way.close();
  }

  async #ask(): Promise<void> {
    for (let id = 0; !this.#isOver; id = (id + 1) & 0xffff) {
      const question = this.#questions[id % this.#questions.length] as string;
      const said = await this.#way.ask(encodeMessage(packet(question, id))).then(
        (response) => (decodeMessage(response).id === id ? printed(response) : 'an answer to another question'),
        (error: Error) => error.message,
      );
      this.last.set(question, said);
      if (said.startsWith('NOERROR')) this.answered++;
      else this.failures.push(`${question}: ${said}`);
      await setTimeout(pauseMs);
    }
  }
}

const ways: Readonly<Record<WayName, (at: Address) => Promise<Way>>> = {
  udp: async (at) => {
    const socket = createSocket('udp4');
    return { ask: (message) => overUdp(socket, at, message), close: () => closed(socket) };
  },
  resolver: async (at) => ({
    ask: async (message) => {
      const socket = await socketOfItsOwn();
      try {
        return await overUdp(socket, at, message);
      } finally {
        socket.close();
        await setTimeout(resolverPauseMs);
      }
    },
    close: () => {},
  }),
  tcp: async ({ host, port }) => ({
    ask: async (message) => {
      const socket = connect({ host, port, noDelay: true });
      try {
        return await overTcp(socket, message);
      } finally {
        socket.destroy();
      }
    },
    close: () => {},
  }),
  kept: async (at) => {
    let socket = await connected(at);
    const ask = async (message: Buffer): Promise<Buffer> => {
      try {
        return await overTcp(socket, message);
      } catch (error) {
        // Whoever loses it has lost one question, and goes on.
        socket.destroy();
        socket = await connected(at).catch(() => socket);
        throw error;
      }
    };
    return { ask, close: () => socket.destroy() };
  },
};

async function connected({ host, port }: Address): Promise<Socket> {
  const socket = connect({ host, port, noDelay: true });
  await once(socket, 'connect');
  // What becomes of it is seen by the next question.
  socket.on('error', () => {});
  return socket;
}

/** Below those that the kernel gives away: none is used twice, as the flow of an earlier question would lead elsewhere. */
let nextPort = 15_000;

async function socketOfItsOwn(): Promise<UdpSocket> {
  for (;;) {
    const socket = createSocket('udp4');
    try {
      await once(socket.bind(nextPort++), 'listening');
      return socket;
    } catch {
      // Somebody else has the port.
      socket.close();
    }
  }
}

function closed(socket: UdpSocket): void {
  try {
    socket.close();
  } catch {
    // It is already.
  }
}

async function overUdp(socket: UdpSocket, { host, port }: Address, message: Buffer): Promise<Buffer> {
  const answer = once(socket, 'message', { signal: AbortSignal.timeout(lostMs) });
  socket.send(message, port, host);
  return (await answer)[0];
}

async function overTcp(socket: Socket, message: Buffer): Promise<Buffer> {
  if (socket.destroyed || socket.readableEnded) throw new Error('the connection was closed before');
  const answer = Promise.withResolvers<Buffer>();
  let received = Buffer.alloc(0);
  const onData = (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    if (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) answer.resolve(received.subarray(2));
  };
  const onClose = () => answer.reject(new Error('the connection was closed'));
  socket.on('data', onData).once('close', onClose).once('error', answer.reject);
  const timer = setTimer(() => answer.reject(new Error('there was no answer')), lostMs);
  try {
    socket.write(framed(message));
    return await answer.promise;
  } finally {
    clearTimeout(timer);
    socket.off('data', onData).off('close', onClose).off('error', answer.reject);
  }
}
