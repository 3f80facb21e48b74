// A Namespace's conditions while it is being deleted (api.md §11). Pure.

import type { Namespace } from '#api/index.ts';
import { timestamp } from '#api/schema/time.ts';

type NamespaceStatus = NonNullable<Namespace['status']>;
type NamespaceCondition = NonNullable<NamespaceStatus['conditions']>[number];

/** What was found in one resource after its deletion was asked for. */
export interface Remains {
  /** `pods.`, `deployments.apps`: with the dot that upstream has also where there is no group. */
  readonly resource: string;
  readonly count: number;
  /** How many objects wait for each finalizer. */
  readonly finalizers: Readonly<Record<string, number>>;
}
export interface Findings {
  readonly remains: readonly Remains[];
  readonly discoveryError?: string | undefined;
  readonly deletionErrors: readonly string[];
}

export const isEmpty = ({ remains, discoveryError, deletionErrors }: Findings): boolean =>
  !discoveryError && deletionErrors.length === 0 && remains.every(({ count }) => count === 0);

export function planStatus(namespace: Namespace, findings: Findings, now: Date): NamespaceStatus {
  const before = namespace.status?.conditions ?? [];
  const conditions = describe(findings).map((next): NamespaceCondition => {
    const old = before.find(({ type }) => type === next.type);
    const lastTransitionTime = old?.status === next.status ? old.lastTransitionTime : timestamp(now);
    return { ...next, lastTransitionTime };
  });
  return { ...namespace.status, phase: 'Terminating', conditions };
}

function describe({
  remains,
  discoveryError,
  deletionErrors,
}: Findings): Omit<NamespaceCondition, 'lastTransitionTime'>[] {
  const left = remains.filter(({ count }) => count > 0);
  const finalizers = new Map<string, number>();
  for (const [name, count] of left.flatMap((each) => Object.entries(each.finalizers))) {
    finalizers.set(name, (finalizers.get(name) ?? 0) + count);
  }
  const instances = left
    .map(({ resource, count }) => `${resource} has ${count} resource instances`)
    .sort()
    .join(', ');
  const waits = [...finalizers]
    .map(([name, count]) => `${name} in ${count} resource instances`)
    .sort()
    .join(', ');
  const condition = (type: string, problem: string, reason: string, ok: [reason: string, message: string]) => ({
    type,
    status: problem ? 'True' : 'False',
    reason: problem ? reason : ok[0],
    message: problem || ok[1],
  });
  return [
    condition('NamespaceDeletionDiscoveryFailure', discoveryError ?? '', 'DiscoveryFailed', [
      'ResourcesDiscovered',
      'All resources successfully discovered',
    ]),
    condition('NamespaceDeletionGroupVersionParsingFailure', '', 'GroupVersionParsingFailed', [
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ]),
    condition('NamespaceDeletionContentFailure', deletionErrors.join('; '), 'ContentDeletionFailed', [
      'ContentDeleted',
      'All content successfully deleted, may be waiting on finalization',
    ]),
    condition(
      'NamespaceContentRemaining',
      instances && `Some resources are remaining: ${instances}`,
      'SomeResourcesRemain',
      ['ContentRemoved', 'All content successfully removed'],
    ),
    condition(
      'NamespaceFinalizersRemaining',
      waits && `Some content in the namespace has finalizers remaining: ${waits}`,
      'SomeFinalizersRemain',
      ['ContentHasNoFinalizers', 'All content-preserving finalizers finished'],
    ),
  ];
}
