// What is done to a pod besides writing it (api.md §14): the scheduler binds it to a node, a drain evicts it.

import { type Binding, badRequest, conflict, invalid, type KubeObject, type Pod, required } from '#api/index.ts';
import { podKind } from '#api/kinds/pod.ts';
import type { Infer } from '#api/schema/dsl.ts';
import { Binding as bindingSchema } from '#api/schema/pod.ts';
import { Eviction as evictionSchema } from '#api/schema/policy.ts';
import type { HttpResponse } from '#lib/http.ts';
import { decodeObject } from './body.ts';
import { type Call, writeOptions } from './call.ts';
import { deleteObject, parseDeleteOptions } from './delete.ts';
import { nameByUrl, placeInNamespace, timestamp } from './metadata.ts';
import type { Parts } from './parts.ts';
import { respondWithSuccess } from './represent.ts';

const bindingType = { group: '', version: 'v1', kind: 'Binding', schema: bindingSchema } as const;
const evictionType = { group: 'policy', version: 'v1', kind: 'Eviction', schema: evictionSchema } as const;

/** POST pods/NAME/binding: puts the pod on a node, once. */
export async function bind(parts: Parts, call: Call): Promise<HttpResponse> {
  const options = writeOptions(call, 'CreateOptions');
  const binding = decodeObject(call.request, bindingType, options) as Binding;
  placeInNamespace(call.kind, binding, call.at);
  nameByUrl(binding, call.at);
  const { kind = '', name: node } = binding.target;
  if (!node) throw invalid(bindingType, call.at.name, [required('target.name')]);
  if (kind && kind !== 'Node') throw badRequest(`a pod is bound to a Node, not to a ${kind}`);
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

/** POST pods/NAME/eviction: a delete that disruption budgets may refuse, once there are any. */
export async function evict(parts: Parts, call: Call): Promise<HttpResponse> {
  const options = writeOptions(call, 'CreateOptions');
  const eviction = decodeObject(call.request, evictionType, options) as Infer<typeof evictionSchema>;
  placeInNamespace(call.kind, eviction, call.at);
  nameByUrl(eviction, call.at);
  const deletion = parseDeleteOptions(eviction.deleteOptions ?? {}, options.dryRun ? ['All'] : []);
  await deleteObject(parts, { ...call.at, kind: call.kind }, deletion);
  return respondWithSuccess(call, 201);
}
