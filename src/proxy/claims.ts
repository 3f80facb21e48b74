// Who asks for a frontend. More than one is a fault elsewhere (an address given away twice, a Service not yet seen to be gone,
// an external IP that is somebody's cluster IP), which must neither make transactions fail nor take from who had it first.

import type { Frontend } from './frontends.ts';

export class Claims {
  readonly #byKey = new Map<string, Map<string, Frontend>>();

  /** @returns who has it now. */
  set(service: string, key: string, frontend: Frontend | undefined): Frontend | undefined {
    const claims = this.#byKey.get(key) ?? new Map<string, Frontend>();
    if (frontend) claims.set(service, frontend);
    else claims.delete(service);
    if (claims.size === 0) this.#byKey.delete(key);
    else this.#byKey.set(key, claims);
    let first: Frontend | undefined;
    for (const claim of claims.values()) if (!first || claim.rank < first.rank) first = claim;
    return first;
  }
}
