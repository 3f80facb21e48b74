// Objects on their way into the store: copies of what the cache shares, and the form that is stored.

import type { Kind, KubeObject, ObjectMeta } from '#api/index.ts';
import { copyJson } from '#api/schema/json.ts';
import { prune } from '#api/schema/strict.ts';

/** Of what the cache shares. Who owns what is replaced as a whole, never changed in place. */
export function privateCopy(object: KubeObject): KubeObject {
  const { managedFields, ...metadata } = object.metadata;
  const copy = copyJson({ ...object, metadata });
  own(copy, managedFields);
  return copy;
}

export function own({ metadata }: KubeObject, entries: ObjectMeta['managedFields']): void {
  if (entries) metadata.managedFields = entries;
  else delete metadata.managedFields;
}

export function withoutVersion({ kind: _kind, apiVersion: _apiVersion, metadata, ...rest }: KubeObject): object {
  const { resourceVersion: _version, managedFields: _owners, ...others } = metadata;
  return { ...rest, metadata: others };
}

/** The form that is stored. Ownership is in canonical form from the start. */
export function canonical(kind: Kind, { metadata: { managedFields, ...metadata }, ...rest }: KubeObject): KubeObject {
  const object = prune(kind.schema, { ...rest, metadata }) as KubeObject;
  own(object, managedFields);
  return object;
}

export function copyField(object: KubeObject, old: KubeObject, field: string): void {
  const value = (old as unknown as Record<string, unknown>)[field];
  const into = object as unknown as Record<string, unknown>;
  if (value === undefined) delete into[field];
  else into[field] = copyJson(value);
}
