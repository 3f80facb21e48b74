// What is done to a pod besides writing it (api.md §14): the scheduler binds it to a node. A drain evicts it: eviction.ts.

import { type Binding, conflict, invalid, type KubeObject, notSupported, type Pod } from '#api/index.ts';
import { checkRequired } from '#api/kinds/checks.ts';
import { podKind } from '#api/kinds/pod.ts';
import { dns1123Subdomain } from '#api/names.ts';
import { Binding as bindingSchema } from '#api/schema/pod.ts';
import type { HttpResponse } from '#lib/http.ts';
import { decodeObject } from './body.ts';
import { type Call, writeOptions } from './call.ts';
import { nameByUrl, placeInNamespace, timestamp } from './metadata.ts';
import type { Parts } from './parts.ts';
import { respondWithSuccess } from './represent.ts';

const bindingType = { group: '', version: 'v1', kind: 'Binding', schema: bindingSchema } as const;

/** POST pods/NAME/binding: puts the pod on a node, once. */
export async function bind(parts: Parts, call: Call): Promise<HttpResponse> {
  const options = writeOptions(call, 'CreateOptions');
  const binding = decodeObject(call.request, bindingType, options) as Binding;
  placeInNamespace(call.kind, binding, call.at);
  nameByUrl(binding, call.at);
  const { kind = '', name: node = '' } = binding.target;
  const problems = checkRequired('target.name', node, dns1123Subdomain);
  if (kind && kind !== 'Node') problems.unshift(notSupported('target.kind', kind, ['Node', '<empty>']));
  if (problems.length > 0) throw invalid(bindingType, call.at.name, problems);
  const now = timestamp(parts.clock.now());
  const apply = (old: KubeObject) => bound(old as Pod, binding, node, now);
  await parts.writer.update({ ...call.at, kind: call.kind }, { dryRun: options.dryRun, rules: 'none', apply });
  return respondWithSuccess(call, 201);
}

function bound(pod: Pod, { metadata }: Binding, node: string, now: string): Pod {
  const { name = '' } = pod.metadata;
  if (metadata.uid && metadata.uid !== pod.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${pod.metadata.uid}`;
    throw conflict(podKind, name, why);
  }
  if (pod.metadata.deletionTimestamp)
    throw conflict(podKind, name, `pod ${name} is being deleted, cannot be assigned to a host`);
  if (pod.spec.nodeName) {
    throw conflict(podKind, name, `pod ${name} is already assigned to node "${pod.spec.nodeName}"`);
  }
  pod.spec.nodeName = node;
  const conditions = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'PodScheduled');
  conditions.push({ type: 'PodScheduled', status: 'True', lastTransitionTime: now });
  pod.status = { ...pod.status, conditions };
  if (metadata.annotations) pod.metadata.annotations = { ...pod.metadata.annotations, ...metadata.annotations };
  return pod;
}
