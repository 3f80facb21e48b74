// The handlers of one server block, in the order in which they are asked, for one zone (spec/dns.md §2, rule 1).

import type { Handled, Handler, Request, Response } from './handler.ts';
import type { FailureObserver, Observer } from './observer.ts';
import { isInternet, keyOf, type Name, nothing, Rcode, writeResponse } from './wire/index.ts';

/** A response and who gave it. */
export interface Answered {
  readonly response: Response;
  /** A handler's name; empty when none had an answer. */
  readonly by: string;
}

/** Larger ones would be cut into more fragments than many paths let through; such a client asks again by TCP. */
const usualUdpCap = 4096;

export interface ChainOptions {
  readonly udpCap?: number | undefined;
  readonly observers?: readonly Observer[];
  /** Told of queries that no handler has an answer to. */
  readonly failures?: FailureObserver | undefined;
}

export class Chain {
  /** In lower case. */
  readonly zone: Name;
  /** The largest response by UDP, whatever size the client advertises: octets. */
  readonly udpCap: number;
  /** Told of what clients asked, not of what is looked up on the way to an answer. */
  readonly observers: readonly Observer[];
  readonly #handlers: readonly Handler[];
  readonly #failures: FailureObserver | undefined;

  constructor(zone: Name, handlers: readonly Handler[], options: ChainOptions = {}) {
    const { udpCap = usualUdpCap, observers = [], failures } = options;
    this.zone = keyOf(zone);
    this.#failures = failures;
    this.udpCap = udpCap;
    this.observers = observers;
    this.#handlers = handlers;
  }

  answer(request: Request): Answered | Promise<Answered> {
    return this.#from(0, request);
  }

  #from(first: number, request: Request): Answered | Promise<Answered> {
    for (let i = first; i < this.#handlers.length; i++) {
      const handler = this.#handlers[i] as Handler;
      const handled = handler.handle(request);
      if (handled instanceof Promise) return this.#later(handled, i, request);
      if (handled) return { response: handled, by: handler.name };
    }
    const rcode = isInternet(request.query) ? Rcode.SERVFAIL : Rcode.REFUSED;
    this.#failures?.onFailure(request.query, rcode, 'no directive of the server block has an answer');
    return { response: writeResponse(request.query, rcode, 0, nothing, request.limit), by: '' };
  }

  async #later(promise: Promise<Handled>, at: number, request: Request): Promise<Answered> {
    const handled = await promise;
    if (handled) return { response: handled, by: (this.#handlers[at] as Handler).name };
    return this.#from(at + 1, request);
  }
}
