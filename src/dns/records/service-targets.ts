// What SRV records are made of: pairs of a target and a port, weighed and merged (spec/dns.md §1.3, §1.4).

import { maxMessage } from '../wire/codes.ts';
import type { PortFacts } from './facts.ts';
import type { Relative, ServiceTarget } from './owner.ts';

/** One possible SRV record, before weighing and merging. */
export interface Candidate extends PortFacts {
  readonly target: Relative;
}

/** Pairs beyond this are not looked at: the weight is 1 long before. */
const maxCandidates = 100_000;
/** Octets of an SRV record less its target's labels: a pointer, ten more, priority, weight, port and the root label. */
const fixedOctets = 19;

/**
 * One record for each distinct target and port, as many as a message has room for, each with its share of the weight:
 * floor(100 / pairs), and never less than 1.
 * @param times how often each pair counts
 */
export function targets(candidates: Iterable<Candidate>, times = 1): ServiceTarget[] {
  const merged = new Map<string, Pick<ServiceTarget, 'port' | 'target'>>();
  let pairs = 0;
  let octets = 0;
  for (const { port, target } of candidates) {
    pairs += times;
    const key = `${port} ${target}`;
    if (!merged.has(key)) octets += fixedOctets + target.length;
    merged.set(key, { port, target });
    if (octets > maxMessage || pairs >= maxCandidates) break;
  }
  const weight = Math.max(1, Math.floor(100 / Math.max(1, pairs)));
  return [...merged.values()].map(({ port, target }) => ({ port, weight, target }));
}
