// A cluster that is started with fewer nodes than it had: the nodes that are not there any more are taken out of the API
// before anybody counts on them, with their pods, which nobody is left to end. Nodes that are not of our making stay.

import { ignoreNotFound, type KubeObject, leases, type Node, nodes, pods, type ResourceRef } from '#api/index.ts';
import type { Client } from '#client/index.ts';
import { maxNodes, nodesOf, type Ranges } from './ranges.ts';

/** @param count how many nodes there are now */
export async function retireNodes(client: Client, ranges: Ranges, count: number): Promise<string[]> {
  const gone = new Map(
    nodesOf(ranges, maxNodes)
      .slice(count)
      .map(({ name, places }) => [name, places[0].address]),
  );
  const isGone = ({ metadata, status }: Node): boolean =>
    status?.addresses?.some(({ address }) => address === gone.get(metadata.name ?? '')) ?? false;
  const { items } = await client.resource(nodes).list();
  const names = items.filter(isGone).map(({ metadata }) => metadata.name ?? '');
  await Promise.all(names.map((name) => retire(client, name)));
  return names;
}

async function retire(client: Client, node: string): Promise<void> {
  const { items } = await client.resource(pods).list({ fieldSelector: `spec.nodeName=${node}` });
  for (const { metadata } of items) {
    const { name = '', namespace, uid } = metadata;
    await remove(client, pods, name, { namespace, uid, gracePeriodSeconds: 0 });
  }
  await remove(client, leases, node, { namespace: 'kube-node-lease' });
  await remove(client, nodes, node, {});
}

const remove = <T extends KubeObject>(client: Client, ref: ResourceRef<T>, name: string, options: object) =>
  client.resource(ref).delete(name, options).catch(ignoreNotFound);
