// Services and their slices in an API server, many at a time.

import type { Connection } from '../scripts/api-process.ts';

export interface Write {
  readonly path: string;
  readonly body: string;
}

export const servicesPath = (namespace: string): string => `/api/v1/namespaces/${namespace}/services`;
export const slicesPath = (namespace: string): string =>
  `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;

/** @param more of the spec, such as a clusterIP. */
export const serviceBody = (name: string, more: object = {}): string =>
  JSON.stringify({
    kind: 'Service',
    apiVersion: 'v1',
    metadata: { name, labels: { app: name, tier: 'bench' } },
    spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 8080 }], ...more },
  });

/** The one slice of a Service, as its controller would name it. */
export const sliceName = (service: string): string => `${service}-x7k2p`;

export const sliceBody = (service: string, addresses: readonly string[], namespace = 'default'): string =>
  JSON.stringify({
    kind: 'EndpointSlice',
    apiVersion: 'discovery.k8s.io/v1',
    metadata: { name: sliceName(service), labels: { 'kubernetes.io/service-name': service } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints: endpointsAt(service, addresses, namespace),
  });

export const endpointsAt = (service: string, addresses: readonly string[], namespace = 'default') =>
  addresses.map((address, i) => ({
    addresses: [address],
    conditions: { ready: true, serving: true, terminating: false },
    nodeName: `node-${i}`,
    targetRef: { kind: 'Pod', name: `${service}-${i}`, namespace },
  }));

/** Addresses of the pods of the Service with this number; no two Services share one. */
export const podAddresses = (index: number, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `10.${(index >> 8) & 255}.${index & 255}.${i + 1}`);

/** Creates everything with so many requests in flight; resolves with the requests a second. */
export async function createAll(
  connections: readonly Connection[],
  writes: readonly Write[],
  inFlight = 64,
): Promise<number> {
  let next = 0;
  const begin = performance.now();
  const worker = async (connection: Connection) => {
    for (;;) {
      const write = writes[next++];
      if (!write) return;
      const { status, body } = await connection.send('POST', write.path, write.body);
      if (status !== 201) throw new Error(`POST ${write.path}: ${status} ${body}`);
    }
  };
  await Promise.all(
    Array.from({ length: inFlight }, (_, i) => worker(connections[i % connections.length] as Connection)),
  );
  return (writes.length / (performance.now() - begin)) * 1000;
}
