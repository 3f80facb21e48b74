// What the cluster of the DNS benchmarks holds: Services in fifty namespaces, every fifth headless, each with a slice.

import type { Connection } from '../../scripts/api-process.ts';
import { createAll, podAddresses, serviceBody, servicesPath, sliceBody, slicesPath } from '../fill.ts';

export const domain = 'cluster.local';
export const namespaceCount = 50;

export interface Size {
  readonly services: number;
  /** Of each Service. */
  readonly endpoints: number;
}
export const usual: Size = { services: 5_000, endpoints: 10 };
export const large: Size = { services: 10_000, endpoints: 15 };
export const nameOf = ({ services, endpoints }: Size): string =>
  `${services.toLocaleString('en')} Services, ${(services * endpoints).toLocaleString('en')} endpoints`;

/** A Service as the API server has it. */
export interface Stored {
  readonly name: string;
  readonly namespace: string;
  /** `None` of a headless one. */
  readonly clusterIP: string;
  /** Of its endpoints. */
  readonly addresses: readonly string[];
}

export const isHeadless = ({ clusterIP }: Stored): boolean => clusterIP === 'None';
export const domainName = ({ name, namespace }: Stored): string => `${name}.${namespace}.svc.${domain}`;
export const namespaceOf = (index: number): string => `team-${index % namespaceCount}`;

/** Creates everything; resolves with the Services and the addresses that the API server gave them. */
export async function fillCluster(connections: readonly Connection[], size: Size): Promise<Stored[]> {
  const [connection] = connections as [Connection];
  const namespaces = Array.from({ length: namespaceCount }, (_, i) => ({ metadata: { name: namespaceOf(i) } }));
  await createAll(
    connections,
    namespaces.map((body) => ({ path: '/api/v1/namespaces', body: JSON.stringify(body) })),
  );
  const planned = Array.from({ length: size.services }, (_, i) => ({
    name: `service-${i}`,
    namespace: namespaceOf(i),
    addresses: podAddresses(i, size.endpoints),
    more: i % 5 === 4 ? { clusterIP: 'None' } : {},
  }));
  await createAll(
    connections,
    planned.map(({ name, namespace, more }) => ({ path: servicesPath(namespace), body: serviceBody(name, more) })),
  );
  await createAll(
    connections,
    planned.map(({ name, namespace, addresses }) => ({
      path: slicesPath(namespace),
      body: sliceBody(name, addresses, namespace),
    })),
  );
  const clusterIPs = await clusterIPsOf(connection);
  return planned.map(({ name, namespace, addresses }) => {
    const clusterIP = clusterIPs.get(`${namespace}/${name}`);
    if (clusterIP === undefined) throw new Error(`the Service ${namespace}/${name} has no cluster IP`);
    return { name, namespace, addresses, clusterIP };
  });
}

async function clusterIPsOf(connection: Connection): Promise<Map<string, string>> {
  const { status, body } = await connection.send('GET', '/api/v1/services');
  if (status !== 200) throw new Error(`cannot list Services: ${status} ${body}`);
  const { items } = JSON.parse(String(body)) as {
    items: { metadata: { name: string; namespace: string }; spec: { clusterIP: string } }[];
  };
  return new Map(items.map(({ metadata, spec }) => [`${metadata.namespace}/${metadata.name}`, spec.clusterIP]));
}
