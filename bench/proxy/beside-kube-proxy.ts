// Our proxy and the kube-proxy that is on PATH, in turns on the same machine with the same Services: the ratios.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { endWithUs } from '../../scripts/end-with-us.ts';
import { sandboxed } from '../../scripts/sandbox.ts';
import { median, ms, percentile, report } from '../figures.ts';
import { micro } from './first-packet.ts';
import { findKubeProxy, type KubeProxy } from './kube-proxy.ts';
import type { ProxyFigures, Report } from './one-proxy.ts';
import { portolan } from './proxy-process.ts';

/** With ten endpoints each; kube-proxy in iptables mode needs minutes for ten times as many. */
const defaultSize = 1_000;
const largestSize = 30_000;
const rounds = 3;
const program = fileURLToPath(new URL('one-proxy.ts', import.meta.url));

async function measure(name: string, size: number): Promise<ProxyFigures> {
  const { file, args, env } = sandboxed([program, name, String(size)]);
  const child = spawn(file, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], env });
  endWithUs(child);
  const ended = once(child, 'exit');
  const [answer] = (await Promise.race([once(child, 'message'), ended.then(() => [])])) as [Report?];
  await ended;
  if (answer && 'figures' in answer) return answer.figures;
  throw new Error(`Cannot measure ${name} with ${size} Services: ${answer?.error ?? 'its process ended early'}`);
}

/** @param size how many Services. */
export async function besideKubeProxy(size = defaultSize): Promise<void> {
  if (!(Number.isInteger(size) && size > 0 && size <= largestSize)) {
    process.stderr.write(`How many Services? Give a number from 1 to ${largestSize}.\n`);
    process.exitCode = 2;
    return;
  }
  try {
    const kubeProxy = await findKubeProxy();
    if (kubeProxy) await compare(kubeProxy, size);
    else process.stdout.write('\nNo kube-proxy on PATH to measure beside ours.\n');
  } catch (error) {
    process.stdout.write(`\n${error instanceof Error ? error.message : error}\n`);
  }
}

async function compare({ name: peer, description }: KubeProxy, size: number): Promise<void> {
  const what = `${size.toLocaleString('en')} Services × 10 on one node, ${rounds} rounds`;
  process.stdout.write(`\nportolan / kube-proxy = ratio; ${what}\n(${description})\n`);
  const figures: Record<string, ProxyFigures[]> = { [portolan.name]: [], [peer]: [] };
  for (let i = 0; i < rounds; i++) {
    // Each is the first as often as it can be.
    const names = Object.keys(figures);
    for (const name of i % 2 ? names.reverse() : names) figures[name]?.push(await measure(name, size));
  }
  print(figures[portolan.name] ?? [], figures[peer] ?? []);
}

type Figure = (rounds: readonly ProxyFigures[]) => number;
type Row = readonly [what: string, figure: Figure, format: (value: number) => string];

function print(ours: readonly ProxyFigures[], theirs: readonly ProxyFigures[]): void {
  for (const [what, figure, format] of rows(Object.keys(ours[0]?.throughput ?? {}))) {
    const [our, their] = [figure(ours), figure(theirs)];
    report(what, `${format(our)} / ${format(their)} = ${(our / their).toFixed(2)}`, '-');
  }
}

const rows = (loads: readonly string[]): readonly Row[] => [
  ['first load: process start to all Services connected', each(({ firstLoadMs }) => firstLoadMs), ms],
  ['one endpoints change: API write to the new way, p50', change(0.5), ms],
  ['  p90', change(0.9), ms],
  ['resident memory', each(({ residentMB }) => residentMB), (value) => `${Math.round(value)} MB`],
  ['handshake through a Service, p50', each(({ handshakes }) => median(handshakes.through)), micro],
  ['  more than directly', each(({ handshakes: { through, direct } }) => median(through) - median(direct)), micro],
  ...loads.flatMap((load): Row[] => [
    [`pod → Service → pod, ${load}`, each((of) => of.throughput[load]?.through ?? Number.NaN), decimals(1)],
    ['  of pod → pod', each((of) => of.throughput[load]?.ratio ?? Number.NaN), decimals(2)],
  ]),
];
const decimals = (count: number) => (value: number) => value.toFixed(count);

/** The median of the rounds. */
const each =
  (one: (figures: ProxyFigures) => number): Figure =>
  (rounds) =>
    median(rounds.map(one));

const change =
  (share: number): Figure =>
  (rounds) =>
    percentile(
      rounds.flatMap(({ changesMs }) => changesMs),
      share,
    );
