// Every kubectl that this machine has: the one on PATH, and those that lie beside it or on PATH under names with a version,
// as `kubectl.1.27`, `kubectl-1.27` or `kubectl1.27`.

import { spawnSync } from 'node:child_process';
import { readdirSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

export interface Kubectl {
  readonly minor: number;
  /** As it says of itself, such as v1.27.16. */
  readonly version: string;
  readonly path: string;
}

/** The oldest and the newest that are expected to work. */
export const supported = { oldest: 27, newest: 33 };

/** Those with a supported version, one for each minor version, oldest first. */
export function findKubectls(): readonly Kubectl[] {
  const found = new Map<number, Kubectl>();
  for (const path of candidates()) {
    const version = versionOf(path);
    // A dispatcher runs another kubectl, by the version of the server.
    const minor = Number(/^v1\.(\d+)\.\d+(?!.*dispatcher)/.exec(version)?.[1]);
    if (minor >= supported.oldest && minor <= supported.newest && !found.has(minor))
      found.set(minor, { minor, version, path });
  }
  return [...found.values()].sort((a, b) => a.minor - b.minor);
}

function candidates(): readonly string[] {
  const folders = new Set((process.env.PATH ?? '').split(delimiter).filter(Boolean));
  for (const folder of [...folders]) {
    try {
      folders.add(dirname(realpathSync(join(folder, 'kubectl'))));
    } catch {
      // No kubectl in this one.
    }
  }
  const paths = new Set<string>();
  for (const folder of folders) {
    let names: string[] = [];
    try {
      names = readdirSync(folder);
    } catch {
      continue;
    }
    for (const name of names)
      if (/^kubectl([.-]?v?1\.\d+(\.\d+)?)?$/.test(name)) paths.add(realpathSync(join(folder, name)));
  }
  return [...paths];
}

function versionOf(path: string): string {
  const { status, stdout } = spawnSync(path, ['version', '--client', '-o', 'json'], {
    encoding: 'utf8',
    timeout: 10_000,
    env: { PATH: process.env.PATH },
  });
  if (status !== 0) return '';
  try {
    return JSON.parse(stdout).clientVersion?.gitVersion ?? '';
  } catch {
    return '';
  }
}
