// What becomes of the queries of others, and of memory, while somebody means no good.

import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { SeededRandom } from '#lib/seeded-random.ts';
import { residentMB } from '../../scripts/process-use.ts';
import { median, ms, percentile, report } from '../figures.ts';
import { silentUpstream } from './corefile.ts';
import { domain } from './data.ts';
import { dnsperf, dnsperfTimes } from './dnsperf.ts';
import { pathOf } from './queries.ts';
import type { Server } from './servers.ts';

const seconds = 5;
const queriesPerSecond = 1_000;
const junkPerSecond = 2_000;
const junkSize = 600;
const missingNames = 65_536;
const missingPerSecond = 10_000;
const idleConnections = 500;
const missesPerSecond = 1_000;

/** Begins what means no good; resolves with what ends it. */
type Attack = (server: Server, folder: string) => Promise<() => Promise<void> | void>;

const attacks: readonly (readonly [title: string, attack: Attack])[] = [
  ['nothing else', async () => () => {}],
  [`${junkPerSecond} packets/s of random octets`, junk],
  [`${missingNames} names that do not exist`, distinctNames],
  [`${idleConnections} idle TCP connections`, idle],
  [`${missesPerSecond} misses/s, silent upstream`, misses],
];

export async function hostile(folder: string, servers: readonly Server[]): Promise<void> {
  const queries = pathOf(folder, 'cluster-ip');
  const letGo = await listenInSilence();
  for (const [i, server] of servers.entries()) {
    const { title, port, pid } = server;
    process.stdout.write(`${title}, cluster-IP A at ${queriesPerSecond}/s: p50, p99, longest; lost; resident then\n`);
    for (const [name, attack] of attacks) {
      const end = await attack(server, folder);
      const { times, lost } = await dnsperfTimes({ port, queries, seconds, rate: queriesPerSecond });
      await end();
      const waits = [median(times), percentile(times, 0.99), Math.max(...times)].map(ms).join(', ');
      report(`  ${name}`, `${waits}; ${lost}; ${Math.round(residentMB(pid))} MiB`, i === 0 ? 'p99 1 ms; 0' : '-');
    }
  }
  letGo();
}

async function junk({ port }: Server): Promise<() => void> {
  const socket = createSocket('udp4');
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.on('error', () => {});
  const random = new SeededRandom(1);
  const packet = () => Buffer.from(Array.from({ length: random.below(junkSize) }, () => random.below(256)));
  const packets = Array.from({ length: 1_000 }, packet);
  let sent = 0;
  const begin = performance.now();
  const timer = setInterval(() => {
    const due = ((performance.now() - begin) / 1000) * junkPerSecond;
    for (; sent < due; sent++) socket.send(packets[sent % packets.length] as Buffer);
  }, 5);
  return () => {
    clearInterval(timer);
    socket.close();
  };
}

async function distinctNames({ port }: Server, folder: string): Promise<() => Promise<void>> {
  const queries = join(folder, 'distinct.queries');
  const names = Array.from({ length: missingNames }, (_, i) => `missing-${i}.default.svc.${domain} A`);
  writeFileSync(queries, `${names.join('\n')}\n`);
  const load = dnsperf({ port, queries, rate: missingPerSecond, seconds: Math.ceil(missingNames / missingPerSecond) });
  return async () => void (await load);
}

async function idle({ port }: Server): Promise<() => void> {
  const sockets: Socket[] = [];
  for (let i = 0; i < idleConnections; i++) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    sockets.push(socket);
    await once(socket, 'connect');
  }
  return () => {
    for (const socket of sockets) socket.destroy();
  };
}

async function misses({ port }: Server, folder: string): Promise<() => Promise<void>> {
  const queries = join(folder, 'misses.queries');
  const names = Array.from({ length: missesPerSecond * seconds }, (_, i) => `host-${i}.example.org A`);
  writeFileSync(queries, `${names.join('\n')}\n`);
  const patience = { outstanding: 4 * missesPerSecond, timeoutSeconds: 2 };
  const load = dnsperf({ port, queries, seconds, rate: missesPerSecond, ...patience });
  return async () => void (await load);
}

/** Takes what is sent to the upstream, and says nothing. */
async function listenInSilence(): Promise<() => void> {
  const { host, port } = silentUpstream;
  const udp: UdpSocket = createSocket('udp4').bind(port, host);
  const tcp = createServer((socket) => socket.on('error', () => {})).listen(port, host);
  await Promise.all([once(udp, 'listening'), once(tcp, 'listening')]);
  return () => {
    udp.close();
    tcp.close();
  };
}
