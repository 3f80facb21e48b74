// `one-proxy.ts NAME SERVICES`: what one service proxy does with so many Services of ten endpoints, seen from outside only, so
// that any proxy can be asked. In a process of its own, which has a network namespace of its own: no proxy meets what another
// has left in the kernel. The figures, or why there are none, go to the process that started it.

import { endpointSlices, services } from '#api/index.ts';
import { Client, connect } from '#client/index.ts';
import { run } from '#lib/run.ts';
import { type Handshakes, handshakes } from './first-packet.ts';
import { findKubeProxy } from './kube-proxy.ts';
import { accepts, answers, ports, reaches, startServers, timeoutMs, until } from './paths.ts';
import { PodPair } from './pod-pair.ts';
import { changeTimes, type ProxiedCluster, withCluster } from './proxied-cluster.ts';
import { type ProxyProgram, portolan } from './proxy-process.ts';
import { httpPort, inTurns, loads, serverPorts } from './throughput.ts';

const endpoints = 10;
/** kube-proxy writes rules once a second at most (its minSyncPeriod): changes by themselves, none that waits for that. */
const changes = { count: 25, pauseMs: 1_200 } as const;
const throughputRounds = 2;
const loadTimeoutMs = 15 * 60_000;
/** Before there are rules nobody answers, and a client that waits would miss the moment when somebody does. */
const patienceMs = 20;
/** Who has rules answers sooner, also on a busy machine. */
const surePatienceMs = 1_000;

export interface ProxyFigures {
  /** From the start of the process to connections through all Services. */
  readonly firstLoadMs: number;
  /** From the write at the API to the first connection that takes the new way. */
  readonly changesMs: readonly number[];
  /** After these changes. */
  readonly residentMB: number;
  readonly handshakes: Handshakes;
  /** Pod to pod on one node. */
  readonly throughput: Readonly<Record<string, Awaited<ReturnType<typeof inTurns>>>>;
}
export type Report = { readonly figures: ProxyFigures } | { readonly error: string };

async function firstLoad({ proxy, probed }: ProxiedCluster): Promise<number> {
  const [port] = ports;
  const reached = ({ clusterIP }: (typeof probed)[number]) => reaches(clusterIP, port, loadTimeoutMs, patienceMs);
  let last = 0;
  // Asking all of them takes time: some first, and then the others, which are all there unless the rules come in parts.
  const step = Math.ceil(probed.length / 50);
  for (let i = 0; i < probed.length; i += step) last = await reached(probed[i] as (typeof probed)[number]);
  for (const service of probed) {
    if (!(await answers(service.clusterIP, port, surePatienceMs))) last = await reached(service);
  }
  // The kernel remembers attempts that came before the rules, and would not translate later ones from the same port.
  await run('conntrack', ['--flush']);
  return last - proxy.startedAt;
}

async function throughput({ api }: ProxiedCluster): Promise<ProxyFigures['throughput']> {
  const pair = await PodPair.create();
  try {
    const virtual = await createService(new Client(await connect(await api.writeKubeconfig())), pair.server);
    // Not iperf's, which takes one client at a time.
    await until(`${virtual} accepts connections`, timeoutMs, () => accepts(virtual, httpPort, patienceMs));
    const measured: Record<string, Awaited<ReturnType<typeof inTurns>>> = {};
    for (const [what, measure] of Object.entries(loads((command) => pair.inClient(command)))) {
      measured[what] = await inTurns(measure, pair.server, virtual, throughputRounds);
    }
    return measured;
  } finally {
    await pair.remove();
  }
}

/** Resolves with its cluster IP. */
async function createService(client: Client, server: string): Promise<string> {
  const metadata = { name: 'server', namespace: 'default' };
  const { spec } = await client.resource(services).create({ metadata, spec: { ports: serverPorts } });
  await client.resource(endpointSlices).create({
    metadata: { ...metadata, labels: { 'kubernetes.io/service-name': 'server' } },
    addressType: 'IPv4',
    ports: serverPorts,
    endpoints: [{ addresses: [server], conditions: { ready: true } }],
  });
  return spec.clusterIP ?? '';
}

async function measure(cluster: ProxiedCluster): Promise<ProxyFigures> {
  const { connections, proxy, probed } = cluster;
  const firstLoadMs = await firstLoad(cluster);
  const changesMs = await changeTimes(connections[0], probed, changes.count, changes.pauseMs);
  return {
    firstLoadMs,
    changesMs,
    residentMB: proxy.residentMB(),
    handshakes: await handshakes(probed.map(({ clusterIP }) => clusterIP)),
    throughput: await throughput(cluster),
  };
}

async function programOf(name: string | undefined): Promise<ProxyProgram> {
  const program = name === portolan.name ? portolan : await findKubeProxy();
  if (program?.name !== name) throw new Error(`there is no proxy ${name} on PATH`);
  return program as ProxyProgram;
}

async function figures(name: string | undefined, services: number): Promise<ProxyFigures> {
  const program = await programOf(name);
  const stopServers = await startServers(endpoints);
  try {
    const filling = { services, endpoints, probed: services };
    const whole = (cluster: ProxiedCluster) => Promise.race([measure(cluster), cluster.proxy.ended]);
    return await withCluster(filling, whole, program);
  } finally {
    stopServers();
  }
}

process.once('disconnect', () => process.exit(1));
const [name, size] = process.argv.slice(2);
const report: Report = await figures(name, Number(size)).then(
  (figures) => ({ figures }),
  (error: Error) => ({ error: error.message }),
);
process.send?.(report, () => process.exit(0));
