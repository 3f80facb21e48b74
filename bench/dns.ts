// The DNS server by itself, as a process of its own on a core of its own, against an API server of its own. All of it is
// seen from outside: what dnsperf counts, what the kernel accounts. `npm run bench -- dns [PART...] [--seconds N]`.

import { parseArgs } from 'node:util';
import { churn } from './dns/churn.ts';
import { type Cluster, withCluster } from './dns/cluster.ts';
import { hasTwoCores, stayOffServerCore } from './dns/cores.ts';
import { large, nameOf, type Size, usual } from './dns/data.ts';
import { hostile } from './dns/hostile.ts';
import { latency } from './dns/latency.ts';
import { memory } from './dns/memory.ts';
import { processes } from './dns/processes.ts';
import { qps } from './dns/qps.ts';
import { startCoreDns, startNsd, startPortolan, versionOf } from './dns/servers.ts';

const parts = ['qps', 'processes', 'latency', 'churn', 'memory', 'hostile'] as const;

// Ends those that it started, too (end-with-us).
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));

/** Whoever hangs, it ends. */
const longestMs = 40 * 60_000;
setTimeout(() => {
  process.stderr.write('The benchmark does not end by itself.\n');
  process.exit(1);
}, longestMs).unref();

const { values, positionals } = parseArgs({
  options: {
    /** Of each run of dnsperf. */
    seconds: { type: 'string', default: '8' },
  },
  allowPositionals: true,
});
const unknown = positionals.find((part) => !(parts as readonly string[]).includes(part));
if (unknown !== undefined) throw new Error(`no part "${unknown}"; there are ${parts.join(', ')}`);
const seconds = Number(values.seconds);
if (!(seconds >= 1 && seconds <= 20)) throw new Error(`--seconds ${values.seconds}: must be from 1 to 20`);
const wants = (...some: (typeof parts)[number][]): boolean =>
  positionals.length === 0 || some.some((part) => positionals.includes(part));

const versions = await Promise.all([
  versionOf('dnsperf', '-h'),
  versionOf('nsd', '-v'),
  versionOf('coredns', '-version'),
]);
const [dnsperfVersion, nsdVersion, coreDnsVersion] = versions.map((version) => version ?? 'none');
const cores = hasTwoCores
  ? 'the server on core 0, all others on core 1'
  : 'ONE CORE FOR ALL: no figure for the server alone';
process.stdout.write(`dnsperf ${dnsperfVersion}, NSD ${nsdVersion}, CoreDNS ${coreDnsVersion}; ${cores}\n`);
const hasCoreDns = coreDnsVersion !== 'none';

const heading = (size: Size): void => void process.stdout.write(`\n${nameOf(size)}\n`);

async function underLoad(cluster: Cluster): Promise<void> {
  const { folder } = cluster;
  if (wants('churn')) {
    const contestants = [{ start: () => startPortolan(cluster), isOurs: true }];
    if (hasCoreDns) contestants.push({ start: () => startCoreDns(cluster, 'kubeadm'), isOurs: false });
    await churn(cluster, seconds, contestants);
  }
  if (!wants('qps', 'latency', 'hostile')) return;
  const ours = await cluster.started(startPortolan(cluster));
  const peers = hasCoreDns ? [await cluster.started(startCoreDns(cluster, 'kubeadm'))] : [];
  if (wants('hostile')) await hostile(folder, [ours, ...peers]);
  if (!wants('qps', 'latency')) return;
  const nsd = await cluster.started(startNsd(cluster));
  if (wants('latency')) await latency(folder, seconds, [ours, nsd, ...peers]);
  if (!wants('qps')) return;
  if (hasCoreDns) peers.push(await cluster.started(startCoreDns(cluster, 'kubernetes only')));
  await qps({ folder, seconds, ours, nsd, peers });
}

async function inMemory(cluster: Cluster, size: Size): Promise<void> {
  const targets = {
    memory: size === usual ? '150 MiB' : '250 MiB',
    ready: size === usual ? '3 s' : '-',
    relist: '1.3 ×',
  };
  await memory(cluster, (source) => startPortolan(source), targets);
  const none = { memory: '-', ready: '-', relist: '-' };
  if (hasCoreDns) await memory(cluster, (source) => startCoreDns(source, 'kubeadm'), none);
}

await stayOffServerCore();
if (wants('qps', 'latency', 'churn', 'hostile')) {
  heading(usual);
  await withCluster(usual, underLoad);
}
if (wants('processes')) {
  heading(usual);
  await withCluster(usual, (cluster) => processes(cluster, seconds));
}
if (wants('memory')) {
  for (const size of [usual, large]) {
    heading(size);
    await withCluster(size, (cluster) => inMemory(cluster, size));
  }
}
