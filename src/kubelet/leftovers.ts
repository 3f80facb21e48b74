// What a killed kubelet left: containers and their monitors, mounts, cgroups, pod network namespaces, files. It goes by
// the state directory alone; the directory itself stays.

import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { deleteNamespace } from '#network/index.ts';
import { unmountBelow } from './runtimes/mounts.ts';
import { removeContainers } from './runtimes/remove.ts';

/** Fine for a directory in which no kubelet ever was. */
export async function removeLeftovers(stateDir: string): Promise<void> {
  await removeContainers(stateDir);
  const podsDir = join(stateDir, 'pods');
  const uids = await readdir(podsDir).catch(() => []);
  for (const uid of uids) {
    const namespace = await readFile(join(podsDir, uid, 'netns'), 'utf8').catch(() => '');
    if (namespace) await deleteNamespace(namespace);
  }
  await unmountBelow(stateDir);
  await rm(podsDir, { recursive: true, force: true });
}
