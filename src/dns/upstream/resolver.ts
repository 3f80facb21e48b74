// What a forwarder is to those who use it, and a cache in front of it too: a question for other servers in, their answer
// out.

import type { Inquiry } from './relay.ts';

/** Why there is no message, and what the client is told: SERVFAIL when no server answered, REFUSED when too many wait. */
export interface Failure {
  readonly rcode: number;
  /** For the log. */
  readonly reason: string;
}

/**
 * A server's whole message, whose octets must not be changed, and which a cache may change when it answers again: use it at
 * once. Or why there is none.
 */
export type Answer = Buffer | Failure;

export interface Resolver {
  /** At once when the answer is known. Never rejects. */
  resolve(inquiry: Inquiry): Answer | Promise<Answer>;
}
