// `portolan status`: the clusters of this machine, and how they do.

import { readFile } from 'node:fs/promises';
import { age, isNodeReady, nodes, pods } from '#api/index.ts';
import { Client, connect } from '#client/index.ts';
import { kubeconfigPath } from '#cluster/endpoints.ts';
import { dnsServiceIP, hostLeg } from '#cluster/ranges.ts';
import { type ClusterCard, clusterNames, isAlive, readCard } from '#cluster/state.ts';
import { command } from './command.ts';

async function describe(card: ClusterCard): Promise<string[]> {
  if (!(await isAlive(card.supervisor))) {
    return ['  killed; `portolan down` or the next `portolan up` of this name removes its leftovers'];
  }
  const sinceStart = age(card.createdAt, new Date());
  if (!card.ready || !card.ranges) return [`  starting for ${sinceStart}`];
  const server = `https://${hostLeg(card.ranges)}:${card.apiPort}`;
  const lines = [
    `  running for ${sinceStart}, supervisor ${card.supervisor.pid}`,
    `  API server  ${server}`,
    `  cluster DNS ${dnsServiceIP(card.ranges)}`,
    `  kubeconfig  ${kubeconfigPath(card.name)}`,
  ];
  try {
    const client = new Client(await connect(await readFile(kubeconfigPath(card.name), 'utf8')));
    const [allNodes, allPods] = await Promise.all([client.resource(nodes).list(), client.resource(pods).list()]);
    const running = allPods.items.filter((pod) => pod.status?.phase === 'Running').length;
    lines.splice(
      1,
      0,
      `  ${allNodes.items.filter(isNodeReady).length} of ${allNodes.items.length} nodes ready, ${running} of ${allPods.items.length} pods running`,
    );
  } catch (error) {
    lines.push(`  the API server does not answer: ${(error as Error).message}`);
  }
  return lines;
}

export const status = command({
  name: 'status',
  summary: 'show the clusters of this machine',
  options: {},
  async run() {
    const cards = (await Promise.all((await clusterNames()).map(readCard))).filter((card) => card !== undefined);
    if (cards.length === 0) process.stdout.write('No cluster is running. Start one with `portolan up`.\n');
    for (const card of cards) process.stdout.write([card.name, ...(await describe(card)), ''].join('\n'));
  },
});
