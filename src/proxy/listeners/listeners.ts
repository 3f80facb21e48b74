// Keeps the sockets of a node that listen for Services equal to what is wanted. Opening one takes a process where the node
// is another namespace, so it is done beside the loop; one that fails is tried again, and holds up no other.

import type { Server } from 'node:net';
import { type Clock, systemClock } from '#lib/clock.ts';
import type { NodeNetwork } from '../network.ts';

/** What listens, at one or more addresses of the node. */
export interface Wanted {
  readonly hosts: readonly string[];
  readonly port: number;
  /** `::` stands for all addresses of both families, not of IPv6 alone. */
  readonly dualStack?: boolean | undefined;
  /** Takes over a socket that listens. */
  readonly serve: (socket: Server, host: string) => Closable;
  /** It could not be opened, and will be tried again. */
  readonly failed: (error: Error) => void;
}
export interface Closable {
  close(): void;
}

const retryMs = { first: 1000, most: 60_000 };

interface Entry {
  /** Undefined: to be closed. */
  wanted: Wanted | undefined;
  /** As it is open; empty when it is not. */
  place: string;
  open: readonly Closable[];
  retryAfter: number;
  working: boolean;
}

export class Listeners {
  readonly #network: NodeNetwork;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  /** By name; bounded by what is wanted. */
  readonly #entries = new Map<string, Entry>();
  readonly #work = new Set<Promise<void>>();

  /** @param signal closes all. */
  constructor(network: NodeNetwork, signal: AbortSignal, clock: Clock = systemClock) {
    this.#network = network;
    this.#clock = clock;
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#closeAll(), { once: true });
  }

  /** From now on `name` listens there, or nowhere. One that listens at the same place already stays as it is. */
  want(name: string, wanted: Wanted | undefined): void {
    if (this.#signal.aborted) return;
    const entry = this.#entries.get(name);
    if (entry) entry.wanted = wanted;
    else if (wanted)
      this.#entries.set(name, { wanted, place: '', open: [], retryAfter: retryMs.first, working: false });
    this.#attend(name);
  }

  /** How many places are open. */
  get size(): number {
    return [...this.#entries.values()].filter(({ place }) => place !== '').length;
  }

  /** Resolves when everything wanted is open, or is waiting to be tried again. */
  async settled(): Promise<void> {
    while (this.#work.size > 0) await Promise.all(this.#work);
  }

  #attend(name: string): void {
    const entry = this.#entries.get(name);
    if (!entry || entry.working) return;
    entry.working = true;
    const work = this.#reach(name, entry).finally(() => {
      entry.working = false;
      this.#work.delete(work);
      if (entry.wanted === undefined && entry.place === '') this.#entries.delete(name);
    });
    this.#work.add(work);
  }

  async #reach(name: string, entry: Entry): Promise<void> {
    while (!this.#signal.aborted && placeOf(entry.wanted) !== entry.place) {
      close(entry);
      const { wanted } = entry;
      if (!wanted) return;
      try {
        entry.open = await this.#open(wanted);
        entry.place = placeOf(wanted);
        entry.retryAfter = retryMs.first;
      } catch (error) {
        // What is wanted may be something else by now, which has not failed yet.
        if (entry.wanted !== wanted) continue;
        wanted.failed(error as Error);
        this.#retry(name, entry);
        return;
      }
    }
    if (this.#signal.aborted) close(entry);
  }

  /** All of its addresses, or none. */
  async #open({ hosts, port, dualStack = false, serve }: Wanted): Promise<Closable[]> {
    const opened = await Promise.allSettled(
      hosts.map((host) => this.#network.listen({ host, port, ipv6Only: !dualStack })),
    );
    const failure = opened.find((each) => each.status === 'rejected');
    if (failure) {
      for (const each of opened) if (each.status === 'fulfilled') each.value.close();
      throw failure.reason;
    }
    return opened.flatMap((each, i) => (each.status === 'fulfilled' ? [serve(each.value, hosts[i] as string)] : []));
  }

  #retry(name: string, entry: Entry): void {
    const wait = entry.retryAfter;
    entry.retryAfter = Math.min(2 * wait, retryMs.most);
    this.#clock.sleep(wait, this.#signal).then(
      () => this.#attend(name),
      () => {},
    );
  }

  #closeAll(): void {
    for (const entry of this.#entries.values()) close(entry);
  }
}

/** What has the same place need not be opened anew. */
const placeOf = (wanted: Wanted | undefined): string =>
  wanted && wanted.hosts.length > 0 ? `${wanted.hosts.join(' ')} ${wanted.port}` : '';

function close(entry: Entry): void {
  for (const each of entry.open) each.close();
  entry.open = [];
  entry.place = '';
}
