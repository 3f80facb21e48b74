// The service proxy by itself, as a process of its own against an API server of its own: how fast it loads, follows and
// keeps up, what it takes, and what connections through it cost. Everything is seen from outside: in the kernel's own
// reports of what changed, in the memory and time that the kernel accounts, in connections that are made.

import { ApiProcess, type Connection } from '../scripts/api-process.ts';
import { median, ms, percentile, report } from './figures.ts';
import {
  createAll,
  endpointsAt,
  podAddresses,
  serviceBody,
  servicesPath,
  sliceBody,
  sliceName,
  slicesPath,
} from './fill.ts';
import { firstPackets } from './first-packet.ts';
import { localAddresses, ports, reaches, startServers } from './paths.ts';
import { ProxyProcess } from './proxy-process.ts';
import { throughput } from './throughput.ts';

const changes = 200;
/** Services of which it is watched where their connections go. */
const probedCount = 20;
const idleSeconds = 10;
const storm = { services: 1_000, perSecond: 1_000, seconds: 60, inFlight: 400 } as const;

const sleep = (duration: number) => new Promise((resolve) => setTimeout(resolve, duration));
const mb = (value: number): string => `${Math.round(value)} MB`;

/** A Service whose endpoints can be reached, so that changes of theirs can be seen. */
interface Probed {
  readonly name: string;
  readonly clusterIP: string;
  /** Index of the present one of {@link ports}. */
  current: number;
}

async function fill(connections: readonly Connection[], services: number, endpoints: number): Promise<Probed[]> {
  const names = Array.from({ length: services }, (_, i) => `service-${i}`);
  await createAll(
    connections,
    names.map((name) => ({ path: servicesPath('default'), body: serviceBody(name) })),
  );
  const addresses = (i: number) => (i < probedCount ? localAddresses(endpoints) : podAddresses(i, endpoints));
  await createAll(
    connections,
    names.map((name, i) => ({ path: slicesPath('default'), body: sliceBody(name, addresses(i)) })),
  );
  const [connection] = connections as [Connection];
  return await Promise.all(
    names.slice(0, probedCount).map(async (name) => {
      const { body } = await connection.send('GET', `${servicesPath('default')}/${name}`);
      return { name, clusterIP: JSON.parse(String(body)).spec.clusterIP as string, current: 0 };
    }),
  );
}

/** Gives all endpoints of a Service another port; resolves when that is answered. */
const changePort = (connection: Connection, name: string, port: number): Promise<void> =>
  patchSlice(connection, name, { ports: [{ name: 'http', port, protocol: 'TCP' }] });

/** Puts one of two endpoints in the place of the other. */
function changeEndpoint(connection: Connection, index: number, endpoints: number, turn: number): Promise<void> {
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
async function change(connection: Connection, probed: Probed, due = performance.now()): Promise<number> {
  probed.current = 1 - probed.current;
  const port = ports[probed.current] as number;
  await changePort(connection, probed.name, port);
  return (await reaches(probed.clusterIP, port)) - due;
}

async function changeTimes(connection: Connection, probed: readonly Probed[]): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < changes; i++) {
    times.push(await change(connection, probed[i % probed.length] as Probed));
    await sleep(20);
  }
  return times;
}

async function withCluster(
  services: number,
  endpoints: number,
  work: (cluster: {
    readonly api: ApiProcess;
    readonly connections: readonly [Connection, ...Connection[]];
    readonly proxy: ProxyProcess;
    readonly probed: Probed[];
  }) => Promise<void>,
): Promise<void> {
  const api = await ApiProcess.create();
  let proxy: ProxyProcess | undefined;
  try {
    await api.start();
    const connections = await Promise.all([api.connect(), api.connect(), api.connect(), api.connect()]);
    const probed = await fill(connections, services, endpoints);
    proxy = await ProxyProcess.start(await api.writeKubeconfig());
    await work({ api, connections, proxy, probed });
    for (const connection of connections) connection.close();
  } finally {
    await proxy?.remove();
    await api.remove();
  }
}

