// Which remembered endpoints are still right. Of one that has left the kernel forgets what it remembers when the client comes
// back; clients that come later, when it may be there again, are to choose anew, too: so when one leaves, the entries that
// name it are looked for.

import type { Family } from '#lib/cidr.ts';
import { affinityKey } from './affinity.ts';
import type { Frontend } from './frontends.ts';
import { type Protocol, perProtocol, protocols } from './words.ts';

export interface StaleAffinity {
  /** Whose maps have to be looked through. */
  readonly protocols: readonly Protocol[];
  /** Whether an entry may stay; `key` as the maps have it, `endpoint` as `address . port`. */
  isRight(protocol: Protocol, key: string, endpoint: string): boolean;
}

interface Remembered {
  readonly endpoints: ReadonlySet<string>;
}

export class AffinityIndex {
  readonly #family: Family;
  /** By how the keys of the maps end: a frontend with an address; and by port alone. */
  readonly #frontends: Record<Protocol, Map<string, Remembered>> = perProtocol(() => new Map());
  #stale = new Set<Protocol>();
  /** Ends of keys whose clients all choose anew. */
  #forgotten = new Set<string>();

  constructor(family: Family) {
    this.#family = family;
  }

  change(had: Frontend | undefined, now: Frontend | undefined): void {
    const [was, is] = [isSticky(had) ? had : undefined, isSticky(now) ? now : undefined];
    const { protocol, address, port } = was ?? is ?? {};
    if (protocol === undefined || port === undefined) return;
    const key = address === undefined ? `${port}` : affinityKey(this.#family, address, port);
    const frontends = this.#frontends[protocol];
    const before = frontends.get(key)?.endpoints ?? new Set();
    const after = new Set([...(is?.endpoints ?? []), ...(is?.localEndpoints ?? [])]);
    if (is) frontends.set(key, { endpoints: after });
    else frontends.delete(key);
    // Another policy gives the same client another pool. And when affinity begins, who was on his way may have been remembered
    // where he was sent before.
    const isAnew = is && had && (!was || was.traffic !== is.traffic);
    if (isAnew) this.#forgotten.add(`${protocol} ${key}`);
    if (isAnew || [...before].some((endpoint) => !after.has(endpoint))) this.#stale.add(protocol);
  }

  /** What earlier proxies left may be about frontends that are gone. */
  forgetUnknown(): void {
    this.#stale = new Set(protocols);
  }

  take(): StaleAffinity | undefined {
    if (this.#stale.size === 0) return undefined;
    const [stale, forgotten] = [[...this.#stale], this.#forgotten];
    this.#stale = new Set();
    this.#forgotten = new Set();
    return {
      protocols: stale,
      isRight: (protocol, key, endpoint) => this.#isRight(protocol, key, endpoint, forgotten),
    };
  }

  #isRight(protocol: Protocol, key: string, endpoint: string, forgotten: ReadonlySet<string>): boolean {
    const frontends = this.#frontends[protocol];
    const called = key.slice(key.indexOf(' . ') + 3);
    const port = called.slice(called.lastIndexOf(' . ') + 3);
    const found = [called, port].find((end) => frontends.has(end));
    if (found === undefined || forgotten.has(`${protocol} ${found}`)) return false;
    return frontends.get(found)?.endpoints.has(endpoint) ?? false;
  }
}

const isSticky = (frontend: Frontend | undefined): boolean =>
  frontend?.affinitySeconds !== undefined && frontend.endpoints.length > 0;
