// Two processes on two cores against one: more sockets on one port (SO_REUSEPORT). On a machine of two cores the load
// generator computes on them, too, and the ratio of the queries a second stays below what two whole cores would give.

import { processTree } from '../../scripts/process-use.ts';
import { median, report } from '../figures.ts';
import type { Cluster } from './cluster.ts';
import { generatorCore, serverCore } from './cores.ts';
import { pathOf } from './queries.ts';
import { count, type Run, saturate } from './saturation.ts';
import { startPortolan } from './servers.ts';

const rounds = 3;
const cores = [serverCore, generatorCore];

export async function processes(cluster: Cluster, seconds: number): Promise<void> {
  const load = { queries: pathOf(cluster.folder, 'cluster-ip'), seconds, cores };
  const one = await cluster.started(startPortolan(cluster, { cores }));
  const two = await cluster.started(startPortolan(cluster, { cores, sockets: 2 }));
  const running = processTree(two.pid).length;
  await saturate(one, load);
  await saturate(two, load);
  const runs: { one: Run; two: Run }[] = [];
  for (let i = 0; i < rounds; i++) runs.push({ one: await saturate(one, load), two: await saturate(two, load) });
  const ratio = (field: 'perSecond' | 'perProcessorSecond') =>
    median(runs.map(({ one, two }) => two[field] / one[field]));
  const both = `${count(median(runs.map(({ one }) => one.perSecond)))}, ${count(median(runs.map(({ two }) => two.perSecond)))}`;
  report('multisocket 2 on two cores against one process, generator on them: queries/s', both, '-');
  report('  ratio', `${ratio('perSecond').toFixed(2)} (${running} processes)`, '1.7');
  report('  with two whole cores, by its processor time', (2 * ratio('perProcessorSecond')).toFixed(2), '1.7');
}
