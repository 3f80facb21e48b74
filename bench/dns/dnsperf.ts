// dnsperf (DNS-OARC) as a load generator: what it is told, and what it says afterwards.

import { run } from '#lib/run.ts';
import { beforeAll, generatorCore, on } from './cores.ts';

export interface Load {
  readonly port: number;
  /** Of lines `NAME TYPE`; begins anew at its end. */
  readonly queries: string;
  readonly seconds: number;
  readonly tcp?: boolean;
  /** Queries a second; as many as are answered when absent. */
  readonly rate?: number;
}

export interface Outcome {
  readonly sent: number;
  readonly lost: number;
  readonly perSecond: number;
  readonly meanMs: number;
  /** Octets of a response, on the average. */
  readonly responseSize: number;
  /** Share of each, by name. */
  readonly rcodes: ReadonlyMap<string, number>;
}

const sockets = 16;
const outstanding = 400;

const command = ({ port, queries, seconds, tcp, rate }: Load): string[] => [
  'dnsperf',
  ...['-s', '127.0.0.1', '-p', String(port), '-d', queries, '-l', String(seconds)],
  ...['-c', String(sockets), '-T', '1', '-q', String(outstanding)],
  ...(tcp ? ['-m', 'tcp'] : []),
  ...(rate === undefined ? [] : ['-Q', String(rate)]),
];

/** Rejects when nothing is answered at all. */
export async function dnsperf(load: Load): Promise<Outcome> {
  return outcomeOf(await start(command(load), load));
}

/** With the time that each query waited for its answer, in ms. */
export async function dnsperfTimes(load: Load): Promise<Outcome & { readonly times: number[] }> {
  const output = await start([...beforeAll, ...command(load), '-v'], load);
  const times = [...output.matchAll(/^> \S+ .* ([\d.]+)$/gm)].map(([, seconds]) => Number(seconds) * 1000);
  return { ...outcomeOf(output), times };
}

async function start(words: readonly string[], { seconds }: Load): Promise<string> {
  const [file = '', ...args] = [...on(generatorCore), ...words];
  return await run(file, args, { timeoutMs: (seconds + 20) * 1000 });
}

function outcomeOf(output: string): Outcome {
  const figure = (pattern: RegExp): number => {
    const found = pattern.exec(output)?.[1];
    if (found === undefined) throw new Error(`dnsperf does not say ${pattern.source}:\n${output.slice(-2000)}`);
    return Number(found);
  };
  const rcodes = /Response codes:\s+(.*)/.exec(output)?.[1] ?? '';
  return {
    sent: figure(/Queries sent:\s+(\d+)/),
    lost: figure(/Queries lost:\s+(\d+)/),
    perSecond: figure(/Queries per second:\s+([\d.]+)/),
    meanMs: figure(/Average Latency \(s\):\s+([\d.]+)/) * 1000,
    responseSize: figure(/response (\d+)/),
    rcodes: new Map(
      [...rcodes.matchAll(/(\w+) \d+ \(([\d.]+)%\)/g)].map(([, name = '', share]) => [name, Number(share) / 100]),
    ),
  };
}
