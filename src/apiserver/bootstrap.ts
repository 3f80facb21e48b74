// What a new cluster has before anybody writes to it (api.md §15, services.md B.4): the system's namespaces, and the
// Service through which pods reach this server. Runs at every start; what is there already stays as it is, except for
// the server's own address. The Service is then looked after for as long as the server runs: whoever deletes it, or its
// endpoints, gets it back.

import { isIPv6 } from 'node:net';
import { setInterval } from 'node:timers/promises';
import {
  type EndpointSlice,
  type Endpoints,
  isAlreadyExists,
  isConflict,
  isNotFound,
  type Kind,
  type KubeObject,
  type Service,
  serviceNameLabel,
} from '#api/index.ts';
import { endpointSliceKind } from '#api/kinds/endpoint-slice.ts';
import { endpointsKind } from '#api/kinds/endpoints.ts';
import { namespaceKind } from '#api/kinds/namespace.ts';
import { serviceKind } from '#api/kinds/service.ts';
import { copyJson } from '#api/schema/json.ts';
import type { Logger } from '#lib/log.ts';
import { deleteObject } from './delete.ts';
import type { Parts } from './parts.ts';
import type { Writer } from './writer.ts';

export interface Advertise {
  readonly address: string;
  readonly port: number;
}

/** Upstream's name for what the server itself writes. */
const fieldManager = 'kube-apiserver';
const namespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

export async function bootstrapNamespaces(writer: Writer): Promise<void> {
  for (const name of namespaces)
    await createIfMissing(writer, namespaceKind as unknown as Kind, { metadata: { name } });
}

/** What the Service should be. Without `advertise` its endpoints are nobody's business here. */
export interface KubernetesService {
  readonly clusterIP: string;
  readonly advertise?: Advertise | undefined;
}

/** Until the server closes. It keeps no process alive. */
export async function keepService(parts: Parts, wanted: KubernetesService, periodMs: number, log: Logger) {
  const { closing: signal } = parts;
  try {
    for await (const _ of setInterval(periodMs, undefined, { signal, ref: false })) {
      await bootstrapService(parts, wanted).catch((error) =>
        log.warn('Cannot keep the Service default/kubernetes, trying again', { error, periodMs }),
      );
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

export async function bootstrapService(parts: Parts, { clusterIP, advertise }: KubernetesService): Promise<void> {
  const { writer } = parts;
  const service: Service = {
    metadata: {
      name: 'kubernetes',
      namespace: 'default',
      labels: { component: 'apiserver', provider: 'kubernetes' },
    },
    spec: {
      type: 'ClusterIP',
      clusterIP,
      ipFamilyPolicy: 'SingleStack',
      sessionAffinity: 'None',
      ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: advertise?.port ?? 6443 }],
    },
  };
  await createIfMissing(writer, serviceKind as unknown as Kind, service);
  if (!advertise) return;
  await put(writer, endpointsKind as unknown as Kind, endpointsOf(advertise));
  const slice = sliceOf(advertise);
  await deleteOtherSlices(parts, slice);
  await put(writer, endpointSliceKind as unknown as Kind, slice);
}

const endpointsOf = ({ address, port }: Advertise): Endpoints => ({
  metadata: {
    name: 'kubernetes',
    namespace: 'default',
    labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' },
  },
  subsets: [{ addresses: [{ ip: address }], ports: [{ name: 'https', port, protocol: 'TCP' }] }],
});

const sliceOf = ({ address, port }: Advertise): EndpointSlice => ({
  metadata: { name: 'kubernetes', namespace: 'default', labels: { [serviceNameLabel]: 'kubernetes' } },
  addressType: isIPv6(address) ? 'IPv6' : 'IPv4',
  endpoints: [{ addresses: [address], conditions: { ready: true } }],
  ports: [{ name: 'https', port, protocol: 'TCP' }],
});

/** Looks first: a Service that is there would be refused for its address, not for its name. */
async function createIfMissing(writer: Writer, kind: Kind, object: KubeObject): Promise<void> {
  const { name = '', namespace } = object.metadata;
  if (await writer.registry.get(kind, { namespace, name })) return;
  try {
    await writer.create(kind, copyJson(object), { dryRun: false, fieldManager });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}

/** Consumers would send clients to what they say. One of our name and the other family goes too: it cannot change. */
async function deleteOtherSlices(parts: Parts, slice: EndpointSlice): Promise<void> {
  const kind = endpointSliceKind as unknown as Kind;
  const { name, namespace = '' } = slice.metadata;
  const { entries } = await parts.registry.store.list(parts.registry.prefixOf(kind, namespace));
  for (const entry of entries) {
    const { metadata, addressType } = parts.registry.decode<EndpointSlice>(entry);
    const isOurs = metadata.name === name;
    const isOther = isOurs ? addressType !== slice.addressType : metadata.labels?.[serviceNameLabel] === name;
    if (!isOther) continue;
    const options = { isDryRun: false, preconditions: { uid: metadata.uid } };
    await deleteObject(parts, { kind, namespace, name: metadata.name ?? '' }, options).catch((error) => {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    });
  }
}

/** Created, or made equal to `object`. */
async function put(writer: Writer, kind: Kind, object: KubeObject): Promise<void> {
  const { name = '', namespace = '' } = object.metadata;
  await createIfMissing(writer, kind, object);
  const apply = (old: KubeObject): KubeObject => ({
    ...copyJson(object),
    metadata: { ...old.metadata, ...copyJson(object.metadata) },
  });
  try {
    await writer.update({ kind, namespace, name }, { apply, rules: 'main', dryRun: false, fieldManager });
  } catch (error) {
    if (!isConflict(error)) throw error;
  }
}
