// `npm run bench -- NAME`: runs one benchmark in a network namespace of its own, under a line that says on what machine.
// Benchmarks print figures; they never fail because of one.

import { readFileSync } from 'node:fs';
import { arch, cpus, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { completePath, ensureRequirements, type Requirement, requirements } from '#cluster/requirements.ts';
import { version } from '#lib/version.ts';
import { runSandboxed } from '../scripts/sandbox.ts';

const benchmarks: Record<string, string> = {
  api: 'the API server over a store on disk: writes, reads, lists, watches, memory, restart',
  dns: 'the DNS server by itself: queries a second and their times, beside NSD and CoreDNS; changes, memory',
  endpoints: 'from pods to EndpointSlices: 1,000 changes a second, and one change of a Service of 5,000 pods',
  proxy:
    'the service proxy by itself: loading, following, keeping up, memory, what connections through it cost; beside kube-proxy',
  startup: 'start of a cluster, its memory, scaling to 50 pods, time from an EndpointSlice change to the new path',
};

/** What benchmarks need beyond what a cluster does. */
const loadGenerators: Record<string, readonly Requirement[]> = {
  dns: [
    { programs: ['dnsperf'], debianPackage: 'dnsperf', why: 'asks a DNS server as fast as it answers' },
    { programs: ['nsd'], debianPackage: 'nsd', why: 'shows how fast DNS can be on this machine' },
  ],
  proxy: [
    { programs: ['iperf3'], debianPackage: 'iperf3', why: 'measures the throughput of a connection' },
    { programs: ['wrk'], debianPackage: 'wrk', why: 'measures requests a second' },
  ],
};

const name = process.argv[2] ?? '';
if (!Object.hasOwn(benchmarks, name)) {
  process.stdout.write('Usage: npm run bench -- NAME\n\n');
  for (const [each, what] of Object.entries(benchmarks)) process.stdout.write(`  ${each.padEnd(10)}${what}\n`);
  process.exit(name === '' ? 0 : 2);
}
completePath();
await ensureRequirements(
  (line) => process.stdout.write(`${line}\n`),
  [...requirements, ...(loadGenerators[name] ?? [])],
);
const memory = Math.round(totalmem() / 2 ** 30);
const system = /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'Linux';
process.stdout.write(
  `portolan ${version}, Node ${process.version}, ${system}, Linux ${release()} ${arch()}, ` +
    `${cpus().length} × ${cpus()[0]?.model.trim()}, ${memory} GiB\n\n`,
);
process.exit(runSandboxed([fileURLToPath(new URL(`./${name}.ts`, import.meta.url)), ...process.argv.slice(3)]));
