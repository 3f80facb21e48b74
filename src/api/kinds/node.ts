// Node: a machine, or a network namespace that stands for one (api.md §18).

import type { Kind } from '../kind.ts';
import { nodes } from '../resources.ts';
import { Node } from '../schema/node.ts';
import { ageColumn, column, nameColumn, none, wide } from './columns.ts';

const rolePrefix = 'node-role.kubernetes.io/';

function statusCell({ spec, status }: Node): string {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const state = ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown';
  return spec.unschedulable ? `${state},SchedulingDisabled` : state;
}

function rolesCell({ metadata }: Node): string {
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    const role = key.startsWith(rolePrefix) ? key.slice(rolePrefix.length) : key === 'kubernetes.io/role' ? value : '';
    if (role) roles.add(role);
  }
  return [...roles].sort().join(',') || none;
}

const address = ({ status }: Node, type: string): string =>
  status?.addresses?.find((candidate) => candidate.type === type)?.address || none;
const unknown = '<unknown>';

export const nodeKind: Kind<Node> = {
  ...nodes,
  singular: 'node',
  shortNames: ['no'],
  schema: Node,
  nameFormat: 'dns1123Subdomain',
  columns: [
    nameColumn,
    column('Status', 'Whether the node is ready and takes pods', statusCell),
    column('Roles', 'Roles, from the node-role.kubernetes.io labels', rolesCell),
    ageColumn,
    column('Version', 'Version of its kubelet', ({ status }) => status?.nodeInfo?.kubeletVersion ?? ''),
    wide('Internal-IP', 'Address inside the cluster', (node) => address(node, 'InternalIP')),
    wide('External-IP', 'Address outside the cluster', (node) => address(node, 'ExternalIP')),
    wide('OS-Image', 'Operating system', ({ status }) => status?.nodeInfo?.osImage || unknown),
    wide('Kernel-Version', 'Version of the kernel', ({ status }) => status?.nodeInfo?.kernelVersion || unknown),
    wide(
      'Container-Runtime',
      'What runs its containers',
      ({ status }) => status?.nodeInfo?.containerRuntimeVersion || unknown,
    ),
  ],
  selectableFields: { 'spec.unschedulable': ({ spec }) => String(spec.unschedulable ?? false) },
  hasStatus: true,
};
