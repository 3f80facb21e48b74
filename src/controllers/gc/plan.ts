// What the garbage collector does with one object: delete it, loosen it from owners, or let its own deletion go on
// (api.md §11). Pure.

import type { OwnerReference } from '#api/index.ts';
import { type GraphNode, ownersOf } from './graph.ts';

export const foregroundFinalizer = 'foregroundDeletion';
export const orphanFinalizer = 'orphan';

export type OwnerState =
  /** There, and not waiting for its dependents to go. */
  | 'solid'
  /** Being deleted in the foreground: it waits for this object. */
  | 'waiting'
  | 'absent';

export type GarbageAction =
  | { readonly type: 'none' }
  | { readonly type: 'delete'; readonly propagationPolicy: 'Background' | 'Foreground' | 'Orphan' }
  /** The owner references that it is to have. */
  | { readonly type: 'setOwners'; readonly owners: OwnerReference[] };

export const isForeground = ({ metadata }: GraphNode): boolean =>
  Boolean(metadata.deletionTimestamp && metadata.finalizers?.includes(foregroundFinalizer));
export const isOrphaning = ({ metadata }: GraphNode): boolean =>
  Boolean(metadata.deletionTimestamp && metadata.finalizers?.includes(orphanFinalizer));

/** @param dependents of the object itself */
export function planDependent(
  node: GraphNode,
  dependents: readonly GraphNode[],
  stateOf: (owner: OwnerReference) => OwnerState,
): GarbageAction {
  const owners = ownersOf(node);
  if (owners.length === 0 || node.metadata.deletionTimestamp) return { type: 'none' };
  const states = owners.map((owner) => ({ owner, state: stateOf(owner) }));
  const solid = states.filter(({ state }) => state === 'solid').map(({ owner }) => owner);
  if (solid.length === owners.length) return { type: 'none' };
  if (solid.length > 0) return { type: 'setOwners', owners: solid };
  // An owner that waits for this object must wait for what this object owns as well.
  const isAwaited = states.some(({ state }) => state === 'waiting') && dependents.length > 0;
  if (isAwaited) {
    // In a circle everybody would wait for the other: this object stops keeping its owners, and is deleted the next time.
    const isCircle = dependents.some(isForeground) && owners.some((owner) => owner.blockOwnerDeletion);
    if (isCircle)
      return { type: 'setOwners', owners: owners.map((owner) => ({ ...owner, blockOwnerDeletion: false })) };
    return { type: 'delete', propagationPolicy: 'Foreground' };
  }
  const finalizers = node.metadata.finalizers ?? [];
  if (finalizers.includes(orphanFinalizer)) return { type: 'delete', propagationPolicy: 'Orphan' };
  if (finalizers.includes(foregroundFinalizer)) return { type: 'delete', propagationPolicy: 'Foreground' };
  return { type: 'delete', propagationPolicy: 'Background' };
}

/** The dependents that keep an owner, deleted in the foreground, from going. */
export const blocking = (owner: GraphNode, dependents: readonly GraphNode[]): GraphNode[] =>
  dependents.filter((dependent) =>
    ownersOf(dependent).some(({ uid, blockOwnerDeletion }) => uid === owner.metadata.uid && blockOwnerDeletion),
  );
