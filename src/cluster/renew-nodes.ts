// A cluster that is given a second IP family. Which ranges a node's pods have addresses of is settled with the node, so its
// object is made anew, under the same name, before anybody counts on it. Its pods stay bound to it.

import { type Node, nodes } from '#api/index.ts';
import type { Client } from '#client/index.ts';
import type { NodeAddresses } from './ranges.ts';

/** @param all the nodes that there are now */
export async function renewNodes(client: Client, all: readonly NodeAddresses[]): Promise<string[]> {
  const resource = client.resource(nodes);
  const renewed: string[] = [];
  for (const node of (await resource.list()).items) {
    const podCIDRs = all.find(({ name }) => name === node.metadata.name)?.places.map(({ podCIDR }) => podCIDR);
    if (!podCIDRs || !lacksRange(node, podCIDRs)) continue;
    const { name = '', labels, annotations } = node.metadata;
    await resource.delete(name);
    await resource.create({ metadata: { name, labels, annotations }, spec: { ...node.spec, podCIDRs } });
    renewed.push(name);
  }
  return renewed;
}

/** It has the first of these, and no second. */
const lacksRange = ({ spec: { podCIDRs = [] } }: Node, wanted: readonly string[]): boolean =>
  podCIDRs.length === 1 && podCIDRs[0] === wanted[0] && wanted.length > 1;
