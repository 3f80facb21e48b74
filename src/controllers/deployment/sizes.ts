// How big each ReplicaSet of a Deployment should be next: the arithmetic of rolling updates and of scaling. Pure.

import type { Deployment, ReplicaSet } from '#api/index.ts';
import { annotation, byAge } from './template.ts';

/** The sizes to set; a ReplicaSet that is not in it stays as it is. */
export type Sizes = Map<ReplicaSet, number>;

export const sizeOf = ({ spec }: ReplicaSet): number => spec.replicas ?? 0;
export const desiredOf = ({ spec }: Deployment): number => spec.replicas ?? 1;
const availableOf = ({ status }: ReplicaSet): number => status?.availableReplicas ?? 0;
export const sum = (numbers: number[]): number => numbers.reduce((total, n) => total + n, 0);

function resolve(value: number | string | undefined, total: number, round: (n: number) => number): number {
  if (typeof value === 'string')
    return value.endsWith('%') ? round((Number.parseInt(value, 10) * total) / 100) : Number(value);
  return value ?? 0;
}

/** Percentages of the replicas: surge rounds up, unavailable rounds down, and not both can be none. */
export function limits(deployment: Deployment): { maxSurge: number; maxUnavailable: number } {
  const { strategy } = deployment.spec;
  const desired = desiredOf(deployment);
  if (strategy?.type === 'Recreate') return { maxSurge: 0, maxUnavailable: desired };
  const { maxSurge: surge = '25%', maxUnavailable: unavailable = '25%' } = strategy?.rollingUpdate ?? {};
  const maxSurge = resolve(surge, desired, Math.ceil);
  const maxUnavailable = Math.min(resolve(unavailable, desired, Math.floor), desired);
  return { maxSurge, maxUnavailable: maxSurge === 0 && maxUnavailable === 0 ? Math.min(1, desired) : maxUnavailable };
}

/** The size of the newest ReplicaSet, created or grown as far as the surge allows. */
export function newSize(deployment: Deployment, newest: ReplicaSet | undefined, all: readonly ReplicaSet[]): number {
  const desired = desiredOf(deployment);
  const current = newest ? sizeOf(newest) : 0;
  if (deployment.spec.strategy?.type === 'Recreate' || current >= desired) return desired;
  const room = desired + limits(deployment).maxSurge - sum(all.map(sizeOf));
  return room <= 0 ? current : current + Math.min(room, desired - current);
}

/** Old ReplicaSets shrink as far as availability allows; replicas that are not available go first. */
export function shrinkOld(deployment: Deployment, newest: ReplicaSet, old: readonly ReplicaSet[]): Sizes {
  const all = [...old, newest];
  const minAvailable = desiredOf(deployment) - limits(deployment).maxUnavailable;
  const newUnavailable = sizeOf(newest) - availableOf(newest);
  const sizes: Sizes = new Map();
  let spare = sum(all.map(sizeOf)) - minAvailable - newUnavailable;
  if (spare <= 0) return sizes;
  const oldestFirst = old.toSorted(byAge);
  const shrink = (replicaSet: ReplicaSet, by: number): void => {
    if (by > 0) sizes.set(replicaSet, (sizes.get(replicaSet) ?? sizeOf(replicaSet)) - by);
  };
  for (const replicaSet of oldestFirst) {
    const by = Math.min(spare, sizeOf(replicaSet) - availableOf(replicaSet));
    if (by <= 0) continue;
    shrink(replicaSet, by);
    spare -= by;
  }
  let spareAvailable = Math.min(sum(all.map(availableOf)) - minAvailable, spare);
  for (const replicaSet of oldestFirst) {
    const by = Math.min(spareAvailable, sizes.get(replicaSet) ?? sizeOf(replicaSet));
    if (by <= 0) continue;
    shrink(replicaSet, by);
    spareAvailable -= by;
  }
  return sizes;
}

/** The Deployment was scaled since its active ReplicaSets were last sized. */
export const wasScaled = (deployment: Deployment, all: readonly ReplicaSet[]): boolean =>
  all.some(({ metadata, spec }) => {
    const sizedFor = metadata.annotations?.[annotation.desiredReplicas];
    return (spec.replicas ?? 0) > 0 && sizedFor !== undefined && Number(sizedFor) !== desiredOf(deployment);
  });

/** Scaling in the middle of a rollout, or while paused: every active ReplicaSet grows or shrinks in proportion. */
export function rescale(deployment: Deployment, newest: ReplicaSet | undefined, old: readonly ReplicaSet[]): Sizes {
  const desired = desiredOf(deployment);
  const all = newest ? [...old, newest] : [...old];
  const active = all.filter((replicaSet) => sizeOf(replicaSet) > 0);
  if (active.length <= 1) {
    const only = active[0] ?? newest ?? old.toSorted(byAge).at(-1);
    return new Map(only ? [[only, desired]] : []);
  }
  const newIsFull = newest && sizeOf(newest) === desired && availableOf(newest) === desired;
  if (newIsFull || deployment.spec.strategy?.type === 'Recreate') {
    return new Map(active.filter((replicaSet) => replicaSet !== newest).map((replicaSet) => [replicaSet, 0]));
  }
  return proportional(deployment, active);
}

function proportional(deployment: Deployment, active: readonly ReplicaSet[]): Sizes {
  const desired = desiredOf(deployment);
  const target = desired > 0 ? desired + limits(deployment).maxSurge : 0;
  let change = target - sum(active.map(sizeOf));
  const growing = change > 0;
  const bySize = (a: ReplicaSet, b: ReplicaSet) => sizeOf(b) - sizeOf(a) || (growing ? -byAge(a, b) : byAge(a, b));
  const ordered = active.toSorted(bySize);
  const sizes: Sizes = new Map();
  for (const replicaSet of ordered) {
    const size = sizeOf(replicaSet);
    const before = Number(replicaSet.metadata.annotations?.[annotation.maxReplicas]) || desired;
    const share = Math.round((size * target) / before) - size;
    const by = growing ? Math.min(Math.max(share, 0), change) : Math.max(Math.min(share, 0), change);
    sizes.set(replicaSet, size + by);
    change -= by;
  }
  // What rounding left over goes to the first.
  const [first] = ordered;
  if (first && change !== 0) sizes.set(first, Math.max(0, (sizes.get(first) ?? 0) + change));
  return sizes;
}
