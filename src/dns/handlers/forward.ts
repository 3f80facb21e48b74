// Names that are asked of other servers (directive `forward`). Messages are passed on octet for octet; what is between
// here and there, cache, choice of server, transport, is the resolver's.

import type { Handled, Handler, Request } from '../handler.ts';
import type { FailureObserver } from '../observer.ts';
import { inquiryOf, writeReply } from '../upstream/relay.ts';
import type { Answer, Resolver } from '../upstream/resolver.ts';
import { Flag, isZoneTransfer, type Name, nothing, Rcode, writeResponse } from '../wire/index.ts';

export class ForwardHandler implements Handler {
  readonly name = 'forward';
  readonly #resolver: Resolver;
  readonly #takes: (name: Name) => boolean;
  readonly #failures: FailureObserver | undefined;

  /** @param takes which names are forwarded, given in lower case; all when absent. */
  constructor(resolver: Resolver, takes: (name: Name) => boolean = () => true, failures?: FailureObserver) {
    this.#resolver = resolver;
    this.#takes = takes;
    this.#failures = failures;
  }

  handle(request: Request): Handled | Promise<Handled> {
    const { query, isTcp, limit } = request;
    if (!this.#takes(query.key)) return undefined;
    // A transfer is more than one message, and others' zones are not ours to give away.
    if (isZoneTransfer(query.type)) return writeResponse(query, Rcode.REFUSED, 0, nothing, limit);
    const answer = this.#resolver.resolve(inquiryOf(query, isTcp));
    if (answer instanceof Promise) return answer.then((later) => this.#respond(request, later));
    return this.#respond(request, answer);
  }

  #respond({ query, isTcp, limit }: Request, answer: Answer): Uint8Array {
    if (Buffer.isBuffer(answer)) return writeReply(query, answer, isTcp, limit);
    const { rcode, reason } = answer;
    this.#failures?.onFailure(query, rcode, reason);
    return writeResponse(query, rcode, rcode === Rcode.REFUSED ? 0 : Flag.RA, nothing, limit);
  }
}
