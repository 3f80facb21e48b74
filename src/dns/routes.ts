// Which server block a name belongs to: the one with the longest zone that the name lies in (spec/dns.md §2, rule 1).

import type { Answered, Chain } from './chain.ts';
import type { Request } from './handler.ts';
import type { Name } from './wire/index.ts';

export class Routes {
  readonly #chains: ReadonlyMap<Name, Chain>;
  /** Of the lengths of zones that are served, the longest first. */
  readonly #lengths: readonly number[];

  /** @param chains of different zones. */
  constructor(chains: readonly Chain[]) {
    this.#chains = new Map(chains.map((chain) => [chain.zone, chain]));
    this.#lengths = [...new Set(chains.map(({ zone }) => zone.length))].sort((a, b) => b - a);
  }

  /** @param key a name in lower case. */
  chainOf(key: Name): Chain | undefined {
    for (const length of this.#lengths) {
      const start = key.length - length;
      const chain = start >= 0 ? this.#chains.get(key.slice(start)) : undefined;
      if (chain && isCut(key, start)) return chain;
    }
    return undefined;
  }

  /** Undefined when the name lies in no zone that is served. Throws and rejects as handlers do. */
  answer(request: Request): Answered | Promise<Answered> | undefined {
    return this.chainOf(request.query.key)?.answer(request);
  }
}

/** Whether a label begins, or the name ends, at `position`. */
function isCut(name: Name, position: number): boolean {
  let at = 0;
  while (at < position) at += 1 + name.charCodeAt(at);
  return at === position;
}
