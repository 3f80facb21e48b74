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
import { on, serverCore } from './cores.ts';
import { domain, domainName, isHeadless, type Stored } from './data.ts';
import { zoneFile } from './zone-file.ts';

const readyTimeoutMs = 60_000;
const lastWordsLength = 2_000;
const ports = { portolan: 5300, nsd: 5301, coredns: 5302 } as const;
const reverseRanges = '10.96.0.0/12,10.0.0.0/9';

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

export async function startPortolan(source: Source): Promise<Server> {
  const port = ports.portolan;
  const program = fileURLToPath(new URL('../../bin/portolan', import.meta.url));
  const args = ['--kubeconfig', source.kubeconfig, '--listen', `127.0.0.1:${port}`, '--reverse-cidrs', reverseRanges];
  return await start('portolan', port, [program, 'dns', ...args, '--resolv-conf', ''], source.services);
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

/** As kubeadm configures it, or with nothing but what answers for the cluster. */
export type CoreDnsFile = 'kubeadm' | 'kubernetes only';

export async function startCoreDns(source: Source, file: CoreDnsFile): Promise<Server> {
  const { folder, kubeconfig, services } = source;
  const port = ports.coredns + (file === 'kubeadm' ? 0 : 1);
  const kubernetes = `kubernetes ${domain} in-addr.arpa ip6.arpa {
    kubeconfig ${kubeconfig}
    pods insecure
    fallthrough in-addr.arpa ip6.arpa
    ttl 30
  }`;
  // The upstream is silent: nothing that is measured is forwarded.
  const others = `errors
  health :${port + 1000} {
    lameduck 5s
  }
  ready :${port + 2000}
  prometheus :${port + 3000}
  forward . 127.0.0.1:9 {
    max_concurrent 1000
  }
  cache 30 {
    disable success ${domain}
    disable denial ${domain}
  }
  loop
  reload
  loadbalance`;
  const corefile = `.:${port} {\n  bind 127.0.0.1\n  ${kubernetes}\n  ${file === 'kubeadm' ? others : ''}\n}\n`;
  const path = join(folder, `Corefile-${port}`);
  writeFileSync(path, corefile);
  return await start(`CoreDNS (${file})`, port, ['coredns', '-conf', path], services);
}

/** What programs say of themselves; undefined when one is not there. */
export async function versionOf(program: string, flag: string): Promise<string | undefined> {
  const result = await tryRun(program, [flag]).catch(() => undefined);
  return result && /\d+(\.\d+)+/.exec(result.stdout + result.stderr)?.[0];
}

async function start(title: string, port: number, words: string[], services: readonly Stored[]): Promise<Server> {
  const begin = performance.now();
  const [file = '', ...args] = [...on(serverCore), ...words];
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
