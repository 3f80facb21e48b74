// The image `host`: the machine's own root file system under an overlay, so that what a container writes stays in the
// container. The upper layer lies on a tmpfs of ours: the kernel refuses an upper layer on the file system of the lower
// one. A small layer in between, shared by all containers, puts `portolan` on the PATH and plain files in the places
// that a pod's resolv.conf, hosts and hostname are mounted on (on the machine they may be symbolic links).

import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, tryRun } from '#lib/run.ts';
import type { Mount } from '../runtime.ts';
import { isBelow, type MountPoint, mountPoints, unmountBelow } from './mounts.ts';

/** Where this program lies: the clone, or the installed package. */
const packageRoot = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');

/** Places where a machine may have mounted a file system with programs or people's files in it. */
const programPlaces = ['/usr', '/opt', '/home', '/srv', '/root', '/nix', '/snap'];
const pseudoTypes = new Set([
  ...['autofs', 'bpf', 'cgroup', 'cgroup2', 'configfs', 'debugfs', 'devpts', 'devtmpfs', 'efivarfs', 'fusectl'],
  ...['hugetlbfs', 'mqueue', 'nsfs', 'proc', 'pstore', 'ramfs', 'securityfs', 'sysfs', 'tmpfs', 'tracefs'],
]);

/** The mounts that a container needs besides the root file system, which an overlay shows without what is mounted on it. */
export function imageMounts(mounts: readonly MountPoint[], root: string, exclude: string): Mount[] {
  const real = mounts.filter(
    ({ path, type }) =>
      !pseudoTypes.has(type) && programPlaces.some((place) => isBelow(path, place)) && !isBelow(path, exclude),
  );
  const paths = new Set([...real.map(({ path }) => path), root]);
  return [...paths].map((path) => ({ source: path, destination: path, readOnly: true }));
}

export class HostImage {
  readonly #directory: string;
  readonly #nodeName: string;
  #mounts: readonly Mount[] = [];

  /**
   * @param directory becomes a tmpfs; nothing of it is left after {@link close}.
   * @param nodeName is what `portolan echo` reads in /etc/portolan-node: a pod's environment does not tell it.
   */
  constructor(directory: string, nodeName: string) {
    this.#directory = directory;
    this.#nodeName = nodeName;
  }

  async prepare(): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    // Private, or every mount below would show up in other mount namespaces and keep containers busy there.
    await run('mount', ['-t', 'tmpfs', '-o', 'mode=700', '--make-private', 'portolan', this.#directory]);
    const layer = join(this.#directory, 'layer');
    for (const path of ['', 'usr', 'usr/local', 'usr/local/bin', 'etc']) await makeOpen(join(layer, path));
    await symlink(join(packageRoot, 'bin/portolan'), join(layer, 'usr/local/bin/portolan'));
    for (const name of ['resolv.conf', 'hosts', 'hostname']) await writeFile(join(layer, 'etc', name), '');
    await writeFile(join(layer, 'etc/portolan-node'), `${this.#nodeName}\n`);
    this.#mounts = imageMounts(await mountPoints(), packageRoot, this.#directory);
  }

  get mounts(): readonly Mount[] {
    return this.#mounts;
  }

  /** Mounts a fresh copy and says where. */
  async mount(id: string): Promise<string> {
    const own = join(this.#directory, id);
    const [upper, work, root] = [join(own, 'upper'), join(own, 'work'), join(own, 'root')];
    await mkdir(own);
    for (const directory of [upper, work, root]) await makeOpen(directory);
    const layers = `lowerdir=${join(this.#directory, 'layer')}:/,upperdir=${upper},workdir=${work}`;
    await run('mount', ['-t', 'overlay', '-o', layers, 'portolan', root]);
    return root;
  }

  /** Fine for one that was never mounted. */
  async unmount(id: string): Promise<void> {
    const own = join(this.#directory, id);
    // Fails when it is not mounted, which is what is wanted.
    await tryRun('umount', ['--lazy', join(own, 'root')]);
    await rm(own, { recursive: true, force: true });
  }

  async close(): Promise<void> {
    await unmountBelow(this.#directory);
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** A directory of the image: everybody may enter it, whatever this process's umask. */
async function makeOpen(directory: string): Promise<void> {
  await mkdir(directory);
  await chmod(directory, 0o755);
}
