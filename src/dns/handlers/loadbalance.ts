// Addresses in another order in every response (directive `loadbalance`, spec/dns.md §3): around the handlers whose answers
// come from elsewhere. The cluster's own turn theirs as they are written.

import { type Cidr, contains } from '#lib/cidr.ts';
import type { LoadBalanceSettings } from '../config/settings.ts';
import type { Handled, Handler, Request } from '../handler.ts';
import { FormatError, shuffleAddresses } from '../wire/index.ts';

export class LoadBalanced implements Handler {
  readonly name: string;
  readonly #inner: Handler;
  readonly #isPreferred: ((address: Buffer) => boolean) | undefined;

  constructor(inner: Handler, { prefer }: LoadBalanceSettings) {
    this.name = inner.name;
    this.#inner = inner;
    this.#isPreferred = prefer.length > 0 ? (address) => prefer.some((range) => isIn(address, range)) : undefined;
  }

  handle(request: Request): Handled | Promise<Handled> {
    const handled = this.#inner.handle(request);
    return handled instanceof Promise ? handled.then((later) => this.#shuffled(later)) : this.#shuffled(handled);
  }

  #shuffled(handled: Handled): Handled {
    if (!Buffer.isBuffer(handled)) return handled;
    try {
      shuffleAddresses(handled, this.#isPreferred);
    } catch (error) {
      // Somebody else's message, passed on as it came.
      if (!(error instanceof FormatError)) throw error;
    }
    return handled;
  }
}

const isIn = (octets: Buffer, range: Cidr): boolean => {
  const family = octets.length === 4 ? 'IPv4' : 'IPv6';
  return family === range.family && contains(range, { family, value: BigInt(`0x${octets.toString('hex')}`) });
};
