// What the first packet of a connection pays for being translated, with more and more Services: the time of a TCP
// handshake with a cluster IP, less that with its endpoint directly. One machine, over loopback.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { ApiProcess, type Connection } from '../scripts/api-process.ts';
import { median, percentile, report } from './figures.ts';
import { createAll, serviceBody, servicesPath, sliceBody, slicesPath } from './fill.ts';
import { localAddresses, ports } from './paths.ts';
import { ProxyProcess } from './proxy-process.ts';

const sizes = [10, 1_000, 10_000, 30_000] as const;
const connections = 3_000;
const [server] = localAddresses(1) as [string];
const [port] = ports;

const micro = (value: number): string => `${Math.round(value * 1000)} µs`;

async function handshake(host: string, to: number): Promise<number> {
  const begin = performance.now();
  const socket: Socket = connect({ host, port: to });
  await once(socket, 'connect');
  const time = performance.now() - begin;
  socket.resetAndDestroy();
  return time;
}

async function clusterIP(connection: Connection, name: string): Promise<string> {
  const { body } = await connection.send('GET', `${servicesPath('default')}/${name}`);
  return JSON.parse(String(body)).spec.clusterIP;
}

async function measure(size: number): Promise<string> {
  const api = await ApiProcess.create();
  let proxy: ProxyProcess | undefined;
  try {
    await api.start();
    const clients = await Promise.all([api.connect(), api.connect(), api.connect(), api.connect()]);
    const names = Array.from({ length: size }, (_, i) => `service-${i}`);
    await createAll(
      clients,
      names.map((name) => ({ path: servicesPath('default'), body: serviceBody(name) })),
    );
    await createAll(
      clients,
      names.map((name) => ({ path: slicesPath('default'), body: sliceBody(name, [server]) })),
    );
    proxy = await ProxyProcess.start(await api.writeKubeconfig());
    const address = await clusterIP(clients[0], `service-${size >> 1}`);
    const [direct, through]: [number[], number[]] = [[], []];
    // In turns, so that both see the same machine.
    for (let i = 0; i < connections; i++) {
      direct.push(await handshake(server, port));
      through.push(await handshake(address, 80));
    }
    for (const client of clients) client.close();
    const more = median(through) - median(direct);
    return `${micro(median(through))}, ${micro(percentile(through, 0.99))} (+${micro(more)})`;
  } finally {
    await proxy?.remove();
    await api.remove();
  }
}

/** Needs the servers of paths.ts. */
export async function firstPackets(): Promise<void> {
  for (const size of sizes) {
    const what = `handshake through ${size.toLocaleString('en')} Services: p50, p99 (more than directly)`;
    report(what, await measure(size), 'flat');
  }
}
