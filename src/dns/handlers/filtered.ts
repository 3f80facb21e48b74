// Around a handler: its responses are changed on their way out.

import type { Handled, Handler, Request } from '../handler.ts';

/** What becomes of a response; it may be changed in place. Not called for zone transfers. */
export type Change = (request: Request, response: Buffer) => Buffer;

export class Filtered implements Handler {
  readonly name: string;
  readonly #inner: Handler;
  readonly #change: Change;

  constructor(inner: Handler, change: Change) {
    this.name = inner.name;
    this.#inner = inner;
    this.#change = change;
  }

  handle(request: Request): Handled | Promise<Handled> {
    const handled = this.#inner.handle(request);
    if (handled instanceof Promise) return handled.then((later) => this.#changed(request, later));
    return this.#changed(request, handled);
  }

  #changed(request: Request, handled: Handled): Handled {
    return Buffer.isBuffer(handled) && handled.length > 0 ? this.#change(request, handled) : handled;
  }
}
