// Our proxy and the kube-proxy that is on PATH, in turns on the same machine with the same Services: the ratios.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { endWithUs } from '../../scripts/end-with-us.ts';
import { sandboxed } from '../../scripts/sandbox.ts';
import { median, ms, percentile, report } from '../figures.ts';
import { micro } from './first-packet.ts';
import { findKubeProxy } from './kube-proxy.ts';
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
  const kubeProxy = await findKubeProxy();
  if (!kubeProxy) {
    process.stdout.write('\nNo kube-proxy on PATH to measure beside ours.\n');
    return;
  }
  const { version, mode } = kubeProxy;
  const what = `${size.toLocaleString('en')} Services × 10 on one node, ${rounds} rounds`;
  process.stdout.write(`\nportolan / kube-proxy ${version} in ${mode} mode = ratio; ${what}\n`);
  const figures: Record<string, ProxyFigures[]> = { [portolan.name]: [], [kubeProxy.name]: [] };
  try {
    for (let i = 0; i < rounds; i++) {
      // Each is the first as often as it can be.
      const names = Object.keys(figures);
      for (const name of i % 2 ? names.reverse() : names) figures[name]?.push(await measure(name, size));
    }
    print(...(Object.values(figures) as [ProxyFigures[], ProxyFigures[]]));
  } catch (error) {
    process.stdout.write(`${error instanceof Error ? error.message : error}\n`);
  }
}

function print(ours: readonly ProxyFigures[], theirs: readonly ProxyFigures[]): void {
  const compare = (
    what: string,
    figure: (of: readonly ProxyFigures[]) => number,
    format: (value: number) => string,
  ) => {
    const [our, their] = [figure(ours), figure(theirs)];
    report(what, `${format(our)} / ${format(their)} = ${(our / their).toFixed(2)}`, '-');
  };
  /** Of single values the median of the rounds. */
  const each = (one: (figures: ProxyFigures) => number) => (of: readonly ProxyFigures[]) => median(of.map(one));
  const changes = (share: number) => (of: readonly ProxyFigures[]) =>
    percentile(
      of.flatMap(({ changesMs }) => changesMs),
      share,
    );
  const more = ({ handshakes: { through, direct } }: ProxyFigures) => median(through) - median(direct);

  compare(
    'first load: process start to all Services connected',
    each((of) => of.firstLoadMs),
    ms,
  );
  compare('one endpoints change: API write to the new way, p50', changes(0.5), ms);
  compare('  p90', changes(0.9), ms);
  compare(
    'resident memory',
    each((of) => of.residentMB),
    (value) => `${Math.round(value)} MB`,
  );
  compare(
    'handshake through a Service, p50',
    each((of) => median(of.handshakes.through)),
    micro,
  );
  compare('  more than directly', each(more), micro);
  for (const load of Object.keys(ours[0]?.throughput ?? {})) {
    const through = each((of) => of.throughput[load]?.through ?? Number.NaN);
    const share = each((of) => of.throughput[load]?.ratio ?? Number.NaN);
    compare(`pod → Service → pod, ${load}`, through, (value) => value.toFixed(1));
    compare('  of pod → pod', share, (value) => value.toFixed(2));
  }
}
