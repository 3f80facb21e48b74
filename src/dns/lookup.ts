// Another name, looked up on the way to an answer: where an ExternalName Service leads, what a search path tries. It is
// asked of this server's own routes, so it is found wherever a client would find it (spec/dns.md §1.7, §7).

import type { Request } from './handler.ts';
import type { Routes } from './routes.ts';
import { decodeMessage, FormatError, keyOf, type Message, maxMessage, type Name, renamed } from './wire/index.ts';

/** Aliases of several server blocks may lead to each other. */
const maxDepth = 8;

export class Lookup {
  readonly #routes: () => Routes;

  /** @param routes called for every lookup, because the routes are made after the handlers that look up. */
  constructor(routes: () => Routes) {
    this.#routes = routes;
  }

  /** Whether there is anybody to ask for the name. */
  isServed(name: Name): boolean {
    return this.#routes().chainOf(keyOf(name)) !== undefined;
  }

  /**
   * The whole response to the request's question with another name. Undefined when nobody has one. Rejects as handlers
   * do.
   */
  async response(request: Request, name: Name): Promise<Uint8Array | undefined> {
    if (request.depth >= maxDepth) return undefined;
    const { client, isTcp, depth } = request;
    const { edns } = request.query;
    // The answer is taken apart: signatures over it would be of no use.
    const query = renamed({ ...request.query, edns: edns && { ...edns, dnssecOk: false } }, name);
    const answered = await this.#routes().answer({ query, client, isTcp, limit: maxMessage, depth: depth + 1 });
    return answered?.response instanceof Uint8Array ? answered.response : undefined;
  }

  /** The same, read. */
  async message(request: Request, name: Name): Promise<Message | undefined> {
    try {
      const response = await this.response(request, name);
      return response && decodeMessage(response);
    } catch (error) {
      if (error instanceof FormatError) return undefined;
      throw error;
    }
  }
}
