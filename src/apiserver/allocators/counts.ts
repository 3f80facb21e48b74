// How often addresses or ports of a range were asked for, and how often in vain (services.md B.3).

import type { Sample } from '#lib/metrics.ts';

/** Static are those that were named, dynamic those that were chosen. */
export type Scope = 'static' | 'dynamic';

export class AllocationCounts {
  readonly #succeeded = { static: 0, dynamic: 0 };
  readonly #failed = { static: 0, dynamic: 0 };

  succeeded(scope: Scope): void {
    this.#succeeded[scope]++;
  }

  failed(scope: Scope): void {
    this.#failed[scope]++;
  }

  allocations(labels: Sample['labels'] = {}): Sample[] {
    return samplesOf(this.#succeeded, labels);
  }

  errors(labels: Sample['labels'] = {}): Sample[] {
    return samplesOf(this.#failed, labels);
  }
}

const samplesOf = (counts: Record<Scope, number>, labels: Sample['labels']): Sample[] =>
  Object.entries(counts).map(([scope, value]) => ({ labels: { ...labels, scope }, value }));
