// What SRV records are made of: pairs of a target and a port, weighed and merged (spec/dns.md §1.3, §1.4).

import type { PortFacts } from './facts.ts';
import type { Relative, ServiceTarget } from './owner.ts';

/** One possible SRV record, before weighing and merging. */
export interface Candidate extends PortFacts {
  readonly target: Relative;
}

/** More SRV records than this fit no message (65,535 octets, of which each takes at least 20), nor do more addresses. */
export const maxRecords = 4096;
/** Pairs beyond this are not looked at: the weight is 1 long before. */
const maxCandidates = 100_000;

/**
 * One record for each distinct target and port, with its share of the weight: floor(100 / pairs), and never less than 1.
 * @param times how often each pair counts
 */
export function targets(candidates: Iterable<Candidate>, times = 1): ServiceTarget[] {
  const merged = new Map<string, Pick<ServiceTarget, 'port' | 'target'>>();
  let pairs = 0;
  for (const { port, target } of candidates) {
    pairs += times;
    merged.set(`${port} ${target}`, { port, target });
    if (merged.size === maxRecords || pairs >= maxCandidates) break;
  }
  const weight = Math.max(1, Math.floor(100 / Math.max(1, pairs)));
  return [...merged.values()].map(({ port, target }) => ({ port, weight, target }));
}
