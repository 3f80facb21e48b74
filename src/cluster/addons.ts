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

/** Looks first: a Service that is there would be refused for its address, not for its name, as upstream. */
async function ensure<T extends KubeObject>(resource: Resource<T>, object: T): Promise<void> {
  if (await resource.get(name, namespace).catch(ignoreNotFound)) return;
  try {
    await resource.create(object);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}

export interface DnsAddon {
  /** One for each IP family, the primary one first. */
  readonly clusterIPs: readonly string[];
  /** Where the server listens. */
  readonly addresses: readonly string[];
  readonly port: number;
}

/** What is there already, of an earlier run, stays as it is. */
export async function createDnsAddon(client: Client, { clusterIPs, addresses, port }: DnsAddon): Promise<void> {
  await ensure(client.resource(services), service(clusterIPs));
  await ensure(client.resource(endpoints), endpointsAt(addresses, port));
}
