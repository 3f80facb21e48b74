// What an event needs to know of the object that it is about.

import type { KubeObject } from '#api/index.ts';

/** Enough of an object for an event about it, so that the object itself is not kept. */
export function referenceTo({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion } = metadata;
  return { apiVersion, kind, metadata: { name, namespace, uid, resourceVersion } };
}
