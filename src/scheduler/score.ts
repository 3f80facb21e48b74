// Which of the nodes that will do is best: the one with the fewest pods of the same workload, then the fewest pods. Pure.

import { controllerOf, type Pod } from '#api/index.ts';
import type { Candidate } from './filter.ts';
import { bears, matchesTerm } from './filter.ts';

/** Two pods with the same one are replicas of each other. */
const workloadOf = (pod: Pod): string | undefined => controllerOf(pod)?.uid;

/** Undefined when there is none to choose from. Ties go to the first name. */
export function best(pod: Pod, candidates: readonly Candidate[]): Candidate | undefined {
  const ranked = candidates.map((candidate) => ({ candidate, cost: costOf(pod, candidate) }));
  const [winner] = ranked.sort((a, b) => compare(a.cost, b.cost) || byName(a.candidate, b.candidate));
  return winner?.candidate;
}

/** What the pod's author prefers counts before spreading. */
function costOf(pod: Pod, candidate: Candidate): number[] {
  const workload = workloadOf(pod);
  const siblings = workload ? candidate.pods.filter((other) => workloadOf(other) === workload).length : 0;
  return [avoided(pod, candidate), -preferred(pod, candidate), siblings, candidate.pods.length];
}

const avoided = (pod: Pod, { node }: Candidate): number =>
  (node.spec.taints ?? []).filter((taint) => taint.effect === 'PreferNoSchedule' && !bears(pod, taint)).length;

function preferred({ spec }: Pod, { node }: Candidate): number {
  const terms = spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const met = terms.filter(({ preference }) => matchesTerm(preference, node));
  return met.reduce((sum, { weight }) => sum + weight, 0);
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [i, value] of a.entries()) {
    const difference = value - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
const byName = (a: Candidate, b: Candidate): number =>
  (a.node.metadata.name ?? '') < (b.node.metadata.name ?? '') ? -1 : 1;
