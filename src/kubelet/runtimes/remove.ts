// Takes away what an OCI runtime's state directory tells of: containers, their monitors, mounts and cgroups. Used at the
// end of a run, and for a run that was killed. It goes by what is on disk and in the kernel, so nothing must be alive.

import { readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { tryRun } from '#lib/run.ts';
import { unmountBelow } from './mounts.ts';
import { findOciRuntime } from './program.ts';

/** Containers removed at a time: each is a process of the OCI runtime. */
const parallel = 4;

export async function removeContainers(stateDir: string): Promise<void> {
  const bundles = join(stateDir, 'containers');
  const known = new Set([...(await entries(join(stateDir, 'runc'))), ...(await entries(bundles))]);
  const ids = [...known];
  const program = await readFile(join(stateDir, 'program'), 'utf8').catch(() => '');
  const runtime = ids.length > 0 ? await findOciRuntime(program) : '';
  const work = async () => {
    for (let id = ids.pop(); id !== undefined; id = ids.pop()) {
      await killMonitor(join(bundles, id), stateDir);
      await tryRun(runtime, ['--root', join(stateDir, 'runc'), 'delete', '--force', id]);
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
  await unmountBelow(join(stateDir, 'images'));
  for (const name of ['runc', 'containers', 'exits', 'sockets', 'images', 'program']) {
    await rm(join(stateDir, name), { recursive: true, force: true });
  }
  const cgroup = await readFile(join(stateDir, 'cgroup'), 'utf8').catch(() => '');
  if (cgroup.startsWith('/') && cgroup !== '/') await removeCgroups(cgroup);
  await rm(join(stateDir, 'cgroup'), { force: true });
}

/** A monitor that was stopped in the middle of creating would go on to create; one that is done ends by itself. */
async function killMonitor(bundle: string, stateDir: string): Promise<void> {
  const pid = Number(await readFile(join(bundle, 'conmon.pid'), 'utf8').catch(() => '0'));
  if (!(pid > 1)) return;
  // The number may be another process's by now.
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  if (!command.includes(`${stateDir}/`)) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended meanwhile.
  }
}

/** The parent cgroup in every hierarchy (v1 has many, v2 one), and its own parents as far as they are empty. */
async function removeCgroups(cgroup: string): Promise<void> {
  const base = '/sys/fs/cgroup';
  for (const hierarchy of ['', ...(await entries(base))]) {
    const root = join(base, hierarchy);
    await removeTree(join(root, cgroup));
    for (
      let parent = join(root, cgroup, '..');
      parent !== root && parent.startsWith(root);
      parent = join(parent, '..')
    ) {
      await rmdir(parent).catch(() => {});
    }
  }
}

/** A cgroup directory is removed with rmdir only; the files in it are the kernel's. */
async function removeTree(directory: string): Promise<void> {
  const children = await readdir(directory, { withFileTypes: true }).catch(() => []);
  for (const child of children) if (child.isDirectory()) await removeTree(join(directory, child.name));
  await rmdir(directory).catch(() => {});
}

const entries = (directory: string): Promise<string[]> => readdir(directory).catch(() => []);
