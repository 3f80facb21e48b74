// Removes every trace of a cluster whose processes have ended, however they ended: containers, mounts, network
// namespaces, the interface with its routes, the state folder. Works from what it finds, not from what was meant to be there.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { removeLeftovers as removePods } from '#kubelet/leftovers.ts';
import { deleteNamespace, detachHost, listNamespaces } from '#network/index.ts';
import { fabricOf, namespacePrefix, removeState, stateDirOf } from './state.ts';

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
export async function removeCluster(name: string): Promise<void> {
  await removeNodeLeftovers(name);
  await detachHost(fabricOf(name));
  const prefix = namespacePrefix(name);
  const namespaces = (await listNamespaces()).filter((namespace) => namespace.startsWith(prefix));
  await Promise.all(namespaces.map(deleteNamespace));
  await removeState(name);
}
