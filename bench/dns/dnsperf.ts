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
  /** Queries that wait for an answer at most; 400 when absent. */
  readonly outstanding?: number;
  /** After which a query is lost; 5 s when absent. */
  readonly timeoutSeconds?: number;
  /** The core of the generator when absent. */
  readonly cores?: readonly number[];
}

export interface Outcome {
  readonly sent: number;
  readonly lost: number;
  readonly perSecond: number;
  /** Share of each, by name. */
  readonly rcodes: ReadonlyMap<string, number>;
}

const sockets = 16;

function command({ port, queries, seconds, tcp, rate, outstanding = 400, timeoutSeconds = 5 }: Load): string[] {
  return [
    'dnsperf',
    ...['-s', '127.0.0.1', '-p', String(port), '-d', queries, '-l', String(seconds), '-t', String(timeoutSeconds)],
    ...['-c', String(sockets), '-T', '1', '-q', String(outstanding)],
    ...(tcp ? ['-m', 'tcp'] : []),
    ...(rate === undefined ? [] : ['-Q', String(rate)]),
  ];
}

/** Rejects when it does not run to its end. */
export async function dnsperf(load: Load): Promise<Outcome> {
  return outcomeOf(await start(command(load), load));
}

/** With the time that each query waited for its answer, in ms. */
export async function dnsperfTimes(load: Load): Promise<Outcome & { readonly times: number[] }> {
  const output = await start([...beforeAll, ...command(load), '-v'], load);
  const times = [...output.matchAll(/^> \S+ .* ([\d.]+)$/gm)].map(([, seconds]) => Number(seconds) * 1000);
  return { ...outcomeOf(output), times };
}

async function start(words: readonly string[], { seconds, cores = [generatorCore] }: Load): Promise<string> {
  const [file = '', ...args] = [...on(...cores), ...words];
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
    rcodes: new Map(
      [...rcodes.matchAll(/(\w+) \d+ \(([\d.]+)%\)/g)].map(([, name = '', share]) => [name, Number(share) / 100]),
    ),
  };
}
