// Names that are not ours, asked of the host's resolvers in their order (spec/dns.md §8). Equal questions that are under
// way share one exchange; the number of waiting clients is bounded. Nothing is cached.

import { randomInt } from 'node:crypto';
import type { Logger } from '#lib/log.ts';
import { type Exchange, exchangeTcp, exchangeUdp } from './exchange.ts';
import { type Inquiry, inquiryKey, inquiryOf, isIncomplete, writeInquiry, writeReply } from './relay.ts';
import type { Nameserver } from './resolv-conf.ts';
import type { Elsewhere, Resolved } from './responder.ts';
import {
  Class,
  decodeMessage,
  Flag,
  FormatError,
  headerSize,
  keyOf,
  type Message,
  type Name,
  nothing,
  type Query,
  questionSize,
  Rcode,
  rcodeOf,
  Type,
  typeOf,
  writeResponse,
} from './wire/index.ts';

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

export class Forwarder implements Elsewhere {
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

  async forward(query: Query, isTcp: boolean, limit: number): Promise<Uint8Array> {
    if (this.#pending >= this.#options.maxPending) return writeResponse(query, Rcode.REFUSED, 0, nothing, limit);
    const reply = await this.#ask(inquiryOf(query, isTcp));
    if (!reply) return writeResponse(query, Rcode.SERVFAIL, Flag.RA, nothing, limit);
    return writeReply(query, reply, isTcp, limit);
  }

  async resolve(query: Query, name: Name, isTcp: boolean): Promise<Resolved> {
    const none = { records: [], truncated: false };
    if (this.#pending >= this.#options.maxPending) return none;
    const edns = query.edns && { dnssecOk: false };
    const key = keyOf(name);
    const reply = await this.#ask({ name: key, type: query.type, class: Class.IN, flags: Flag.RD, edns, isTcp });
    const message = reply && decoded(reply);
    if (!message || rcodeOf(message.flags) !== Rcode.NOERROR) return none;
    const wanted = new Set<number>([Type.CNAME, query.type]);
    return {
      records: message.answer.filter(({ class: klass, data }) => klass === Class.IN && wanted.has(typeOf(data))),
      truncated: (message.flags & Flag.TC) !== 0,
    };
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

function decoded(reply: Buffer): Message | undefined {
  try {
    return decodeMessage(reply);
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}
