// How long a query waits: at 3,000 a second whatever becomes of the answers, and one after the other.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { encodeMessage, parseName, queryMessage, Type } from '#dns/wire/index.ts';
import { median, ms, percentile, report } from '../figures.ts';
import { dnsperfTimes } from './dnsperf.ts';
import { pathOf } from './queries.ts';
import type { Server } from './servers.ts';

const rounds = 3;
const perSecond = 3_000;
const serialQuestions = 10_000;
const shares = [0.5, 0.99, 0.999] as const;

/** Percentiles of one run. */
type Times = readonly number[];

export async function latency(folder: string, seconds: number, servers: readonly Server[]): Promise<void> {
  const queries = pathOf(folder, 'mix');
  const packets = readFileSync(queries, 'utf8').split('\n', serialQuestions).map(packetOf);
  const atRate = new Map<Server, Times[]>(servers.map((server) => [server, []]));
  const serially = new Map<Server, Times[]>(servers.map((server) => [server, []]));
  const lost = new Map<Server, number>();
  for (let i = 0; i < rounds; i++) {
    for (const server of servers) {
      const outcome = await dnsperfTimes({ port: server.port, queries, seconds, rate: perSecond });
      atRate.get(server)?.push(percentiles(outcome.times));
      lost.set(server, (lost.get(server) ?? 0) + outcome.lost);
      serially.get(server)?.push(percentiles(await serialTimes(server.port, packets)));
    }
  }
  for (const [i, server] of servers.entries()) {
    const figures = `${format(atRate.get(server))}; ${lost.get(server)}`;
    const target = i === 0 ? 'p99 0.5 ms' : '-';
    report(`${server.title}, mix at ${perSecond}/s: p50, p99, p99.9; lost`, figures, target);
  }
  for (const server of servers) report(`${server.title}, mix one by one`, format(serially.get(server)), '-');
}

const percentiles = (times: readonly number[]): Times => shares.map((share) => percentile(times, share));

/** Of each percentile the median of the runs. */
const format = (runs: readonly Times[] = []): string =>
  shares.map((_, i) => ms(median(runs.map((times) => times[i] as number)))).join(', ');

function packetOf(line: string, index: number): Buffer {
  const [name = '', type = ''] = line.split(' ');
  return encodeMessage(queryMessage(index & 0xffff, parseName(name), Type[type as keyof typeof Type]));
}

/** The next is asked when the one before has been answered. The client's own share is in it, some 0.05 ms. */
async function serialTimes(port: number, packets: readonly Buffer[]): Promise<number[]> {
  const socket = createSocket('udp4');
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const times: number[] = [];
  const done = Promise.withResolvers<void>();
  const limit = setTimeout(() => done.reject(new Error(`port ${port} leaves a query without an answer`)), 60_000);
  let sent = 0;
  const ask = (packet: Buffer) => {
    sent = performance.now();
    socket.send(packet);
  };
  socket.on('message', () => {
    times.push(performance.now() - sent);
    const next = packets[times.length];
    if (next) ask(next);
    else done.resolve();
  });
  ask(packets[0] as Buffer);
  await done.promise.finally(() => {
    clearTimeout(limit);
    socket.close();
  });
  return times;
}