async function large(): Promise<number> {
  let p50 = Number.NaN;
  await withCluster(10_000, 10, async ({ connections: [connection], proxy, probed }) => {
    report('first load, 10,000 Services × 10, from synced caches', ms(proxy.firstLoadMs), '2.5 s');
    await sleep(2_000);
    const before = proxy.processorSeconds();
    await sleep(idleSeconds * 1000);
    const busy = ((proxy.processorSeconds() - before) / idleSeconds) * 100;
    const times = await changeTimes(connection, probed);
    p50 = median(times);
    report('one endpoint changes, 10,000 × 10: p50, p99', `${ms(p50)}, ${ms(percentile(times, 0.99))}`, '30 ms, 60 ms');
    report('processor with nothing changing', `${busy.toFixed(1)} %`, '1 %');
    report('resident memory, 10,000 × 10', mb(proxy.residentMB()), '250 MB');
  });
  return p50;
}

async function small(largeP50: number): Promise<void> {
  await withCluster(100, 10, async ({ connections: [connection], proxy, probed }) => {
    const times = await changeTimes(connection, probed);
    const ratio = median(times) / largeP50;
    const figures = `${ms(median(times))}, ${ms(percentile(times, 0.99))} (${ratio.toFixed(2)} of it)`;
    report('the same with 100 Services: p50, p99', figures, '≥ 0.5 of it');
    report('resident memory, 100 × 10', mb(proxy.residentMB()), '-');
  });
}

/** Every Service changes once a second, one after the other; of some it is watched how late. */
async function underStorm(): Promise<void> {
  await withCluster(storm.services, 10, async ({ api, connections, proxy, probed }) => {
    const times: number[] = [];
    const pending = new Set<Promise<unknown>>();
    const track = (work: Promise<unknown>) => {
      const done = work.finally(() => pending.delete(done));
      pending.add(done);
    };
    let mostPending = 0;
    const busy = [api, proxy].map((part) => part.processorSeconds());
    const begin = performance.now();
    const total = storm.perSecond * storm.seconds;
    for (let i = 0; i < total; await sleep(1)) {
      const due = Math.min(total, Math.floor(((performance.now() - begin) / 1000) * storm.perSecond));
      // Who waits for a request to be sent is counted in: the time begins when it was due.
      for (; i < due && pending.size < storm.inFlight; i++) {
        const index = i % storm.services;
        const connection = connections[index % connections.length] as Connection;
        const watched = probed[index];
        track(
          watched
            ? change(connection, watched, begin + (i / storm.perSecond) * 1000).then((time) => times.push(time))
            : changeEndpoint(connection, index, 10, Math.floor(i / storm.services)),
        );
      }
      mostPending = Math.max(mostPending, pending.size);
    }
    const seconds = (performance.now() - begin) / 1000;
    const [server, follower] = [api, proxy].map((part, i) => (part.processorSeconds() - (busy[i] as number)) / seconds);
    await Promise.all(pending);
    const figures = `${ms(median(times))}, ${ms(percentile(times, 0.99))}`;
    report(`${storm.perSecond} changes/s for ${seconds.toFixed(0)} s, 1,000 Services: p50, p99`, figures, 'p99 200 ms');
    const cores = [server, follower].map((share) => `${Math.round((share ?? 0) * 100)} %`).join(', ');
    report('  of a core: API server, proxy with its nft', cores, '-');
    report(
      '  requests under way at most; resident memory of the proxy',
      `${mostPending}; ${mb(proxy.residentMB())}`,
      '-',
    );
  });
}

const stopServers = await startServers(10);
const only = process.argv[2];
const wants = (part: string): boolean => only === undefined || only === part;
if (wants('large')) await large().then(small);
if (wants('storm')) await underStorm();
if (wants('first-packet')) await firstPackets();
if (wants('throughput')) await throughput();
stopServers();
