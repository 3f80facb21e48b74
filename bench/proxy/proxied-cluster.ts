// An API server full of Services with a service proxy that follows it, and Services among them of which new connections
// show what the proxy has done.

import type { Service } from '#api/index.ts';
import { ApiProcess, type Connection } from '../../scripts/api-process.ts';
import {
  createAll,
  endpointsAt,
  podAddresses,
  serviceBody,
  servicesPath,
  sliceBody,
  sliceName,
  slicesPath,
} from '../fill.ts';
import { localAddresses, ports, reaches } from './paths.ts';
import { ProxyProcess, type ProxyProgram } from './proxy-process.ts';

export interface Filling {
  readonly services: number;
  /** Of each. */
  readonly endpoints: number;
  /** How many of the Services have endpoints that can be reached. */
  readonly probed: number;
}

/** A Service whose endpoints can be reached, so that changes of theirs can be seen. */
export interface Probed {
  readonly name: string;
  readonly clusterIP: string;
  /** Index of the present one of {@link ports}. */
  current: number;
}

export interface ProxiedCluster {
  readonly api: ApiProcess;
  readonly connections: readonly [Connection, ...Connection[]];
  /** Started, and not ready yet. */
  readonly proxy: ProxyProcess;
  readonly probed: readonly Probed[];
}

/** Runs `work` with a proxy that is started when the API server has all Services; needs the servers of paths.ts. */
export async function withCluster<T>(
  filling: Filling,
  work: (cluster: ProxiedCluster) => Promise<T>,
  program?: ProxyProgram,
): Promise<T> {
  const api = await ApiProcess.create();
  let proxy: ProxyProcess | undefined;
  try {
    await api.start();
    const connections = await Promise.all([api.connect(), api.connect(), api.connect(), api.connect()]);
    const probed = await fill(connections, filling);
    proxy = await ProxyProcess.start(await api.writeKubeconfig(), program);
    const result = await work({ api, connections, proxy, probed });
    for (const connection of connections) connection.close();
    return result;
  } finally {
    await proxy?.remove();
    await api.remove();
  }
}

async function fill(
  connections: ProxiedCluster['connections'],
  { services, endpoints, probed }: Filling,
): Promise<Probed[]> {
  const names = Array.from({ length: services }, (_, i) => `service-${i}`);
  await createAll(
    connections,
    names.map((name) => ({ path: servicesPath('default'), body: serviceBody(name) })),
  );
  const addresses = (i: number) => (i < probed ? localAddresses(endpoints) : podAddresses(i, endpoints));
  await createAll(
    connections,
    names.map((name, i) => ({ path: slicesPath('default'), body: sliceBody(name, addresses(i)) })),
  );
  const { body } = await connections[0].send('GET', servicesPath('default'));
  const { items } = JSON.parse(String(body)) as { items: Service[] };
  const clusterIPs = new Map(items.map(({ metadata, spec }) => [metadata.name, spec.clusterIP]));
  return names.slice(0, probed).map((name) => ({ name, clusterIP: clusterIPs.get(name) ?? '', current: 0 }));
}

/** Gives all endpoints of a Service another port; resolves when that is answered. */
const changePort = (connection: Connection, name: string, port: number): Promise<void> =>
  patchSlice(connection, name, { ports: [{ name: 'http', port, protocol: 'TCP' }] });

/** Puts one of two endpoints in the place of the other. */
export function changeEndpoint(connection: Connection, index: number, endpoints: number, turn: number): Promise<void> {
  const name = `service-${index}`;
  const addresses = podAddresses(index, endpoints + 1).filter((_, i) => i !== endpoints - (turn % 2));
  return patchSlice(connection, name, { endpoints: endpointsAt(name, addresses) });
}

async function patchSlice(connection: Connection, name: string, change: object): Promise<void> {
  const path = `${slicesPath('default')}/${sliceName(name)}`;
  const patch = JSON.stringify(change);
  const { status, body } = await connection.send('PATCH', path, patch, 'application/merge-patch+json');
  if (status !== 200) throw new Error(`PATCH ${path}: ${status} ${body}`);
}

/** From when it was due to be written at the API to the first connection that takes the new way. */
export async function change(connection: Connection, probed: Probed, due = performance.now()): Promise<number> {
  probed.current = 1 - probed.current;
  const port = ports[probed.current] as number;
  await changePort(connection, probed.name, port);
  return (await reaches(probed.clusterIP, port)) - due;
}

/** Changes one after the other, each `pauseMs` after the one before is seen. */
export async function changeTimes(
  connection: Connection,
  probed: readonly Probed[],
  changes: number,
  pauseMs: number,
): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < changes; i++) {
    times.push(await change(connection, probed[i % probed.length] as Probed));
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  return times;
}
