// Services whose traffic is dropped on this node because their policy is Local and their endpoints are elsewhere.

import type { ServiceWants } from '../frontends.ts';

type Policy = 'internal' | 'external';

export class NoLocalEndpoints {
  readonly #services: Record<Policy, Set<string>> = { internal: new Set(), external: new Set() };

  set(key: string, wants: ServiceWants | undefined): void {
    for (const policy of ['internal', 'external'] as const) {
      const isDropped = wants?.frontends.some(
        ({ traffic, refusal }) => refusal === 'drop' && (traffic === 'internal') === (policy === 'internal'),
      );
      if (isDropped) this.#services[policy].add(key);
      else this.#services[policy].delete(key);
    }
  }

  count(policy: Policy): number {
    return this.#services[policy].size;
  }
}
