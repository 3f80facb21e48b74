// What is open between us and one server: a UDP socket, or a connection by TCP, TLS or HTTPS. Several questions may be under
// way on it at once; replies come in any order.

import type { Inquiry } from './relay.ts';

export interface Connection {
  /**
   * Resolves with a message that answers this very question; what it says is not looked at. Rejects with NoReply,
   * OtherQuestion, ConnectionClosed, or the error of a system call.
   */
  ask(inquiry: Inquiry, timeoutMs: number): Promise<Buffer>;
  /** Questions under way are rejected with ConnectionClosed. */
  close(): void;
}

export interface Opening {
  /** How long it may take. */
  readonly timeoutMs: number;
  /** To be called once when an open connection ends, from either side, or for other reasons takes no more questions. */
  readonly onEnd: () => void;
}

export type Open = (opening: Opening) => Promise<Connection>;

/** The connection ended, whatever was asked. One that had been idle may have been closed by the server all along. */
export class ConnectionClosed extends Error {}

/** Nothing came in time. */
export class NoReply extends Error {
  constructor(timeoutMs: number) {
    super(`no reply within ${Math.ceil(timeoutMs)} ms`);
  }
}

/** A reply under the right id, but to something that was not asked. */
export class OtherQuestion extends Error {
  constructor() {
    super('the reply is to another question');
  }
}
