// What a new cluster has before anybody writes to it (api.md §15, services.md B.4): the system's namespaces, and the
// Service through which pods reach this server. Runs at every start; what is there already stays as it is, except for
// the server's own address.

import { isIPv6 } from 'node:net';
import {
  type EndpointSlice,
  type Endpoints,
  isAlreadyExists,
  isConflict,
  type Kind,
  type KubeObject,
  type Service,
  serviceNameLabel,
} from '#api/index.ts';
import { endpointSliceKind } from '#api/kinds/endpoint-slice.ts';
import { endpointsKind } from '#api/kinds/endpoints.ts';
import { namespaceKind } from '#api/kinds/namespace.ts';
import { serviceKind } from '#api/kinds/service.ts';
import type { Writer } from './writer.ts';

export interface Advertise {
  readonly address: string;
  readonly port: number;
}

const namespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

export async function bootstrapNamespaces(writer: Writer): Promise<void> {
  for (const name of namespaces)
    await createIfMissing(writer, namespaceKind as unknown as Kind, { metadata: { name } });
}

export async function bootstrapService(writer: Writer, clusterIP: string, advertise: Advertise | undefined) {
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
  await put(writer, endpointSliceKind as unknown as Kind, sliceOf(advertise));
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
    await writer.create(kind, structuredClone(object), { dryRun: false });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}

/** Created, or made equal to `object`; a slice of the other address family, which cannot change, is left to its owner. */
async function put(writer: Writer, kind: Kind, object: KubeObject): Promise<void> {
  const { name = '', namespace = '' } = object.metadata;
  await createIfMissing(writer, kind, object);
  const apply = (old: KubeObject): KubeObject => ({
    ...structuredClone(object),
    metadata: { ...old.metadata, ...structuredClone(object.metadata) },
  });
  try {
    await writer.update({ kind, namespace, name }, { apply, rules: 'main', dryRun: false });
  } catch (error) {
    if (!isConflict(error)) throw error;
  }
}
