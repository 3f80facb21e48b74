// One server elsewhere: what is open to it, whether it is well, and how a question gets there by the transport that is
// configured (spec/dns.md §8).

import { isIPv6 } from 'node:net';
import type { Logger } from '#lib/log.ts';
import type { ForwardSettings, Upstream } from '../config/settings.ts';
import { Class, Flag, FormatError, headerSize, outline, questionSize, Rcode, rcodeOf, Type } from '../wire/index.ts';
import { OtherQuestion } from './connection.ts';
import { readCredentials } from './credentials.ts';
import { Health } from './health.ts';
import { openHttps } from './https.ts';
import type { ForwardMetrics } from './metrics.ts';
import { Pool, type PoolLimits, type PoolParts } from './pool.ts';
import type { Inquiry } from './relay.ts';
import type { Answer, Failure } from './resolver.ts';
import { openTcp, openTls } from './stream.ts';
import { openUdp } from './udp.ts';

export type ServerAddress = Exclude<Upstream, { readonly file: string }>;

export type ServerSettings = Pick<
  ForwardSettings,
  'forceTcp' | 'preferUdp' | 'tls' | 'tlsServerName' | 'healthCheck' | 'maxFails' | 'expireMs'
>;

export interface ServerParts {
  readonly log: Logger;
  readonly metrics: ForwardMetrics;
}

const probeMs = 1000;
const maxTimerMs = 2 ** 31 - 1;
const lasting = { questions: Number.POSITIVE_INFINITY, ageMs: Number.POSITIVE_INFINITY };
/**
 * A socket for each question would cost more than the question. A forger has to guess port and id: a port is given up
 * before it could be found out, and of equal questions only one is under way.
 */
const udpLimits = { connections: 256, busy: 8, questions: 100, ageMs: 5000 };
const streamLimits = { connections: 16, busy: 8, ...lasting };
const httpsLimits = { connections: 4, busy: 50, ...lasting };

export class UpstreamServer {
  /** For messages and metrics: `192.0.2.1:53`. */
  readonly name: string;
  readonly #settings: ServerSettings;
  readonly #log: Logger;
  readonly #metrics: ForwardMetrics;
  readonly #health: Health;
  /** Absent where every question goes by a stream. */
  readonly #udp: Pool | undefined;
  readonly #stream: Pool;

  constructor(address: ServerAddress, settings: ServerSettings, { log, metrics }: ServerParts) {
    const { healthCheck, maxFails } = settings;
    this.name = isIPv6(address.host) ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
    this.#settings = settings;
    this.#log = log;
    this.#metrics = metrics;
    this.#udp = address.transport === 'dns' && !settings.forceTcp ? this.#udpPool(address) : undefined;
    this.#stream = this.#streamPool(address);
    const onChange = (isDown: boolean) =>
      log.warn(isDown ? 'upstream server is down' : 'upstream server is up again', { server: this.name });
    this.#health = new Health(
      { probe: () => this.#probe(), onFailure: () => metrics.probeFailed(this.name), onChange },
      { intervalMs: healthCheck.intervalMs, maxFails },
    );
  }

  get isDown(): boolean {
    return this.#health.isDown;
  }

  /**
   * A message that is well-formed and answers the question; what was damaged on its way by UDP becomes an empty one with
   * TC. FORMERR when it answers another question; SERVFAIL when there is no answer: then the server is probed.
   */
  async ask(inquiry: Inquiry, timeoutMs: number): Promise<Answer> {
    const startedAt = performance.now();
    try {
      const isByUdp = this.#settings.preferUdp || !inquiry.isTcp;
      let reply = this.#udp && isByUdp ? whole(inquiry, await this.#udp.ask(inquiry, timeoutMs)) : undefined;
      if (!reply || (this.#settings.preferUdp && reply.readUInt16BE(2) & Flag.TC)) {
        reply = await this.#stream.ask(inquiry, startedAt + timeoutMs - performance.now());
        if (!isWellFormed(reply)) throw new Error('the reply is malformed');
      }
      this.#metrics.answered(this.name, rcodeOf(reply.readUInt16BE(2)), (performance.now() - startedAt) / 1000);
      return reply;
    } catch (error) {
      return this.#failed(error as Error);
    }
  }

  /** Questions under way are still answered. */
  close(): void {
    this.#health.close();
    this.#udp?.close();
    this.#stream.close();
  }

  #failed(error: Error): Failure {
    const isOther = error instanceof OtherQuestion;
    if (!isOther) this.#health.suspect();
    this.#log.debug('upstream server failed', { server: this.name, error });
    return { rcode: isOther ? Rcode.FORMERR : Rcode.SERVFAIL, reason: `${this.name}: ${error.message}` };
  }

  /** Any answer is one. */
  async #probe(): Promise<void> {
    const { domain, recursionDesired } = this.#settings.healthCheck;
    const flags = recursionDesired ? Flag.RD : 0;
    const inquiry = { name: domain, type: Type.NS, class: Class.IN, flags, edns: undefined, isTcp: !this.#udp };
    try {
      await (this.#udp ?? this.#stream).ask(inquiry, probeMs);
    } catch (error) {
      if (!(error instanceof OtherQuestion)) throw error;
    }
  }

  #udpPool(address: ServerAddress): Pool {
    return this.#pool('udp', udpLimits, (opening) => openUdp(address, opening));
  }

  #streamPool(address: ServerAddress): Pool {
    const { tls, tlsServerName } = this.#settings;
    if (address.transport === 'dns') return this.#pool('tcp', streamLimits, (opening) => openTcp(address, opening));
    const named = { ...address, serverName: address.serverName ?? tlsServerName };
    if (address.transport === 'https') {
      return this.#pool('https', httpsLimits, async (opening) => openHttps(named, await readCredentials(tls), opening));
    }
    return this.#pool('tcp-tls', streamLimits, async (opening) => openTls(named, await readCredentials(tls), opening));
  }

  #pool(proto: string, limits: Omit<PoolLimits, 'idleMs'>, open: PoolParts['open']): Pool {
    const idleMs = Math.min(this.#settings.expireMs, maxTimerMs);
    return new Pool(
      { open, onTake: (isHit) => this.#metrics.connected(this.name, proto, isHit) },
      { ...limits, idleMs },
    );
  }
}

function isWellFormed(reply: Buffer): boolean {
  try {
    outline(reply);
    return true;
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  }
}

/** Or, of a damaged one, header and question alone, which say that there is more to be had by TCP. */
function whole({ name }: Inquiry, reply: Buffer): Buffer {
  if (isWellFormed(reply)) return reply;
  const empty = Buffer.from(reply.subarray(0, headerSize + questionSize(name)));
  empty.writeUInt16BE(empty.readUInt16BE(2) | Flag.TC, 2);
  empty.fill(0, 6, headerSize);
  return empty;
}
