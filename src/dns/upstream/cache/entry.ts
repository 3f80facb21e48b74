// One message that is kept, ready to be given: only its TTLs change, at places that are known since it came.

import { Flag, type Outline } from '../../wire/index.ts';
import type { Inquiry } from '../relay.ts';
import type { Lifetime } from './lifetime.ts';

/** As TTLs are shown: a record is never gone before 1 was shown. */
export const seconds = (ms: number): number => Math.ceil(ms / 1000);

export class Entry {
  /** What brought it, and renews it. */
  readonly inquiry: Inquiry;
  readonly lifetime: Lifetime;
  /** That it began with. */
  readonly ttl: number;
  /** What it holds in memory, in octets, apart from what every entry costs. */
  readonly size: number;
  /** Since the cache last looked for something to give up. */
  isAsked = false;
  /** For how often it was asked without a pause. */
  hits = 0;
  lastHitAt = 0;
  /** Under way: nobody else tries meanwhile. Undefined in the end when it failed. */
  renewal: Promise<Buffer | undefined> | undefined;
  /** After a renewal that failed; in the clock's milliseconds. */
  retryAt = 0;

  readonly #message: Buffer;
  readonly #ttls: readonly number[];
  readonly #storedAt: number;
  #shownTtl: number;

  /** @param reply to the inquiry; it is copied. @param now the clock's milliseconds. */
  constructor(inquiry: Inquiry, reply: Buffer, outline: Outline, lifetime: Lifetime, now: number) {
    this.inquiry = inquiry;
    this.lifetime = lifetime;
    this.ttl = seconds(lifetime.ms);
    this.#ttls = outline.heads.map((head) => head + 4);
    this.#storedAt = now;
    this.#shownTtl = this.ttl;
    this.#message = copied(reply, outline);
    this.#patch(this.#shownTtl);
    this.size = this.#message.length + 8 * this.#ttls.length;
  }

  /** The reply as whoever waited for it gets it: as it came, but for the TTL that it is kept with. */
  asCame(): Buffer {
    return Buffer.from(this.#message);
  }

  /**
   * The message with that TTL in every record. Some resolvers of old listen only to answers with AA, so CoreDNS sets it on
   * everything that comes out of its cache (spec/dns.md §3). Valid until it is called again.
   */
  message(ttl: number): Buffer {
    this.#message[2] = (this.#message[2] as number) | (Flag.AA >> 8);
    if (ttl !== this.#shownTtl) this.#patch(ttl);
    return this.#message;
  }

  /** Milliseconds; 0 or less: it is stale. When the clock was set back nobody knows how old it is. */
  left(now: number): number {
    return now < this.#storedAt ? Number.NEGATIVE_INFINITY : this.#storedAt + this.lifetime.ms - now;
  }

  ttlLeft(now: number): number {
    return seconds(this.left(now));
  }

  #patch(ttl: number): void {
    for (const at of this.#ttls) this.#message.writeUInt32BE(ttl, at);
    this.#shownTtl = ttl;
  }
}

/**
 * The reply without its OPT record, which is between the upstream server and us (RFC 6891 §6.2.3). In memory of its own: a
 * slice of a shared block would keep the whole block.
 */
function copied(reply: Buffer, outline: Outline): Buffer {
  const { questionEnd, ends, answers, authorities } = outline;
  const message = Buffer.allocUnsafeSlow(ends.at(-1) ?? questionEnd);
  reply.copy(message);
  message.writeUInt16BE(ends.length - answers - authorities, 10);
  return message;
}
