// `portolan status`: the clusters of this machine, and how they do.

import { readFile } from 'node:fs/promises';
import { age, isNodeReady, nodes, pods } from '#api/index.ts';
import { Client, connect } from '#client/index.ts';
import { storedNames } from '#cluster/data-folder.ts';
import { kubeconfigPath } from '#cluster/endpoints.ts';
import { dnsServiceIP, hostLeg } from '#cluster/ranges.ts';
import { type ClusterCard, clusterNames, isAlive, readCard } from '#cluster/state.ts';
import { inBrackets } from '#lib/cidr.ts';
import { command } from './command.ts';
import { commandFor, describeData } from './options.ts';

async function describe(card: ClusterCard): Promise<string[]> {
  const { name, storage, ranges, supervisor } = card;
  if (!(await isAlive(supervisor))) {
    return [
      '  killed; `portolan down` or the next `portolan up` of this name removes its leftovers',
      ...(await data(name)),
    ];
  }
  const sinceStart = age(card.startedAt, new Date());
  const kept =
    storage === 'memory'
      ? '  storage     memory, ends with this run'
      : `  storage     ${storage}, ${await describeData(name)}`;
  if (!card.ready || !ranges) return [`  starting for ${sinceStart}`, kept];
  return [
    `  running for ${sinceStart}, supervisor ${supervisor.pid}`,
    await health(name),
    `  API server  https://${inBrackets(hostLeg(ranges.families[0]))}:${card.apiPort}`,
    `  cluster DNS ${ranges.families.map(dnsServiceIP).join(', ')}`,
    `  kubeconfig  ${kubeconfigPath(name)}`,
    kept,
  ];
}

async function health(name: string): Promise<string> {
  try {
    const client = new Client(await connect(await readFile(kubeconfigPath(name), 'utf8')));
    const [allNodes, allPods] = await Promise.all([client.resource(nodes).list(), client.resource(pods).list()]);
    const ready = allNodes.items.filter(isNodeReady).length;
    const running = allPods.items.filter((pod) => pod.status?.phase === 'Running').length;
    return `  ${ready} of ${allNodes.items.length} nodes ready, ${running} of ${allPods.items.length} pods running`;
  } catch (error) {
    return `  the API server does not answer: ${(error as Error).message}`;
  }
}

/** Of a cluster that does not run. */
async function data(name: string): Promise<string[]> {
  if (!(await storedNames()).includes(name)) return [];
  return [
    `  storage     ${await describeData(name)}; \`${commandFor(name, 'up')}\` continues it, \`${commandFor(name, 'down --delete-data')}\` forgets it`,
  ];
}

export const status = command({
  name: 'status',
  summary: 'show the clusters of this machine',
  options: {},
  async run() {
    const cards = (await Promise.all((await clusterNames()).map(readCard))).filter((card) => card !== undefined);
    const stopped = (await storedNames()).filter((name) => !cards.some((card) => card.name === name));
    if (cards.length === 0) process.stdout.write('No cluster is running. Start one with `portolan up`.\n');
    for (const card of cards) process.stdout.write([card.name, ...(await describe(card)), ''].join('\n'));
    for (const name of stopped) process.stdout.write([name, '  stopped', ...(await data(name)), ''].join('\n'));
  },
});
