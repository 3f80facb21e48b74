// A packet in, a response out: what is answered without asking a server block, and who is told of it (spec/dns.md §3).
// Synchronous for everything that the handlers know; a promise only when another server has to be asked.

import { createLogger, type Logger } from '#lib/log.ts';
import type { Answered, Chain } from './chain.ts';
import { type Client, type Request, type Response, silence } from './handler.ts';
import type { PacketObserver } from './observer.ts';
import type { Routes } from './routes.ts';
import { nothing, plainUdpSize, Rcode, readQuery, sizeLimit, writeRefusal, writeResponse } from './wire/index.ts';

export interface ResponderParts {
  readonly routes: Routes;
  readonly observer?: PacketObserver | undefined;
  readonly log?: Logger;
}

export class Responder {
  readonly #routes: Routes;
  readonly #observer: PacketObserver | undefined;
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
      const response = query === undefined ? undefined : writeRefusal(packet, query);
      this.#observer?.onDropped?.({ packet, query: undefined, client, isTcp, response }, performance.now() - startedAt);
      return response;
    }
    const chain = this.#routes.chainOf(query.key);
    const limit = sizeLimit(query, isTcp, chain?.udpCap ?? plainUdpSize);
    const isUnknownVersion = query.edns !== undefined && query.edns.version > 0;
    if (isUnknownVersion || !chain) {
      const response = writeResponse(query, isUnknownVersion ? Rcode.BADVERS : Rcode.REFUSED, 0, nothing, limit);
      this.#observer?.onDropped?.({ packet, query, client, isTcp, response }, performance.now() - startedAt);
      return response;
    }
    const request: Request = { query, client, isTcp, limit, depth: 0 };
    const answered = this.#ask(chain, request);
    if (answered instanceof Promise) return answered.then((later) => this.#told(request, chain, later, startedAt));
    return this.#told(request, chain, answered, startedAt);
  }

  #told(request: Request, chain: Chain, answered: Answered, startedAt: number): Response | undefined {
    if (answered.response === silence) {
      const { query, client, isTcp } = request;
      const dropped = { packet: query.packet, query, client, isTcp, response: undefined };
      this.#observer?.onDropped?.(dropped, performance.now() - startedAt);
      return undefined;
    }
    tell(request, chain, answered, startedAt);
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
    this.#observer?.onFault?.();
    return { response: writeResponse(request.query, Rcode.SERVFAIL, 0, nothing, request.limit), by: '' };
  }
}

function tell(request: Request, { observers }: Chain, answered: Answered, startedAt: number): void {
  if (observers.length === 0) return;
  const ms = performance.now() - startedAt;
  for (const observer of observers) observer.onAnswer(request, answered, ms);
}
