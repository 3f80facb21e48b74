// The DNS server by itself, as a process of its own on a core of its own, against an API server of its own. All of it is
// seen from outside: what dnsperf counts, what the kernel accounts. `npm run bench -- dns [PART...] [--seconds N]`.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ApiProcess } from '../scripts/api-process.ts';
import { hasTwoCores, stayOffServerCore } from './dns/cores.ts';
import { fillCluster, nameOf, usual } from './dns/data.ts';
import { qps } from './dns/qps.ts';
import { writeQueries } from './dns/queries.ts';
import { type Server, type Source, startCoreDns, startNsd, startPortolan, versionOf } from './dns/servers.ts';

const parts = ['qps'] as const;

// Ends those that it started, too (end-with-us).
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));

const { values, positionals } = parseArgs({
  options: { seconds: { type: 'string', default: '8' } },
  allowPositionals: true,
});
const unknown = positionals.find((part) => !(parts as readonly string[]).includes(part));
if (unknown !== undefined) throw new Error(`no part "${unknown}"; there are ${parts.join(', ')}`);
const seconds = Number(values.seconds);
const wants = (part: (typeof parts)[number]): boolean => positionals.length === 0 || positionals.includes(part);

await stayOffServerCore();
const folder = mkdtempSync(join(tmpdir(), 'portolan-bench-dns-'));
const api = await ApiProcess.create();
const servers: Server[] = [];
const started = async (server: Promise<Server>): Promise<Server> => {
  servers.push(await server);
  return await server;
};
try {
  await api.start();
  const connections = await Promise.all([api.connect(), api.connect(), api.connect(), api.connect()]);
  const services = await fillCluster(connections, usual);
  writeQueries(folder, services);
  const source: Source = { folder, kubeconfig: await api.writeKubeconfig(), services };
  const versions = await Promise.all([
    versionOf('dnsperf', '-h'),
    versionOf('nsd', '-v'),
    versionOf('coredns', '-version'),
  ]);
  const [dnsperf, nsd, coredns] = versions.map((version) => version ?? 'none');
  const cores = hasTwoCores ? 'server on core 0, the rest on core 1' : 'ONE CORE FOR ALL: no figure for the server';
  process.stdout.write(`${nameOf(usual)}; dnsperf ${dnsperf}, NSD ${nsd}, CoreDNS ${coredns}; ${cores}\n\n`);
  if (wants('qps')) {
    const ours = await started(startPortolan(source));
    const reference = await started(startNsd(source));
    const peers = versions[2]
      ? [await started(startCoreDns(source, 'kubeadm')), await started(startCoreDns(source, 'kubernetes only'))]
      : [];
    await qps({ folder, seconds, ours, nsd: reference, peers });
  }
} finally {
  await Promise.all(servers.map((server) => server.stop()));
  await api.remove();
  rmSync(folder, { recursive: true, force: true });
}
