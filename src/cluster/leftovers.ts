// Removes every trace of a cluster whose processes have ended, however they ended: containers, mounts, network
// namespaces, the interface with its routes, the state folder. Works from what it finds, not from what was meant to be there.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { removeLeftovers as removePods } from '#kubelet/leftovers.ts';
import { deleteFabric, deleteNamespace, listNamespaces } from '#network/index.ts';
import { type ClusterCard, fabricOf, namespacePrefix, removeState, stateDirOf, thisNetworkNamespace } from './state.ts';

async function nodeDirs(name: string): Promise<string[]> {
  const folder = join(stateDirOf(name), 'nodes');
  try {
    return (await readdir(folder)).map((node) => join(folder, node));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** What the nodes of an earlier server process left running. */
export async function removeNodeLeftovers(name: string): Promise<void> {
  await Promise.all((await nodeDirs(name)).map(removePods));
}

/** The data of a cluster are not a trace: they stay. */
export async function removeCluster(name: string, card: ClusterCard | undefined): Promise<void> {
  await removeNodeLeftovers(name);
  const prefix = namespacePrefix(name);
  const namespaces = (await listNamespaces()).filter((namespace) => namespace.startsWith(prefix));
  await Promise.all(namespaces.map(deleteNamespace));
  // With the namespace of the bridge the host's interface goes too, but a moment later.
  if (card?.ranges && card.networkNamespace === (await thisNetworkNamespace())) {
    await deleteFabric({ hostLink: card.ranges.hostLink, fabric: fabricOf(name) });
  }
  await removeState(name);
}
