// The machine's mount table (proc(5), /proc/self/mountinfo) and the undoing of mounts.

import { readFile } from 'node:fs/promises';
import { run } from '#lib/run.ts';

export interface MountPoint {
  readonly path: string;
  readonly type: string;
  /** The directory of the file system that is mounted there; `/` unless it is a bind mount. */
  readonly root: string;
}

const unescaped = (text: string) =>
  text.replace(/\\(\d{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)));

/** In mount order. */
export function parseMountInfo(text: string): MountPoint[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [left = '', right = ''] = line.split(' - ');
      const [, , , root = '', path = ''] = left.split(' ');
      return { path: unescaped(path), root: unescaped(root), type: right.split(' ')[0] ?? '' };
    });
}

export const mountPoints = async (): Promise<MountPoint[]> =>
  parseMountInfo(await readFile('/proc/self/mountinfo', 'utf8'));

export const isBelow = (path: string, directory: string): boolean =>
  path === directory || path.startsWith(directory.endsWith('/') ? directory : `${directory}/`);

/** Unmounts everything at and below `directory`, the latest first. Busy mounts are detached and vanish with their last user. */
export async function unmountBelow(directory: string): Promise<void> {
  const ours = (await mountPoints()).map(({ path }) => path).filter((path) => isBelow(path, directory));
  // One process for many mounts; a path too many for one command line goes into the next.
  for (const paths of chunks(ours.reverse(), 100)) await run('umount', ['--lazy', '--', ...paths]);
}

function* chunks<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}
