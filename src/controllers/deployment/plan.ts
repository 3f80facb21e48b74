// Deployment: given its ReplicaSets, the next step of its rollout. Every step is safe to be the last for a while: the
// controller plans again whenever a ReplicaSet has changed (api.md §21). Pure.

import { type Deployment, isPodTerminal, type Pod, type ReplicaSet } from '#api/index.ts';
import { sameJson } from '../json.ts';
import { desiredOf, limits, newSize, rescale, type Sizes, shrinkOld, sizeOf, wasScaled } from './sizes.ts';
import { type DeploymentStatus, isComplete, planStatus } from './status.ts';
import { annotation, findNew, makeReplicaSet, newAnnotations, replicaAnnotations, revisionOf } from './template.ts';

export type Action =
  | { readonly type: 'create'; readonly replicaSet: ReplicaSet }
  | { readonly type: 'update'; readonly replicaSet: ReplicaSet; readonly from: number }
  | { readonly type: 'delete'; readonly replicaSet: ReplicaSet }
  /** Of the Deployment itself. */
  | { readonly type: 'annotate'; readonly annotations: Record<string, string> };

export interface Rollout {
  readonly deployment: Deployment;
  /** All that it controls. */
  readonly replicaSets: readonly ReplicaSet[];
  /** The pods of a ReplicaSet. */
  readonly podsOf: (replicaSet: ReplicaSet) => readonly Pod[];
  readonly now: Date;
}
export interface Plan {
  readonly actions: Action[];
  readonly status: DeploymentStatus;
  readonly recheckMs?: number | undefined;
}

export function plan(rollout: Rollout): Plan {
  const { deployment, replicaSets, now } = rollout;
  const newest = findNew(deployment, replicaSets);
  const old = replicaSets.filter((replicaSet) => replicaSet !== newest);
  const actions = deployment.metadata.deletionTimestamp ? [] : nextStep(rollout, newest, old);
  const created = actions.find(({ type }) => type === 'create');
  const name = created?.type === 'create' ? created.replicaSet.metadata.name : undefined;
  const { status, recheckMs } = planStatus({ deployment, newest, old, created: name, now });
  const isIdle = !actions.some(({ type }) => type !== 'annotate');
  if (isIdle && isComplete(deployment, status)) actions.push(...forgetHistory(deployment, old));
  return { actions, status, recheckMs };
}

function nextStep(rollout: Rollout, newest: ReplicaSet | undefined, old: ReplicaSet[]): Action[] {
  const { deployment, replicaSets } = rollout;
  if (deployment.spec.paused || wasScaled(deployment, replicaSets)) {
    return resize(deployment, rescale(deployment, newest, old));
  }
  return deployment.spec.strategy?.type === 'Recreate' ? recreate(rollout, newest, old) : roll(rollout, newest, old);
}

function roll(rollout: Rollout, newest: ReplicaSet | undefined, old: ReplicaSet[]): Action[] {
  const { deployment } = rollout;
  const grown = bringUp(rollout, newest, old);
  return grown.some(({ type }) => type !== 'annotate') || !newest
    ? grown
    : [...grown, ...resize(deployment, shrinkOld(deployment, newest, old))];
}

/** The old pods must all be gone before the first new one starts. */
function recreate(rollout: Rollout, newest: ReplicaSet | undefined, old: ReplicaSet[]): Action[] {
  const active = old.filter((replicaSet) => sizeOf(replicaSet) > 0);
  if (active.length > 0) return resize(rollout.deployment, new Map(active.map((replicaSet) => [replicaSet, 0])));
  const isRunning = old.some((replicaSet) => rollout.podsOf(replicaSet).some((pod) => !isPodTerminal(pod)));
  return isRunning ? [] : bringUp(rollout, newest, old);
}

/** Creates or grows the newest ReplicaSet and keeps revisions and annotations, its own and the Deployment's, right. */
function bringUp({ deployment, replicaSets }: Rollout, newest: ReplicaSet | undefined, old: ReplicaSet[]): Action[] {
  const size = newSize(deployment, newest, replicaSets);
  const revision = Math.max(0, ...old.map(revisionOf)) + 1;
  const annotations = {
    ...newAnnotations(deployment, newest?.metadata.annotations ?? {}, revision),
    ...replicaAnnotations(desiredOf(deployment), limits(deployment).maxSurge),
  };
  const annotate = keepRevision(deployment, annotations[annotation.revision] ?? '');
  if (!newest) return [{ type: 'create', replicaSet: makeReplicaSet(deployment, size, annotations) }, ...annotate];
  const minReadySeconds = deployment.spec.minReadySeconds || undefined;
  const changed = { ...newest, metadata: { ...newest.metadata, annotations } };
  changed.spec = { ...newest.spec, replicas: size, minReadySeconds };
  const isSame =
    size === sizeOf(newest) &&
    minReadySeconds === (newest.spec.minReadySeconds || undefined) &&
    sameJson(annotations, newest.metadata.annotations);
  return isSame ? annotate : [{ type: 'update', replicaSet: changed, from: sizeOf(newest) }, ...annotate];
}

const keepRevision = ({ metadata }: Deployment, revision: string): Action[] =>
  metadata.annotations?.[annotation.revision] === revision
    ? []
    : [{ type: 'annotate', annotations: { [annotation.revision]: revision } }];

/** Sets sizes, and notes for which number of replicas they were made. */
function resize(deployment: Deployment, sizes: Sizes): Action[] {
  const noted = replicaAnnotations(desiredOf(deployment), limits(deployment).maxSurge);
  return [...sizes].flatMap(([replicaSet, replicas]): Action[] => {
    const annotations = { ...replicaSet.metadata.annotations, ...noted };
    const isSame = replicas === sizeOf(replicaSet) && sameJson(annotations, replicaSet.metadata.annotations);
    if (isSame) return [];
    const changed = { ...replicaSet, metadata: { ...replicaSet.metadata, annotations } };
    changed.spec = { ...replicaSet.spec, replicas };
    return [{ type: 'update', replicaSet: changed, from: sizeOf(replicaSet) }];
  });
}

/** Empty ReplicaSets beyond the history limit, the oldest revisions first. */
function forgetHistory(deployment: Deployment, old: readonly ReplicaSet[]): Action[] {
  const limit = deployment.spec.revisionHistoryLimit ?? 10;
  const excess = old.length - limit;
  if (excess <= 0) return [];
  const isEmpty = (replicaSet: ReplicaSet): boolean =>
    sizeOf(replicaSet) === 0 &&
    (replicaSet.status?.replicas ?? 0) === 0 &&
    (replicaSet.metadata.generation ?? 0) <= (replicaSet.status?.observedGeneration ?? 0) &&
    !replicaSet.metadata.deletionTimestamp;
  const oldest = old.toSorted((a, b) => revisionOf(a) - revisionOf(b)).slice(0, excess);
  return oldest.filter(isEmpty).map((replicaSet) => ({ type: 'delete', replicaSet }));
}
