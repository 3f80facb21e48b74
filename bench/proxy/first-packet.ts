// What the first packet of a connection pays for being translated, with more and more Services: the time of a TCP
// handshake with a cluster IP, less that with its endpoint directly. One machine, over loopback.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { median, percentile, report } from '../figures.ts';
import { localAddresses, ports } from './paths.ts';
import { type ProxiedCluster, withCluster } from './proxied-cluster.ts';

const sizes = [10, 1_000, 10_000, 30_000] as const;
const [server] = localAddresses(1) as [string];
const [port] = ports;

export const micro = (value: number): string => `${Math.round(value * 1000)} µs`;

export interface Handshakes {
  /** Times in ms. */
  readonly direct: readonly number[];
  readonly through: readonly number[];
}

/** With an endpoint and with cluster IPs one after the other, in turns, so that both see the same machine. */
export async function handshakes(clusterIPs: readonly string[], count = 3_000): Promise<Handshakes> {
  const [direct, through]: [number[], number[]] = [[], []];
  for (let i = 0; i < count; i++) {
    direct.push(await handshake(server, port));
    through.push(await handshake(clusterIPs[i % clusterIPs.length] as string, 80));
  }
  return { direct, through };
}

async function handshake(host: string, to: number): Promise<number> {
  const begin = performance.now();
  const socket: Socket = connect({ host, port: to });
  await once(socket, 'connect');
  const time = performance.now() - begin;
  socket.resetAndDestroy();
  return time;
}

async function measure({ proxy, probed }: ProxiedCluster): Promise<string> {
  await proxy.firstLoad();
  const { direct, through } = await handshakes([probed[probed.length >> 1]?.clusterIP ?? '']);
  const more = median(through) - median(direct);
  return `${micro(median(through))}, ${micro(percentile(through, 0.99))} (+${micro(more)})`;
}

/** Needs the servers of paths.ts. */
export async function firstPackets(): Promise<void> {
  for (const size of sizes) {
    const what = `handshake through ${size.toLocaleString('en')} Services: p50, p99 (more than directly)`;
    report(what, await withCluster({ services: size, endpoints: 1, probed: size }, measure), 'flat');
  }
}
