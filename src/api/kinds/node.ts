// Node: a machine, or a network namespace that stands for one (api.md §18).

import { isDeepStrictEqual } from 'node:util';
import { parseCidr } from '#lib/cidr.ts';
import { duplicate, type FieldError, forbiddenField, invalidValue } from '../errors.ts';
import type { Kind } from '../kind.ts';
import { labelValue, qualifiedName } from '../names.ts';
import { isNodeReady, nodeCondition } from '../node-conditions.ts';
import { nodes } from '../resources.ts';
import { Node } from '../schema/node.ts';
import { check, checkOptional, checkRequired, oneOf, repeats } from './checks.ts';
import { ageColumn, column, nameColumn, none, wide } from './columns.ts';

const rolePrefix = 'node-role.kubernetes.io/';

function statusCell(node: Node): string {
  const state = nodeCondition(node, 'Ready') ? (isNodeReady(node) ? 'Ready' : 'NotReady') : 'Unknown';
  return node.spec.unschedulable ? `${state},SchedulingDisabled` : state;
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

/** podCIDR is the first of podCIDRs; what nobody reserved can be allocated. */
function setDefaults(node: Node): void {
  node.spec ??= {};
  const { spec, status } = node;
  if (spec.podCIDR && !spec.podCIDRs?.length) spec.podCIDRs = [spec.podCIDR];
  if (spec.podCIDRs?.[0]) spec.podCIDR ||= spec.podCIDRs[0];
  if (status?.capacity) status.allocatable ??= { ...status.capacity };
}

function validate({ spec }: Node): FieldError[] {
  const { taints = [], podCIDRs = [] } = spec;
  const repeated = repeats(taints.map(({ key, effect }) => `${key}:${effect}`));
  const errors = taints.flatMap((taint, i) => [
    ...checkRequired(`spec.taints[${i}].key`, taint.key, qualifiedName),
    ...checkOptional(`spec.taints[${i}].value`, taint.value, labelValue),
    ...oneOf(`spec.taints[${i}].effect`, taint.effect, ['NoExecute', 'NoSchedule', 'PreferNoSchedule']),
    ...(repeated.has(i) ? [duplicate(`spec.taints[${i}]`, taint)] : []),
  ]);
  for (const [i, range] of podCIDRs.entries()) {
    errors.push(
      ...check(`spec.podCIDRs[${i}]`, range, (text) =>
        parseCidr(text) ? [] : ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'],
      ),
    );
  }
  if (podCIDRs.length > 0 && spec.podCIDR !== podCIDRs[0]) {
    errors.push(invalidValue('spec.podCIDR', spec.podCIDR, 'must be the first of `podCIDRs`'));
  }
  return errors;
}

/** Who the node is, and which addresses its pods have, is settled once. */
function validateUpdate({ spec }: Node, { spec: old }: Node): FieldError[] {
  const fixed = (field: string, now: unknown, before: unknown, name = field): FieldError[] =>
    before === undefined || isDeepStrictEqual(now, before)
      ? []
      : [forbiddenField(`spec.${field}`, `node updates may not change ${name} except from "" to valid`)];
  return [
    ...fixed('podCIDRs', spec.podCIDRs, old.podCIDRs, 'podCIDR'),
    ...fixed('providerID', spec.providerID, old.providerID),
  ];
}

export const nodeKind: Kind<Node> = {
  ...nodes,
  singular: 'node',
  shortNames: ['no'],
  schema: Node,
  setDefaults,
  validate,
  validateUpdate,
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
