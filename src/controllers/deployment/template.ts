// A Deployment's pod template as a ReplicaSet: its hash, the ReplicaSet's name, labels and annotations (api.md §21). Pure.

import { createHash } from 'node:crypto';
import { type Deployment, deployments, type ReplicaSet } from '#api/index.ts';
import { canonicalJson, sameJson } from '../json.ts';
import { controllerReference } from '../ownership.ts';

export const hashLabel = 'pod-template-hash';
export const annotation = {
  revision: 'deployment.kubernetes.io/revision',
  revisionHistory: 'deployment.kubernetes.io/revision-history',
  desiredReplicas: 'deployment.kubernetes.io/desired-replicas',
  maxReplicas: 'deployment.kubernetes.io/max-replicas',
} as const;

/** No vowels and nothing that looks like another: a hash is to be no word. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** @param collisions raised when the name made of the hash belongs to something else */
export function templateHash(template: Deployment['spec']['template'], collisions: number): string {
  const digest = createHash('sha256').update(canonicalJson(template)).update(String(collisions)).digest();
  return Array.from(digest.subarray(0, 10), (byte) => alphabet[byte % alphabet.length]).join('');
}

/** The templates make the same pods: the hash label, which only the ReplicaSet's has, does not count. */
function sameTemplate(deployment: Deployment, replicaSet: ReplicaSet): boolean {
  const { [hashLabel]: _, ...labels } = replicaSet.spec.template?.metadata?.labels ?? {};
  const { metadata: ours, spec } = deployment.spec.template;
  const theirs = replicaSet.spec.template?.metadata;
  return (
    sameJson(spec, replicaSet.spec.template?.spec) &&
    sameJson(ours?.labels ?? {}, labels) &&
    sameJson(ours?.annotations ?? {}, theirs?.annotations ?? {})
  );
}

export const byAge = (a: ReplicaSet, b: ReplicaSet): number =>
  (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? '') ||
  (a.metadata.name ?? '').localeCompare(b.metadata.name ?? '');

/** The ReplicaSet of the present template; should there be several, the oldest. */
export const findNew = (deployment: Deployment, replicaSets: readonly ReplicaSet[]): ReplicaSet | undefined =>
  replicaSets.toSorted(byAge).find((replicaSet) => sameTemplate(deployment, replicaSet));

export const revisionOf = ({ metadata }: ReplicaSet): number =>
  Number(metadata.annotations?.[annotation.revision]) || 0;

/** Annotations that a ReplicaSet does not take over from its Deployment. */
const ownAnnotations = new Set<string>([
  'kubectl.kubernetes.io/last-applied-configuration',
  'deprecated.deployment.rollback.to',
  ...Object.values(annotation),
]);

export function replicaAnnotations(desired: number, maxSurge: number): Record<string, string> {
  return { [annotation.desiredReplicas]: String(desired), [annotation.maxReplicas]: String(desired + maxSurge) };
}

/** The annotations that the newest ReplicaSet should have, given those it has: the Deployment's, and its revision. */
export function newAnnotations(
  deployment: Deployment,
  existing: Readonly<Record<string, string>>,
  revision: number,
): Record<string, string> {
  const inherited = Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !ownAnnotations.has(key));
  const result: Record<string, string> = { ...existing, ...Object.fromEntries(inherited) };
  const before = existing[annotation.revision];
  if (before === undefined || Number(before) < revision) {
    result[annotation.revision] = String(revision);
    if (before) {
      const history = existing[annotation.revisionHistory]?.split(',') ?? [];
      result[annotation.revisionHistory] = [...history, before].slice(-20).join(',');
    }
  }
  return result;
}

/** The ReplicaSet to create for the Deployment's present template. */
export function makeReplicaSet(
  deployment: Deployment,
  replicas: number,
  annotations: Record<string, string>,
): ReplicaSet {
  const { template, selector, minReadySeconds } = deployment.spec;
  const hash = templateHash(template, deployment.status?.collisionCount ?? 0);
  const labels = { ...template.metadata?.labels, [hashLabel]: hash };
  return {
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace,
      labels,
      annotations,
      ownerReferences: [controllerReference(deployment, deployments)],
    },
    spec: {
      replicas,
      ...(minReadySeconds && { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector?.matchLabels, [hashLabel]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}
