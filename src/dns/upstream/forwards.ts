// The `forward`s of one server block: the longest zone that a name lies in decides (spec/dns.md §8).

import type { ForwardSettings } from '../config/settings.ts';
import { isWithin, type Name, Rcode, rcodeOf } from '../wire/index.ts';
import type { Inquiry } from './relay.ts';
import type { Answer, Resolver } from './resolver.ts';

export interface Forward extends Pick<ForwardSettings, 'zone' | 'except' | 'next'> {
  readonly resolver: Resolver & {
    /** Addresses of the servers that are asked. */
    readonly servers: readonly string[];
  };
}

export class Forwards implements Resolver {
  readonly #inOrder: readonly Forward[];

  constructor(forwards: readonly Forward[]) {
    this.#inOrder = [...forwards].sort((a, b) => b.zone.length - a.zone.length);
  }

  /** Whether there is anybody to ask. @param name in lower case. */
  takes(name: Name): boolean {
    return this.#inOrder.some((forward) => takes(forward, name));
  }

  /** Addresses of those who may be asked for a name. */
  serversFor(name: Name): readonly string[] {
    const servers = this.#inOrder.flatMap((forward) => (takes(forward, name) ? forward.resolver.servers : []));
    return [...new Set(servers)];
  }

  /** SERVFAIL for a name that none takes. */
  resolve(inquiry: Inquiry): Answer | Promise<Answer> {
    return this.#first(
      this.#inOrder.filter((forward) => takes(forward, inquiry.name)),
      inquiry,
    );
  }

  #first([forward, ...others]: readonly Forward[], inquiry: Inquiry): Answer | Promise<Answer> {
    if (!forward) return { rcode: Rcode.SERVFAIL, reason: 'there is no server to ask for this name' };
    const answer = forward.resolver.resolve(inquiry);
    return forward.next.length > 0 && others.length > 0 ? this.#unless(forward.next, answer, others, inquiry) : answer;
  }

  /** Property `next`: with such an answer a name is passed on to the next `forward` that takes it. */
  async #unless(
    rcodes: readonly number[],
    answer: Answer | Promise<Answer>,
    others: readonly Forward[],
    inquiry: Inquiry,
  ): Promise<Answer> {
    const first = await answer;
    const isPassedOn = Buffer.isBuffer(first) && rcodes.includes(rcodeOf(first.readUInt16BE(2)));
    return isPassedOn ? await this.#first(others, inquiry) : first;
  }
}

/** A zone itself cannot be excepted from it. */
const takes = ({ zone, except }: Forward, name: Name): boolean =>
  isWithin(name, zone) && (name === zone || !except.some((excepted) => isWithin(name, excepted)));
