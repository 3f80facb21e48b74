// What the server demands of a write that needs a look at other objects, or at which object it is: namespaces must exist
// and live, and some may not be deleted (api.md §6, §11). What depends on the object alone is its kind's own.

import { ApiError, forbidden, type Kind, type KubeObject, type Namespace, notFound } from '#api/index.ts';
import { namespaceKind } from '#api/kinds/namespace.ts';
import type { Registry } from './registry.ts';

/** 404 or 403 unless new objects may be made in the namespace. */
export async function assertNamespaceOpen(registry: Registry, kind: Kind, object: KubeObject): Promise<void> {
  const { namespace } = object.metadata;
  if (!kind.namespaced || !namespace) return;
  const entry = await registry.get(namespaceKind as unknown as Kind, { name: namespace });
  if (!entry) throw notFound({ group: '', resource: 'namespaces' }, namespace);
  const { metadata, status } = registry.decode<Namespace>(entry);
  if (!metadata.deletionTimestamp && status?.phase !== 'Terminating') return;
  const { group, resource } = kind;
  const qualified = group ? `${resource}.${group}` : resource;
  const name = object.metadata.name ?? '';
  throw forbidden(
    `${qualified} "${name}" is forbidden: unable to create new content in namespace ${namespace} because it is being terminated`,
    {
      name,
      ...(group && { group }),
      kind: resource,
      causes: [
        {
          reason: 'NamespaceTerminating',
          message: `namespace ${namespace} is being terminated`,
          field: 'metadata.namespace',
        },
      ],
    },
  );
}

const protectedNamespaces = new Set(['default', 'kube-system', 'kube-public']);
export function assertDeletable(kind: Kind, name: string): void {
  if (kind.group === '' && kind.kind === 'Namespace' && protectedNamespaces.has(name)) {
    throw new ApiError(403, 'Forbidden', `namespaces "${name}" is forbidden: this namespace may not be deleted`, {
      name,
      kind: 'namespaces',
    });
  }
}
