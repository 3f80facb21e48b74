// The namespaces that every cluster has before anybody writes to it (api.md §15).

import { isAlreadyExists, type Kind, type KubeObject } from '#api/index.ts';
import { namespaceKind } from '#api/kinds/namespace.ts';
import { copyJson } from '#api/schema/json.ts';
import type { Writer } from './writer.ts';

/** Upstream's name for what the server itself writes. */
export const serverManager = 'kube-apiserver';
const namespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

export async function bootstrapNamespaces(writer: Writer): Promise<void> {
  for (const name of namespaces)
    await createIfMissing(writer, namespaceKind as unknown as Kind, { metadata: { name } });
}

/** Looks first: a Service that is there would be refused for its address, not for its name. */
export async function createIfMissing(writer: Writer, kind: Kind, object: KubeObject): Promise<void> {
  const { name = '', namespace } = object.metadata;
  if (await writer.registry.get(kind, { namespace, name })) return;
  try {
    await writer.create(kind, copyJson(object), { dryRun: false, fieldManager: serverManager });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}
