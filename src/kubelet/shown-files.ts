// A directory of files that change all at once, laid out as upstream's: each name is a link through `..data` to a
// directory of one version, and a new version is shown by one rename of that link.

import { chmod, chown, mkdir, mkdtemp, readdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ConfigError } from './config-error.ts';
import { inside } from './inside.ts';

export interface ShownFile {
  readonly path: string;
  readonly data: Uint8Array | string;
  readonly mode: number;
}

const current = '..data';

/** @param group owns the files, when given */
export async function showFiles(directory: string, files: readonly ShownFile[], group?: number): Promise<void> {
  const names = new Set(files.map(({ path }) => path.split('/')[0] ?? ''));
  for (const name of names) {
    if (name.startsWith('..')) throw new ConfigError(`path "${name}" must not start with two dots`);
  }
  const before = await readlink(join(directory, current)).catch(() => undefined);
  const version = await mkdtemp(join(directory, `..${new Date().toISOString().replace(/\W/g, '_')}.`));
  try {
    await chmod(version, 0o755);
    for (const file of files) await writeBelow(version, file, group);
    const link = join(directory, `${current}_tmp`);
    await rm(link, { force: true });
    await symlink(version.slice(directory.length + 1), link);
    await rename(link, join(directory, current));
  } catch (error) {
    await rm(version, { recursive: true, force: true });
    throw error;
  }
  const present = new Set(await readdir(directory));
  for (const name of names) {
    if (!present.has(name)) await symlink(join(current, name), join(directory, name));
  }
  for (const name of present) {
    if (!name.startsWith('..') && !names.has(name)) await rm(join(directory, name));
  }
  if (before) await rm(join(directory, before), { recursive: true, force: true });
}

async function writeBelow(directory: string, { path, data, mode }: ShownFile, group: number | undefined) {
  const file = inside(directory, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, data);
  await chmod(file, mode);
  if (group !== undefined) await chown(file, 0, group);
}
