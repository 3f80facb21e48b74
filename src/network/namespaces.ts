// Named network namespaces (/run/netns).

import { readdir } from 'node:fs/promises';
import { ifPresent, ip, ipOutput, NetworkError } from './ip.ts';

const directory = '/run/netns';

/** The words to put before a command so that it runs inside the namespace; none for ours. */
export const enter = (namespace: string | undefined): string[] =>
  namespace === undefined ? [] : ['nsenter', `--net=${directory}/${checked(namespace)}`];

/** Makes a fresh namespace with its loopback up. One of that name that was left over is replaced. */
export async function createNamespace(namespace: string): Promise<void> {
  const add = ['netns', 'add', checked(namespace)];
  try {
    await ipOutput(add);
  } catch (error) {
    if (!(error instanceof NetworkError && error.reason === 'Exists')) throw error;
    await deleteNamespace(namespace);
    await ipOutput(add);
  }
  await ip(namespace, ['link set lo up']);
}

/**
 * Removes the name; no complaint when there is none. The namespace itself goes when the last process and socket in it is
 * gone, and the kernel takes its links down a moment later.
 */
export async function deleteNamespace(namespace: string): Promise<void> {
  await ifPresent(ipOutput(['netns', 'del', checked(namespace)]));
}

export async function listNamespaces(): Promise<string[]> {
  try {
    return (await readdir(directory)).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function checked(namespace: string): string {
  if (/^[\w][\w.-]{0,250}$/.test(namespace)) return namespace;
  throw new NetworkError('Failed', `not a name for a network namespace: ${JSON.stringify(namespace)}`);
}
