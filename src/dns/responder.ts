// A packet in, a response out: what is answered without asking a server block, and who is told of it (spec/dns.md §3).
// Synchronous for everything that the handlers know; a promise only when another server has to be asked.

import { createLogger, type Logger } from '#lib/log.ts';
import type { Answered, Chain } from './chain.ts';
import type { Client, Request, Response } from './handler.ts';
import type { Routes } from './routes.ts';
import { nothing, plainUdpSize, Rcode, readQuery, sizeLimit, writeRefusal, writeResponse } from './wire/index.ts';

/** Told of every packet: metrics, the query log. Must not throw. */
export interface Observer {
  /** @param startedAt as performance.now() tells it. */
  onAnswer(request: Request, chain: Chain, answered: Answered, startedAt: number): void;
  /** A packet that no server block was asked for; without `rcode` it was met with silence. */
  onDropped(client: Client, isTcp: boolean, rcode: number | undefined): void;
  /** A handler failed; the client gets SERVFAIL. */
  onFault(request: Request, error: unknown): void;
}

export interface ResponderParts {
  readonly routes: Routes;
  readonly observer?: Observer | undefined;
  readonly log?: Logger;
}

export class Responder {
  readonly #routes: Routes;
  readonly #observer: Observer | undefined;
  readonly #log: Logger;

  constructor({ routes, observer, log = createLogger('dns') }: ResponderParts) {
    this.#routes = routes;
    this.#observer = observer;
    this.#log = log;
  }

  /** Undefined: say nothing. Never throws and never rejects, whatever the packet. */
  respond(packet: Buffer, client: Client, isTcp: boolean): Response | undefined | Promise<Response | undefined> {
    const startedAt = performance.now();
    const query = readQuery(packet);
    if (query === undefined || typeof query === 'number') {
      this.#observer?.onDropped(client, isTcp, query);
      return query === undefined ? undefined : writeRefusal(packet, query);
    }
    const chain = this.#routes.chainOf(query.key);
    const limit = sizeLimit(query, isTcp, chain?.udpCap ?? plainUdpSize);
    const isUnknownVersion = query.edns !== undefined && query.edns.version > 0;
    if (isUnknownVersion || !chain) {
      const rcode = isUnknownVersion ? Rcode.BADVERS : Rcode.REFUSED;
      this.#observer?.onDropped(client, isTcp, rcode);
      return writeResponse(query, rcode, 0, nothing, limit);
    }
    const request: Request = { query, client, isTcp, limit, depth: 0 };
    const answered = this.#ask(chain, request);
    if (answered instanceof Promise) return answered.then((later) => this.#told(request, chain, later, startedAt));
    return this.#told(request, chain, answered, startedAt);
  }

  #told(request: Request, chain: Chain, answered: Answered, startedAt: number): Response {
    this.#observer?.onAnswer(request, chain, answered, startedAt);
    return answered.response;
  }

  #ask(chain: Chain, request: Request): Answered | Promise<Answered> {
    try {
      const answered = chain.answer(request);
      return answered instanceof Promise ? answered.catch((error) => this.#failed(request, error)) : answered;
    } catch (error) {
      return this.#failed(request, error);
    }
  }

  /** A fault of ours, met by one packet, must not end the service for all others. */
  #failed(request: Request, error: unknown): Answered {
    this.#log.error('cannot answer a query', { error });
    this.#observer?.onFault(request, error);
    return { response: writeResponse(request.query, Rcode.SERVFAIL, 0, nothing, request.limit), by: '' };
  }
}
