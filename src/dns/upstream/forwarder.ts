// One `forward`: questions to any of its servers (spec/dns.md §8). Equal questions that are under way share one exchange;
// the number of those who wait is bounded.

import type { Logger } from '#lib/log.ts';
import type { ForwardSettings } from '../config/settings.ts';
import { Rcode } from '../wire/index.ts';
import { readCredentials } from './credentials.ts';
import type { ForwardMetrics } from './metrics.ts';
import { orderOf } from './policy.ts';
import { type Inquiry, inquiryKey } from './relay.ts';
import type { Nameserver } from './resolv-conf.ts';
import type { Answer, Resolver } from './resolver.ts';
import { type ServerAddress, UpstreamServer } from './server.ts';
import { ServerList } from './server-list.ts';
import { firstAnswer, type Times } from './tries.ts';

export interface ForwarderParts {
  readonly log: Logger;
  readonly metrics: ForwardMetrics;
  /** Whether asking a server that a resolv.conf file names would be asking ourselves: then it is left out. */
  readonly isOurselves: (server: Nameserver) => boolean;
}

const usual: Times = { tryMs: 2000, totalMs: 5000, hedgeMs: 500 };

/** Clients that wait, where the configuration sets no limit: 4 to 5 kB each. */
const maxConcurrent = 10_000;
/** Tries of one question, where the configuration sets no limit. */
const maxTries = 100;

export class Forwarder implements Resolver {
  readonly name = 'forward';
  readonly #settings: ForwardSettings;
  readonly #metrics: ForwardMetrics;
  readonly #times: Times;
  readonly #list: ServerList;
  readonly #order: ReturnType<typeof orderOf>;
  readonly #underWay = new Map<string, Promise<Answer>>();
  #waiting = 0;

  constructor(settings: ForwardSettings, parts: ForwarderParts, times: Partial<Times> = {}) {
    const { log, isOurselves } = parts;
    this.#settings = settings;
    this.#metrics = parts.metrics;
    this.#times = { ...usual, ...times };
    const make = (address: ServerAddress) => new UpstreamServer(address, settings, parts);
    this.#list = new ServerList(settings.to, { make, isOurselves, log });
    this.#order = orderOf(settings.policy);
  }

  /** Until `signal` aborts; then questions under way are still answered. Rejects when a file for TLS cannot be read. */
  async start(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#list.close(), { once: true });
    await Promise.all([this.#list.load(), readCredentials(this.#settings.tls)]);
  }

  /** Addresses of those that are asked at the moment. */
  get servers(): readonly string[] {
    return this.#list.all.map(({ name }) => name);
  }

  async resolve(inquiry: Inquiry): Promise<Answer> {
    const most = this.#settings.maxConcurrent || maxConcurrent;
    if (this.#waiting >= most) {
      this.#metrics.rejected();
      return { rcode: Rcode.REFUSED, reason: `${most} queries wait for other servers already (max_concurrent)` };
    }
    this.#waiting++;
    try {
      return await this.#shared(inquiry);
    } finally {
      this.#waiting--;
    }
  }

  #shared(inquiry: Inquiry): Promise<Answer> {
    const key = inquiryKey(inquiry);
    // What comes by TCP is whole, so it does for those as well who asked by UDP.
    const underWay = this.#underWay.get(key) ?? this.#underWay.get(inquiryKey({ ...inquiry, isTcp: true }));
    if (underWay) return underWay;
    const answer = this.#ask(inquiry).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, answer);
    return answer;
  }

  #ask(inquiry: Inquiry): Promise<Answer> {
    const { policy, failover } = this.#settings;
    const all = this.#list.all;
    const up = all.filter(({ isDown }) => !isDown).length;
    return firstAnswer(inquiry, {
      ...this.#times,
      servers: this.#servers(all),
      // An order that is configured says that the first one's answer is wanted, if there is one.
      hedged: policy === 'sequential' ? 0 : up,
      failover,
      answers: all.length,
    });
  }

  /** Whom to ask: those that are up, again and again; one at random when none is. */
  *#servers(all: readonly UpstreamServer[]): Generator<UpstreamServer, void> {
    const { maxConnectAttempts = 2 * all.length, failfastAllUnhealthyUpstreams } = this.#settings;
    const order = this.#order(all);
    for (let tries = 0; tries < (maxConnectAttempts || maxTries); ) {
      const up = order.filter(({ isDown }) => !isDown);
      if (up.length === 0) {
        if (all.length > 0) this.#metrics.allDown();
        const [any] = orderOf('random')(all);
        if (any && !failfastAllUnhealthyUpstreams) yield any;
        return;
      }
      for (const server of up.slice(0, (maxConnectAttempts || maxTries) - tries)) {
        tries++;
        yield server;
      }
    }
  }
}
