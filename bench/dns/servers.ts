// The servers that are measured, each a process of its own, pinned to its cores, with the same data.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Rcode, Type } from '#dns/wire/index.ts';
import { tryRun } from '#lib/run.ts';
import { endWithUs } from '../../scripts/end-with-us.ts';
import { processorSeconds, processTree } from '../../scripts/process-use.ts';
import { Asker } from './asker.ts';
import { type CorefileKind, writeCorefile } from './corefile.ts';
import { on, serverCore } from './cores.ts';
import { domain, domainName, isHeadless, type Stored } from './data.ts';
import { zoneFile } from './zone-file.ts';

const readyTimeoutMs = 60_000;
const lastWordsLength = 2_000;
const ports = { portolan: 5300, nsd: 5301, coredns: 5302, bareCoredns: 5303 } as const;

export interface Server {
  readonly title: string;
  readonly port: number;
  readonly pid: number;
  /** From the start of the process to the first answers that are right, one of them that a name does not exist. */
  readonly readyMs: number;
  /** Seconds that the process and all that it has started have computed. */
  processorSeconds(): number;
  stop(): Promise<void>;
}

/** What servers are fed with. */
export interface Source {
  /** For their files. */
  readonly folder: string;
  readonly kubeconfig: string;
  readonly services: readonly Stored[];
}

export interface PortolanOptions {
  /** One that answers by itself on the core of the server when absent. */
  readonly sockets?: number;
  readonly cores?: readonly number[];
}

/** With metrics on, told by the same file as CoreDNS. */
export async function startPortolan(source: Source, options: PortolanOptions = {}): Promise<Server> {
  const { sockets = 1, cores = [serverCore] } = options;
  const port = ports.portolan + 10 * (sockets - 1);
  const program = fileURLToPath(new URL('../../bin/portolan', import.meta.url));
  const words = [program, 'dns', '--corefile', writeCorefile(source, port, 'kubeadm', sockets)];
  return await start('portolan', port, words, source.services, cores);
}

/** NSD with one server process: the pace of this machine in this minute. */
export async function startNsd(source: Source): Promise<Server> {
  const { folder, services } = source;
  const port = ports.nsd;
  writeFileSync(join(folder, 'zone'), zoneFile(services));
  // Debian's would leave most of one client's queries without an answer (rrl), and add what nobody asked for.
  const config = `server:
  server-count: 1
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
  minimal-responses: yes
  ip-address: 127.0.0.1@${port}
  username: ""
  zonesdir: "${folder}"
  pidfile: ""
  database: ""
  logfile: "${folder}/nsd.log"
  xfrdfile: "${folder}/nsd.xfrd"
  xfrdir: "${folder}"
  zonelistfile: "${folder}/nsd.zones"
remote-control:
  control-enable: no
zone:
  name: "${domain}"
  zonefile: "zone"
`;
  const path = join(folder, 'nsd.conf');
  writeFileSync(path, config);
  return await start('NSD', port, ['nsd', '-d', '-c', path], services);
}

export async function startCoreDns(source: Source, kind: CorefileKind): Promise<Server> {
  const port = kind === 'kubeadm' ? ports.coredns : ports.bareCoredns;
  const words = ['coredns', '-conf', writeCorefile(source, port, kind)];
  return await start(`CoreDNS (${kind})`, port, words, source.services);
}

/** What programs say of themselves; undefined when one is not there. */
export async function versionOf(program: string, flag: string): Promise<string | undefined> {
  const result = await tryRun(program, [flag]).catch(() => undefined);
  return result && /\d+(\.\d+)+/.exec(result.stdout + result.stderr)?.[0];
}

async function start(
  title: string,
  port: number,
  words: string[],
  services: readonly Stored[],
  cores: readonly number[] = [serverCore],
): Promise<Server> {
  const begin = performance.now();
  const [file = '', ...args] = [...on(...cores), ...words];
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  endWithUs(child);
  let lastWords = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      lastWords = (lastWords + chunk).slice(-lastWordsLength);
    });
  await answersRightly(child, port, services).catch(async (error: Error) => {
    await stop(child);
    throw new Error(`Cannot measure ${title}: ${error.message}\n${lastWords}`);
  });
  const readyMs = performance.now() - begin;
  const pid = child.pid as number;
  return {
    title,
    port,
    pid,
    readyMs,
    processorSeconds: () => processTree(pid).reduce((sum, each) => sum + processorSeconds(each), 0),
    stop: () => stop(child),
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const patience = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await exited;
  clearTimeout(patience);
}

/** Who does not know everything yet answers SERVFAIL, or not at all, where nothing is to be found. */
async function answersRightly(child: ChildProcess, port: number, services: readonly Stored[]): Promise<void> {
  const known = services.findLast((service) => !isHeadless(service)) as Stored;
  const asker = await Asker.to(port);
  const deadline = performance.now() + readyTimeoutMs;
  try {
    while (performance.now() < deadline) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error('it has ended');
      const missing = await asker.ask(`missing.${domainName(known)}`, Type.A, 20);
      const found =
        missing && (missing.flags & 15) === Rcode.NXDOMAIN ? await asker.ask(domainName(known), Type.A) : undefined;
      const [record] = found?.answer ?? [];
      if (record?.data.type === 'A' && record.data.address === known.clusterIP) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  } finally {
    asker.close();
  }
  throw new Error(`no right answers after ${readyTimeoutMs / 1000} s`);
}
