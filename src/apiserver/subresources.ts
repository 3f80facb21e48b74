// The sub-resources of every resource: what discovery says of them, and what serves them. Those of a pod's containers
// need its kubelet; kubelet-proxy.ts has them, and reverse-proxy/ what leads to pods, Services and nodes.

import type { Kind } from '#api/index.ts';
import type { HttpResponse } from '#lib/http.ts';
import type { Call } from './call.ts';
import { evict } from './eviction.ts';
import { finalize } from './finalize.ts';
import { get } from './get.ts';
import type { Parts } from './parts.ts';
import { patch } from './patch.ts';
import { bind } from './pod-subresources.ts';
import { getScale, patchScale, scaleType, updateScale } from './scale.ts';
import { update } from './update.ts';

export type Handler = (parts: Parts, call: Call) => Promise<HttpResponse>;

export interface Subresource {
  readonly name: string;
  /** Of what is read and written there. */
  readonly type: { readonly group: string; readonly version: string; readonly kind: string };
  readonly handlers: Readonly<Partial<Record<string, Handler>>>;
  /** Verbs that somebody else serves: the kubelet, or what is behind a proxy. */
  readonly connectVerbs?: readonly string[];
}

const v1 = (kind: string) => ({ group: '', version: 'v1', kind });
const podSubresources: readonly Subresource[] = [
  { name: 'attach', type: v1('PodAttachOptions'), handlers: {}, connectVerbs: ['create', 'get'] },
  { name: 'binding', type: v1('Binding'), handlers: { create: bind } },
  { name: 'eviction', type: { group: 'policy', version: 'v1', kind: 'Eviction' }, handlers: { create: evict } },
  { name: 'exec', type: v1('PodExecOptions'), handlers: {}, connectVerbs: ['create', 'get'] },
  { name: 'log', type: v1('Pod'), handlers: {}, connectVerbs: ['get'] },
  { name: 'portforward', type: v1('PodPortForwardOptions'), handlers: {}, connectVerbs: ['create', 'get'] },
];

const proxyVerbs = ['create', 'delete', 'get', 'patch', 'update'];
const proxied = new Set(['Node', 'Pod', 'Service']);

export function subresourcesOf(kind: Kind): Subresource[] {
  const found: Subresource[] = [];
  if (kind.group === '' && proxied.has(kind.kind)) {
    found.push({ name: 'proxy', type: v1(`${kind.kind}ProxyOptions`), handlers: {}, connectVerbs: proxyVerbs });
  }
  if (kind.group === '' && kind.kind === 'Pod') found.push(...podSubresources);
  if (kind.group === '' && kind.kind === 'Namespace') {
    found.push({ name: 'finalize', type: kind, handlers: { update: finalize } });
  }
  if (kind.scale) {
    found.push({ name: 'scale', type: scaleType, handlers: { get: getScale, patch: patchScale, update: updateScale } });
  }
  if (kind.hasStatus) found.push({ name: 'status', type: kind, handlers: { get, patch, update } });
  return found;
}

export const verbsOf = ({ handlers, connectVerbs = [] }: Subresource): string[] =>
  [...Object.keys(handlers), ...connectVerbs].sort();
