// What the server owns of an object's metadata, the same for all kinds (api.md §6). Whether metadata is well-formed is
// checked by the vocabulary itself, `#api/kinds/metadata.ts`.

import { ApiError, badRequest, type Kind, type KubeObject, type ObjectMeta } from '#api/index.ts';
import { equalJson } from '#api/schema/managed-fields/index.ts';
import { timestamp } from '#api/schema/time.ts';
import type { ResourceInfo } from './request.ts';

export { timestamp };

/** The namespace of the URL goes into the object; one that is there already must be the same. Else there is none. */
export function placeInNamespace(kind: Kind, { metadata }: KubeObject, { namespace }: ResourceInfo): void {
  if (!kind.namespaced) {
    delete metadata.namespace;
    return;
  }
  if (metadata.namespace && metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  metadata.namespace = namespace;
}

/** Like {@link assertName}, for what is posted to a sub-resource and need not repeat the name. */
export function nameByUrl(object: KubeObject, at: ResourceInfo): void {
  object.metadata.name ||= at.name;
  assertName(object, at);
}

export function assertName({ metadata }: KubeObject, { name }: ResourceInfo): void {
  if (!metadata.name) {
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  }
  if (metadata.name !== name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  }
}

/** A new object's metadata: nothing that only the server may set survives. */
export function prepareNew({ metadata }: KubeObject, kind: Kind, uid: string, now: Date): void {
  if (metadata.resourceVersion) {
    const why = 'resourceVersion should not be set on objects to be created';
    // Upstream gives no reason with this one.
    throw new ApiError(500, '', why);
  }
  for (const owned of serverOwned) delete metadata[owned];
  metadata.uid = uid;
  metadata.creationTimestamp = timestamp(now);
  if (kind.hasGeneration) metadata.generation = 1;
}

const serverOwned = [
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generation',
  'selfLink',
] as const satisfies (keyof ObjectMeta)[];

/** A changed object's metadata: what the server owns stays as it was. */
export function keepOwned({ metadata }: KubeObject, { metadata: old }: KubeObject): void {
  for (const owned of serverOwned) {
    delete metadata[owned];
    if (old[owned] !== undefined) Object.assign(metadata, { [owned]: old[owned] });
  }
  metadata.name = old.name;
  if (old.namespace) metadata.namespace = old.namespace;
  else delete metadata.namespace;
  if (old.generateName && !metadata.generateName) metadata.generateName = old.generateName;
}

/** Whether something changed that `generation` counts. */
export function countsAsChange(kind: Kind, object: KubeObject, old: KubeObject): boolean {
  const { annotations = {}, labels = {} } = object.metadata;
  if (kind.generationCountsAnnotations && !equalJson(annotations, old.metadata.annotations ?? {})) return true;
  if (kind.generationCountsLabels && !equalJson(labels, old.metadata.labels ?? {})) return true;
  return !equalJson(wanted(object), wanted(old));
}

const wanted = ({ metadata: _metadata, kind: _kind, apiVersion: _apiVersion, ...rest }: KubeObject): object => {
  const { status: _status, ...spec } = rest as Record<string, unknown>;
  return spec;
};
