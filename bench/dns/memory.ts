// How long a server takes until it is ready, what it holds then, and what it takes to list everything anew.

import { setTimeout as sleep } from 'node:timers/promises';
import { Type } from '#dns/wire/index.ts';
import { peakMB, resetPeak, residentMB } from '../../scripts/process-use.ts';
import { median, ms, report } from '../figures.ts';
import { serviceBody, servicesPath } from '../fill.ts';
import { Asker } from './asker.ts';
import type { Cluster } from './cluster.ts';
import { domain, namespaceOf } from './data.ts';
import { dnsperf } from './dnsperf.ts';
import { pathOf } from './queries.ts';
import type { Server, Source } from './servers.ts';

const starts = 3;
const loadSeconds = 5;
/** After which a server has put away what it no longer needs. */
const restMs = 10_000;
const relists = 3;
/** So much of its history keeps an API server that is to have forgotten where its watchers were. */
const historyEvents = 10;

export interface MemoryTargets {
  readonly memory: string;
  readonly ready: string;
  readonly relist: string;
}

/** @param start starts a server of the kind that is looked at. */
export async function memory(
  cluster: Cluster,
  start: (source: Source) => Promise<Server>,
  targets: MemoryTargets,
): Promise<void> {
  const readyMs: number[] = [];
  for (let i = 1; i < starts; i++) {
    const server = await start(cluster);
    readyMs.push(server.readyMs);
    await server.stop();
  }
  const server = await cluster.started(start(cluster));
  readyMs.push(server.readyMs);
  report(`${server.title}: from the start to right answers, median of ${starts}`, ms(median(readyMs)), targets.ready);
  await sleep(restMs);
  const fresh = residentMB(server.pid);
  await dnsperf({ port: server.port, queries: pathOf(cluster.folder, 'mix'), seconds: loadSeconds });
  const loaded = residentMB(server.pid);
  await sleep(restMs);
  const steady = residentMB(server.pid);
  const mib = (...values: number[]): string => `${values.map(Math.round).join(', ')} MiB`;
  report(
    `  resident ${restMs / 1000} s after that; under load; ${restMs / 1000} s later`,
    mib(fresh, loaded, steady),
    targets.memory,
  );
  const peaks: number[] = [];
  for (let i = 0; i < relists; i++) peaks.push(await relist(cluster, server, `late-${server.port}-${i}`));
  const peak = Math.max(...peaks);
  const figures = `${mib(peak)} = ${(peak / steady).toFixed(2)} × steady`;
  report(`  peak of listing everything anew, the highest of ${relists}`, figures, targets.relist);
  await sleep(restMs);
  report(`  ${restMs / 1000} s later`, mib(residentMB(server.pid)), '-');
}

/** Resolves with the peak in MiB. The server sleeps while the API server is started anew and forgets its past. */
async function relist({ api }: Cluster, server: Server, name: string): Promise<number> {
  process.kill(server.pid, 'SIGSTOP');
  try {
    await api.kill();
    await api.start({ historyEvents });
    const connection = await api.connect();
    for (let i = 0; i < 2 * historyEvents; i++) {
      const path = servicesPath(namespaceOf(i));
      const { status, body } = await connection.send('POST', path, serviceBody(name));
      if (status !== 201) throw new Error(`POST ${path}: ${status} ${body}`);
    }
    connection.close();
    resetPeak(server.pid);
  } finally {
    process.kill(server.pid, 'SIGCONT');
  }
  const asker = await Asker.to(server.port);
  const deadline = performance.now() + 60_000;
  const last = `${name}.${namespaceOf(2 * historyEvents - 1)}.svc.${domain}`;
  while (((await asker.ask(last, Type.A))?.answer.length ?? 0) === 0) {
    if (performance.now() > deadline) throw new Error(`${server.title} does not list anew`);
    await sleep(10);
  }
  asker.close();
  await sleep(2_000);
  await checkListed(api, server);
  return peakMB(server.pid);
}

/** Who has only gone on watching has shown nothing. */
async function checkListed(api: Cluster['api'], { title }: Server): Promise<void> {
  const connection = await api.connect();
  const { body } = await connection.send('GET', '/metrics');
  connection.close();
  const counted = String(body)
    .split('\n')
    .filter((line) => line.startsWith('apiserver_request_total{'));
  const lists = counted.some((line) => line.includes('verb="LIST"') && line.includes('resource="endpointslices"'));
  if (!lists) throw new Error(`${title} has not listed EndpointSlices anew`);
}
