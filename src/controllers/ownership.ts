// How a workload comes to own what its selector matches (ControllerRef).

import { apiVersionOf, controllerOf, type KubeObject, type OwnerReference, type ResourceRef } from '#api/index.ts';
import type { Resource } from '#client/index.ts';

export const controllerReference = (owner: KubeObject, ref: ResourceRef): OwnerReference => ({
  apiVersion: apiVersionOf(ref),
  kind: ref.kind,
  name: owner.metadata.name ?? '',
  uid: owner.metadata.uid ?? '',
  controller: true,
  blockOwnerDeletion: true,
});

export interface Claim<T> {
  /** What the owner has after the claim: controlled by it and matching. */
  readonly mine: T[];
  readonly adopt: T[];
  readonly release: T[];
}

/** Sorts candidates: matching orphans are adopted, what no longer matches is released, the rest is somebody else's. */
export function claim<T extends KubeObject>(
  owner: KubeObject,
  candidates: Iterable<T>,
  matches: (object: T) => boolean,
): Claim<T> {
  const result: Claim<T> = { mine: [], adopt: [], release: [] };
  const deleting = Boolean(owner.metadata.deletionTimestamp);
  for (const object of candidates) {
    const controller = controllerOf(object);
    if (controller && controller.uid !== owner.metadata.uid) continue;
    if (controller) {
      if (matches(object)) result.mine.push(object);
      else if (!deleting) result.release.push(object);
    } else if (!deleting && !object.metadata.deletionTimestamp && matches(object)) {
      result.adopt.push(object);
      result.mine.push(object);
    }
  }
  return result;
}

/** Writes a claim. Each patch names the version it was decided on, so a lost race is a Conflict. */
export async function settle<T extends KubeObject>(
  resource: Resource<T>,
  { adopt, release }: Claim<T>,
  reference: OwnerReference,
): Promise<void> {
  const write = (object: T, ownerReferences: OwnerReference[]) => {
    const { name = '', namespace, resourceVersion } = object.metadata;
    return resource.patch(name, { metadata: { resourceVersion, ownerReferences } }, { namespace, type: 'merge' });
  };
  for (const object of adopt) await write(object, [...(object.metadata.ownerReferences ?? []), reference]);
  for (const object of release) {
    await write(
      object,
      (object.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== reference.uid),
    );
  }
}
