// What every cluster is expected to hold besides its own bootstrap objects: the Service of the cluster DNS, under the
// name that tools look for (dns.md §12). The server behind it is a process beside the cluster, not a pod, so its Endpoints
// are written here, as for any server outside a cluster; the controllers mirror them into an EndpointSlice.

import { type Endpoints, endpoints, isAlreadyExists, type Service, services } from '#api/index.ts';
import type { Client } from '#client/index.ts';

const name = 'kube-dns';
const namespace = 'kube-system';
const ports = [
  { name: 'dns', protocol: 'UDP', port: 53 },
  { name: 'dns-tcp', protocol: 'TCP', port: 53 },
];

const service = (clusterIP: string): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: {
    name,
    namespace,
    labels: { 'k8s-app': 'kube-dns', 'kubernetes.io/cluster-service': 'true' },
  },
  spec: { clusterIP, ports },
});

const endpointsAt = (address: string, port: number): Endpoints => ({
  apiVersion: 'v1',
  kind: 'Endpoints',
  metadata: { name, namespace },
  subsets: [{ addresses: [{ ip: address }], ports: ports.map((each) => ({ ...each, port })) }],
});

async function ensure(creation: Promise<unknown>): Promise<void> {
  try {
    await creation;
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}

export interface DnsAddon {
  readonly clusterIP: string;
  /** Where the server listens. */
  readonly address: string;
  readonly port: number;
}

export async function createDnsAddon(client: Client, { clusterIP, address, port }: DnsAddon): Promise<void> {
  await ensure(client.resource(services).create(service(clusterIP)));
  await ensure(client.resource(endpoints).create(endpointsAt(address, port)));
}
