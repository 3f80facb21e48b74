// What every cluster is expected to hold besides its own bootstrap objects: the Service of the cluster DNS, under the
// name that tools look for (dns.md §12). The server behind it is a process beside the cluster, not a pod, so its Endpoints
// are written here, as for any server outside a cluster; the controllers mirror them into an EndpointSlice.

import {
  type Endpoints,
  endpoints,
  ignoreNotFound,
  isAlreadyExists,
  type KubeObject,
  type Service,
  services,
} from '#api/index.ts';
import type { Client, Resource } from '#client/index.ts';

const name = 'kube-dns';
const namespace = 'kube-system';
const ports = [
  { name: 'dns', protocol: 'UDP', port: 53 },
  { name: 'dns-tcp', protocol: 'TCP', port: 53 },
];

const service = (clusterIPs: readonly string[]): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: {
    name,
    namespace,
    labels: { 'k8s-app': 'kube-dns', 'kubernetes.io/cluster-service': 'true' },
  },
  spec: {
    ...(clusterIPs.length > 1 && { ipFamilyPolicy: 'RequireDualStack' }),
    clusterIP: clusterIPs[0],
    clusterIPs: [...clusterIPs],
    ports,
  },
});

const endpointsAt = (addresses: readonly string[], port: number): Endpoints => ({
  apiVersion: 'v1',
  kind: 'Endpoints',
  metadata: { name, namespace },
  subsets: [{ addresses: addresses.map((ip) => ({ ip })), ports: ports.map((each) => ({ ...each, port })) }],
});

/**
 * Resolves with the one that was there, undefined when it was made now. Looks first: a Service that is there would be refused
 * for its address, not for its name, as upstream.
 */
async function ensure<T extends KubeObject>(resource: Resource<T>, object: T): Promise<T | undefined> {
  const found = await resource.get(name, namespace).catch(ignoreNotFound);
  if (found) return found;
  try {
    await resource.create(object);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
  return undefined;
}

export interface DnsAddon {
  /** One for each IP family, the primary one first. */
  readonly clusterIPs: readonly string[];
  /** Where the server listens. */
  readonly addresses: readonly string[];
  readonly port: number;
}

/**
 * What is there already, of an earlier run, stays as it is, but for a second address in a cluster that has a second IP family
 * since then: its start waits for answers at both.
 */
export async function createDnsAddon(client: Client, { clusterIPs, addresses, port }: DnsAddon): Promise<void> {
  const wanted = { service: service(clusterIPs), endpoints: endpointsAt(addresses, port) };
  const [foundService, foundEndpoints] = [
    await ensure(client.resource(services), wanted.service),
    await ensure(client.resource(endpoints), wanted.endpoints),
  ];
  const patch = { namespace, type: 'merge' } as const;
  if (foundService && lacks(foundService.spec.clusterIPs, clusterIPs)) {
    const { ipFamilyPolicy } = wanted.service.spec;
    await client.resource(services).patch(name, { spec: { ipFamilyPolicy, clusterIPs: [...clusterIPs] } }, patch);
  }
  const found = foundEndpoints?.subsets?.[0]?.addresses?.map(({ ip }) => ip);
  if (lacks(found, addresses)) {
    await client.resource(endpoints).patch(name, { subsets: wanted.endpoints.subsets }, patch);
  }
}

/** Has the first of these, and no second. */
const lacks = (found: readonly string[] | undefined, wanted: readonly string[]): boolean =>
  found?.length === 1 && found[0] === wanted[0] && wanted.length > 1;
