// The questions under way on one connection, by id. Ids are random, and what does not answer the very question is not
// listened to (RFC 5452 §9).

import { randomInt } from 'node:crypto';
import { headerSize, isReplyTo, questionSize } from '../wire/index.ts';
import { NoReply, OtherQuestion } from './connection.ts';
import { type Inquiry, writeInquiry } from './relay.ts';

interface Waiting {
  readonly message: Buffer;
  readonly questionEnd: number;
  readonly timer: NodeJS.Timeout;
  readonly resolve: (reply: Buffer) => void;
  readonly reject: (error: Error) => void;
}

/** Leaves most of the 65536 ids free, so that a free one is found at once and a forger has to guess. */
const maxPending = 8192;
/** Messages that nobody waits for. Some are late replies; who sends more than this is guessing ids. */
const maxStrangers = 100;

export class Pending {
  readonly #waiting = new Map<number, Waiting>();
  #strangers = 0;

  /** Rejects when there is no reply in time, when it is to another question, and with what {@link fail} is given. */
  ask(inquiry: Inquiry, timeoutMs: number, send: (message: Buffer) => void): Promise<Buffer> {
    if (this.#waiting.size >= maxPending) return Promise.reject(new Error(`${maxPending} questions are under way`));
    const id = this.#freeId();
    const message = writeInquiry(inquiry, id);
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    const timer = setTimeout(() => this.#take(id)?.reject(new NoReply(timeoutMs)), timeoutMs);
    const questionEnd = headerSize + questionSize(inquiry.name);
    this.#waiting.set(id, { message, questionEnd, timer, resolve, reject });
    try {
      send(message);
    } catch (error) {
      this.#take(id)?.reject(error as Error);
    }
    return promise;
  }

  /** A message came. Throws when too many came that nobody waits for: the connection cannot be trusted any more. */
  receive(message: Buffer): void {
    const waiting = message.length >= headerSize ? this.#take(message.readUInt16BE(0)) : undefined;
    if (!waiting) {
      if (++this.#strangers > maxStrangers) throw new Error(`${maxStrangers} replies to nothing that was asked`);
    } else if (isReplyTo(message, waiting.message, waiting.questionEnd)) waiting.resolve(message);
    else waiting.reject(new OtherQuestion());
  }

  /** Nothing will come any more. */
  fail(error: Error): void {
    for (const id of this.#waiting.keys()) this.#take(id)?.reject(error);
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    clearTimeout(waiting?.timer);
    return waiting;
  }

  #freeId(): number {
    for (;;) {
      const id = randomInt(65536);
      if (!this.#waiting.has(id)) return id;
    }
  }
}
