// A server that forwards to servers which ask it in turn sends each query round for ever (directive `loop`, spec/dns.md §10).
// So at the start it asks itself for a name that nobody else can know. If that comes back from outside the process ends,
// and says what most likely leads back.

import { randomBytes } from 'node:crypto';
import { type Clock, systemClock } from '#lib/clock.ts';
import { UserError } from '#lib/user-error.ts';
import type { Client, Handled, Handler, Request } from '../handler.ts';
import type { Lookup } from '../lookup.ts';
import {
  encodeMessage,
  formatName,
  fromLabels,
  labelsOf,
  type Name,
  nothing,
  plainUdpSize,
  type Query,
  queryMessage,
  Rcode,
  rcodeOf,
  readQuery,
  Type,
  writeResponse,
} from '../wire/index.ts';

export interface LoopParts {
  /** This server's own. */
  readonly lookup: Lookup;
  /** Addresses of the servers that a name is forwarded to. */
  readonly upstreams: (name: Name) => readonly string[];
  readonly onLoop: (error: UserError) => void;
  readonly clock?: Clock | undefined;
}

/** By then it is listened at all addresses; also how long it is until the next try. */
const pauseMs = 1000;
/** Servers elsewhere may be reachable late. */
const triesMs = 30_000;
/** Who asks a second time does it within this. Later nobody can end the process by asking for the name. */
const graceMs = 2000;

/** The client of the question that is not counted. */
const ourselves: Client = { address: '', port: 0 };

export class LoopHandler implements Handler {
  readonly name = 'loop';
  readonly #parts: LoopParts;
  readonly #zone: Name;
  /** Undefined when it is not looked for. */
  #probe: Name | undefined;

  constructor({ zone }: { readonly zone: Name }, parts: LoopParts) {
    this.#parts = parts;
    this.#zone = zone;
    this.#probe = probeName(zone);
  }

  /** Looks for a loop from now on, for less than a minute. */
  async start(signal: AbortSignal): Promise<void> {
    void this.#search(signal)
      .catch(() => {})
      .finally(() => {
        this.#probe = undefined;
      });
  }

  handle({ query, client, limit }: Request): Handled {
    if (query.type !== Type.HINFO || query.key !== this.#probe || client === ourselves) return undefined;
    this.#parts.onLoop(loopError(this.#zone, query.key, client, this.#parts.upstreams(query.key)));
    return writeResponse(query, Rcode.REFUSED, 0, nothing, limit);
  }

  async #search(signal: AbortSignal): Promise<void> {
    const { clock = systemClock } = this.#parts;
    const end = clock.now().getTime() + triesMs;
    do await clock.sleep(pauseMs, signal);
    while (!(await this.#isAnswered()) && clock.now().getTime() < end);
    await clock.sleep(graceMs, signal);
  }

  /** Whether somebody elsewhere had something to say to the probe. */
  async #isAnswered(): Promise<boolean> {
    if (this.#probe === undefined) return true;
    const query = readQuery(encodeMessage(queryMessage(0, this.#probe, Type.HINFO))) as Query;
    const request: Request = { query, client: ourselves, isTcp: false, limit: plainUdpSize, depth: 0 };
    const response = await this.#parts.lookup.response(request, this.#probe);
    return response !== undefined && rcodeOf(Buffer.from(response).readUInt16BE(2)) !== Rcode.SERVFAIL;
  }
}

/** Undefined for a zone that has no room for it below. */
function probeName(zone: Name): Name | undefined {
  const random = () => String(randomBytes(8).readBigUInt64BE());
  return fromLabels([random(), random(), ...labelsOf(zone)]);
}

function loopError(zone: Name, probe: Name, client: Client, upstreams: readonly string[]): UserError {
  const local = upstreams.filter((upstream) => /^(127\.|\[::1\])/.test(upstream));
  const likely = local.length > 0 ? local : upstreams;
  const file = '/run/systemd/resolve/resolv.conf';
  return new UserError(
    `Queries for ${formatName(zone)} that are forwarded come back: "HINFO ${formatName(probe)}", which only this server knows, ` +
      `was sent to ${upstreams.join(', ')} and asked of us again by ${client.address}. ` +
      `Most likely ${likely.join(' or ')} leads back here${local.length > 0 ? ': an address of this machine, ours or that of a cache that asks us' : ''}. ` +
      'Forward to servers that do not ask this one: with --resolv-conf, or in the Corefile with `forward`, name their ' +
      `addresses or a file that has them. Where systemd-resolved runs, that is ${file}, not the file with 127.0.0.53.`,
  );
}
