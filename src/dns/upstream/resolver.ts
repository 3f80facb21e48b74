// What a forwarder is to those who use it, and a cache in front of it too: a question for other servers in, their answer
// out.

import type { Inquiry } from './relay.ts';

/**
 * A server's whole message, whose octets must not be changed, and which a cache may change when it answers again: use it at
 * once. Or, when there is none to be had, the rcode to tell the client: SERVFAIL when no server answered, REFUSED when too
 * many questions wait already.
 */
export type Answer = Buffer | number;

export interface Resolver {
  /** At once when the answer is known. Never rejects. */
  resolve(inquiry: Inquiry): Answer | Promise<Answer>;
}
