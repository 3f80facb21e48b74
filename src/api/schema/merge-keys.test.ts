// Which lists and maps of the served kinds merge in a strategic merge patch, and by which key: facts of the public API
// (api.md §10.2). The tables of this folder must have all of them, for what they declare, and no others.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kinds } from '../kinds/index.ts';
import type { Message, Type } from './dsl.ts';
import { fieldsOf } from './fields.ts';

/** `field(key)`, `field()` for sets of scalars, `field*` with retainKeys, `field!` for a map that is replaced. */
const facts: Readonly<Record<string, string>> = {
  'meta.v1.ObjectMeta': 'ownerReferences(uid) finalizers()',
  'core.v1.PersistentVolumeClaimStatus': 'conditions(type)',
  'core.v1.Container': 'ports(containerPort) env(name) volumeMounts(mountPath) volumeDevices(devicePath)',
  'core.v1.EphemeralContainerCommon':
    'ports(containerPort) env(name) volumeMounts(mountPath) volumeDevices(devicePath)',
  'core.v1.ContainerStatus': 'volumeMounts(mountPath) allocatedResourcesStatus(name)',
  'core.v1.PodSpec':
    'volumes(name)* initContainers(name) containers(name) ephemeralContainers(name) imagePullSecrets(name) hostAliases(ip) topologySpreadConstraints(topologyKey) schedulingGates(name) resourceClaims(name)*',
  'core.v1.PodStatus': 'conditions(type) hostIPs(ip) podIPs(ip) resourceClaimStatuses(name)*',
  'core.v1.ReplicationControllerStatus': 'conditions(type)',
  'core.v1.ServiceStatus': 'conditions(type)',
  'core.v1.ServiceSpec': 'ports(port)',
  'core.v1.ServiceAccount': 'secrets(name)',
  'core.v1.NodeSpec': 'podCIDRs()',
  'core.v1.NodeStatus': 'conditions(type) addresses(type)',
  'core.v1.NamespaceStatus': 'conditions(type)',
  'apps.v1.StatefulSetStatus': 'conditions(type)',
  'apps.v1.DeploymentSpec': 'strategy*',
  'apps.v1.DeploymentStatus': 'conditions(type)',
  'apps.v1.DaemonSetStatus': 'conditions(type)',
  'apps.v1.ReplicaSetStatus': 'conditions(type)',
  'batch.v1.JobStatus': 'conditions(type)',
  'autoscaling.v2.HorizontalPodAutoscalerStatus': 'conditions(type)',
  'networking.v1.ServiceCIDRStatus': 'conditions(type)',
  'policy.v1.PodDisruptionBudgetSpec': 'selector!',
  'policy.v1.PodDisruptionBudgetStatus': 'conditions(type)',
};

function collect(type: Type, found: Map<string, Message>): Map<string, Message> {
  if (type.is === 'list' || type.is === 'map') return collect(type.of, found);
  if (type.is !== 'message' || found.has(type.name)) return found;
  found.set(type.name, type);
  for (const inline of type.inlines) collect(inline.of, found);
  for (const field of Object.values(type.fields)) collect(field.of, found);
  return found;
}

const messages = kinds.reduce((found, { schema }) => collect(schema, found), new Map<string, Message>());

/** With those of the structs that it embeds. */
const factsOf = ({ name, inlines }: Message): string[] => [
  ...(facts[name]?.split(' ') ?? []),
  ...inlines.flatMap(({ of }) => factsOf(of)),
];

/** What a message's fields declare, in the notation of the table. */
function declared(message: Message): string[] {
  return [...fieldsOf(message)].flatMap(([name, { rules }]) => {
    const { merge, mergeKey = '', retainKeys, replace } = rules;
    if (!merge && !retainKeys && !replace) return [];
    return [`${name}${merge ? `(${mergeKey})` : ''}${retainKeys ? '*' : ''}${replace ? '!' : ''}`];
  });
}

test('every list and map merges as upstream has it', () => {
  for (const [name, message] of messages) {
    // A field that is not declared here cannot be wrong; that all are is another test's matter.
    const known = factsOf(message).filter((fact) => fieldsOf(message).has(fact.replace(/\W.*/, '')));
    assert.deepEqual(declared(message).sort(), known.sort(), name);
  }
});

test('the table is about types that there are', () => {
  assert.deepEqual(
    Object.keys(facts).filter((name) => !messages.has(name)),
    [],
  );
});
