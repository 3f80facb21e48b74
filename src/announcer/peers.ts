// Which of the other nodes are gone, though the API does not know it yet: it takes the control plane the better part of a
// minute to notice. Found out by knocking at them.

import { connect } from 'node:net';

/** Where service proxies say how they do, and load balancers everywhere look (services.md D.9). A refusal is a sign of life too. */
const port = 10256;
const periodMs = 300;
const timeoutMs = 400;
/** One knock that is not answered may be the network's fault, or our own. */
const knocks = 2;

export type IsReachable = (address: string) => Promise<boolean>;

/** Whether anybody is at the address. */
export const isReachable: IsReachable = (address) =>
  new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const settle = (answered: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answered);
    };
    // Of two things that are due at once the timer comes first, however late we are: what has come by now still counts.
    const timer = setTimeout(() => setImmediate(settle, false), timeoutMs);
    socket.on('connect', () => settle(true));
    socket.on('error', ({ code }: NodeJS.ErrnoException) => settle(code === 'ECONNREFUSED' || code === 'ECONNRESET'));
  });

interface Peer {
  readonly address: string;
  unanswered: number;
  isAsked: boolean;
}

/** Peers that are looked at; of others it is believed that they are there. */
export class Peers {
  readonly #isReachable: IsReachable;
  readonly #onChange: () => void;
  #peers = new Map<string, Peer>();
  #timer: NodeJS.Timeout | undefined;

  /** @param onChange called when a peer is gone, or back */
  constructor(isReachable: IsReachable, onChange: () => void) {
    this.#isReachable = isReachable;
    this.#onChange = onChange;
  }

  isGone(name: string): boolean {
    return (this.#peers.get(name)?.unanswered ?? 0) >= knocks;
  }

  /** From now on looks at these, name → address; what is known of those that stay is kept. */
  watch(wanted: ReadonlyMap<string, string>): void {
    const kept = (name: string, address: string): Peer => {
      const known = this.#peers.get(name);
      return known?.address === address ? known : { address, unanswered: 0, isAsked: false };
    };
    this.#peers = new Map([...wanted].map(([name, address]) => [name, kept(name, address)]));
    if (this.#peers.size === 0) this.stop();
    else this.#timer ??= setInterval(() => this.#ask(), periodMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #ask(): void {
    for (const [name, peer] of this.#peers) {
      if (peer.isAsked) continue;
      peer.isAsked = true;
      void this.#isReachable(peer.address).then((answered) => {
        peer.isAsked = false;
        const before = this.isGone(name);
        peer.unanswered = answered ? 0 : peer.unanswered + 1;
        if (this.#peers.get(name) === peer && this.isGone(name) !== before) this.#onChange();
      });
    }
  }
}
