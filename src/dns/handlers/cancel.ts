// An answer that takes too long is given up (directive `cancel`): the client hears SERVFAIL, while it still listens.

import type { Handled, Handler, Request } from '../handler.ts';
import { nothing, Rcode, writeResponse } from '../wire/index.ts';

export class Cancelled implements Handler {
  readonly name: string;
  readonly #inner: Handler;
  readonly #timeoutMs: number;

  constructor(inner: Handler, timeoutMs: number) {
    this.name = inner.name;
    this.#inner = inner;
    this.#timeoutMs = timeoutMs;
  }

  handle(request: Request): Handled | Promise<Handled> {
    const handled = this.#inner.handle(request);
    return handled instanceof Promise ? this.#inTime(request, handled) : handled;
  }

  async #inTime({ query, limit }: Request, handled: Promise<Handled>): Promise<Handled> {
    const late = Promise.withResolvers<Handled>();
    const timer = setTimeout(
      () => late.resolve(writeResponse(query, Rcode.SERVFAIL, 0, nothing, limit)),
      this.#timeoutMs,
    );
    try {
      return await Promise.race([handled, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}
