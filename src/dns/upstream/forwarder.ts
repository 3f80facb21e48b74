// Names that are not ours, asked of the host's resolvers in their order (spec/dns.md §8). Equal questions that are under
// way share one exchange; the number of waiting clients is bounded. Nothing is cached.

import { randomInt } from 'node:crypto';
import type { Logger } from '#lib/log.ts';
import { headerSize, questionSize, Rcode } from '../wire/index.ts';
import { type Exchange, exchangeTcp, exchangeUdp } from './exchange.ts';
import { type Inquiry, inquiryKey, isIncomplete, writeInquiry } from './relay.ts';
import type { Nameserver } from './resolv-conf.ts';
import type { Answer, Resolver } from './resolver.ts';

export interface ForwarderOptions {
  /** One try. */
  readonly tryMs: number;
  /** All tries of one question. */
  readonly totalMs: number;
  /** Clients that wait; further ones are refused at once. */
  readonly maxPending: number;
}
const usual: ForwarderOptions = { tryMs: 2000, totalMs: 5000, maxPending: 1000 };

/** A server that did not answer is asked last for this long, so that not every client waits for it. */
const distrustMs = 10_000;
const minTries = 3;

const keyOfServer = ({ host, port }: Nameserver): string => `${host} ${port}`;

export class Forwarder implements Resolver {
  readonly #servers: () => readonly Nameserver[];
  readonly #log: Logger;
  readonly #options: ForwarderOptions;
  readonly #underWay = new Map<string, Promise<Buffer | undefined>>();
  readonly #distrusted = new Map<string, number>();
  #pending = 0;

  /** @param parts.servers called for every question: the list may change, be empty, and must leave out ourselves. */
  constructor(parts: { servers: () => readonly Nameserver[]; log: Logger }, options: Partial<ForwarderOptions> = {}) {
    this.#servers = parts.servers;
    this.#log = parts.log;
    this.#options = { ...usual, ...options };
  }

  async resolve(inquiry: Inquiry): Promise<Answer> {
    if (this.#pending >= this.#options.maxPending) return Rcode.REFUSED;
    return (await this.#ask(inquiry)) ?? Rcode.SERVFAIL;
  }

  /** Undefined when no server gave an answer. */
  async #ask(inquiry: Inquiry): Promise<Buffer | undefined> {
    const key = inquiryKey(inquiry);
    this.#pending++;
    try {
      const answer = this.#underWay.get(key) ?? this.#try(inquiry).finally(() => this.#underWay.delete(key));
      this.#underWay.set(key, answer);
      return await answer;
    } finally {
      this.#pending--;
    }
  }

  async #try(inquiry: Inquiry): Promise<Buffer | undefined> {
    const deadline = performance.now() + this.#options.totalMs;
    const servers = this.#inOrder();
    const tries = servers.length === 0 ? 0 : Math.max(minTries, 2 * servers.length);
    for (let i = 0; i < tries; i++) {
      const left = deadline - performance.now();
      if (left <= 0) break;
      const server = servers[i % servers.length] as Nameserver;
      const message = writeInquiry(inquiry, randomInt(65536));
      const questionEnd = headerSize + questionSize(inquiry.name);
      const timeoutMs = Math.ceil(Math.min(this.#options.tryMs, left));
      try {
        const reply = await this.#exchange({ server, message, questionEnd, timeoutMs }, inquiry.isTcp);
        this.#distrusted.delete(keyOfServer(server));
        return reply;
      } catch (error) {
        this.#distrusted.set(keyOfServer(server), performance.now() + distrustMs);
        this.#log.debug('upstream server failed', { server: server.host, error });
      }
    }
    return undefined;
  }

  async #exchange(exchange: Exchange, isTcp: boolean): Promise<Buffer> {
    const reply = await exchangeUdp(exchange);
    return isTcp && isIncomplete(reply) ? await exchangeTcp(exchange) : reply;
  }

  #inOrder(): readonly Nameserver[] {
    const now = performance.now();
    const servers = this.#servers();
    // Servers that left the list are forgotten with it.
    for (const [key, until] of this.#distrusted) if (until <= now) this.#distrusted.delete(key);
    const isTrusted = (server: Nameserver) => !this.#distrusted.has(keyOfServer(server));
    return [...servers.filter(isTrusted), ...servers.filter((server) => !isTrusted(server))];
  }
}
