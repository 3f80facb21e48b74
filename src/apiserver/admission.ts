// What the server adds to objects or demands of them beyond their own kind's rules (api.md §6, §11, §13): namespaces must
// exist and live, keep their name as a label and their finalizer; pods get a service account and the tolerations that
// keep them on a lost node for five minutes.

import { ApiError, forbidden, type Kind, type KubeObject, type Namespace, notFound, type Pod } from '#api/index.ts';
import { namespaceKind } from '#api/kinds/namespace.ts';
import type { Registry } from './registry.ts';

const resourceOf = ({ group, resource }: Kind) => ({ group, resource });

/** 404 or 403 unless new objects may be made in the namespace. */
export async function assertNamespaceOpen(registry: Registry, kind: Kind, object: KubeObject): Promise<void> {
  const { namespace } = object.metadata;
  if (!kind.namespaced || !namespace) return;
  const entry = await registry.get(namespaceKind as unknown as Kind, { name: namespace });
  if (!entry) throw notFound({ group: '', resource: 'namespaces' }, namespace);
  const { metadata, status } = registry.decode<Namespace>(entry);
  if (!metadata.deletionTimestamp && status?.phase !== 'Terminating') return;
  const { group, resource } = resourceOf(kind);
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

/** Changes `object` in place; `old` is undefined for a create. */
export function admit(kind: Kind, object: KubeObject, old: KubeObject | undefined): void {
  if (kind.group !== '') return;
  if (kind.kind === 'Namespace') admitNamespace(object as Namespace, old);
  else if (kind.kind === 'Pod' && !old) admitPod(object as Pod);
}

const nameLabel = 'kubernetes.io/metadata.name';

function admitNamespace(namespace: Namespace, old: KubeObject | undefined): void {
  namespace.metadata.labels = { ...namespace.metadata.labels, [nameLabel]: namespace.metadata.name ?? '' };
  if (old) {
    // Only the finalize sub-resource changes these.
    namespace.spec = structuredClone((old as Namespace).spec);
  } else {
    namespace.spec = { finalizers: [...new Set([...(namespace.spec?.finalizers ?? []), 'kubernetes'])] };
    namespace.status = { phase: 'Active' };
  }
}

const tolerationSeconds = 300;

function admitPod({ spec }: Pod): void {
  spec.serviceAccountName ||= spec.serviceAccount || 'default';
  spec.serviceAccount = spec.serviceAccountName;
  const tolerations = spec.tolerations ?? [];
  for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']) {
    const tolerated = tolerations.some(
      (t) => (t.key === key || !t.key) && (t.effect === 'NoExecute' || !t.effect) && (t.key || t.operator === 'Exists'),
    );
    if (!tolerated) tolerations.push({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds });
  }
  spec.tolerations = tolerations;
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
