// What outlives a cluster's processes: one folder each below /var/lib/portolan, with the store (data/), the certificate
// authority (pki/) and cluster.json, which says what stays the same from one `up` to the next. Written by the server process,
// which alone may while it holds the folder's lock (data-lock.ts).

import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '#lib/user-error.ts';
import { version } from '#lib/version.ts';
import { lockData } from './data-lock.ts';
import type { LoadBalancerChoice } from './load-balancer.ts';
import type { FamilyRanges, Ranges } from './ranges.ts';

export interface StoredCluster {
  readonly name: string;
  readonly createdAt: string;
  /** The addresses of stored Services and nodes lie in these. */
  readonly ranges: Ranges;
  readonly nodes: number;
  /** Kubeconfig files that people copied name it. */
  readonly apiPort: number;
  readonly nodeMonitorGracePeriodMs: number;
  /** Absent where an earlier version wrote. */
  readonly loadBalancer?: LoadBalancerChoice | undefined;
  /** The store has been written to: one that is empty is not the store that belongs here. */
  readonly hasObjects: boolean;
}

/**
 * Of cluster.json and of what lies beside it; the store has a format of its own. In format 1 a cluster had one IP family,
 * whose ranges were fields of `ranges`.
 */
const format = 2;

const root = (): string => process.env.PORTOLAN_DATA_DIR ?? '/var/lib/portolan';
export const dataDirOf = (name: string): string => join(root(), name);
export const storeDirOf = (name: string): string => join(dataDirOf(name), 'data');
const fileOf = (name: string): string => join(dataDirOf(name), 'cluster.json');

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';
const startOver = (name: string): string => `forget it with \`portolan up --name ${name} --fresh\``;

/** Undefined when nothing is stored under the name. Throws a UserError for what cannot be continued. */
export async function readStored(name: string): Promise<StoredCluster | undefined> {
  const text = await readFile(fileOf(name), 'utf8').catch(async (cause) => {
    if (!isMissing(cause)) throw unusable(name, cause.message, cause);
    if (await exists(storeDirOf(name))) throw unusable(name, `${fileOf(name)} is missing`, cause);
    return undefined;
  });
  if (text === undefined) return undefined;
  const stored = parse(name, text);
  if (stored.format > format) {
    const { format: theirs, writtenBy } = stored;
    throw new UserError(
      `Cannot continue the cluster ${name}: its data in ${dataDirOf(name)} were written by Portolan ${writtenBy} in format ${theirs}, ` +
        `and this is Portolan ${version}, which knows format ${format}. Use that version, or ${startOver(name)}.`,
    );
  }
  return stored.format === 1 ? { ...stored, ranges: fromFormat1(stored.ranges) } : stored;
}

function fromFormat1(ranges: unknown): Ranges {
  const { slot, hostLink, fabricCIDR, podCIDR, serviceCIDR } = ranges as Omit<Ranges, 'families'> & FamilyRanges;
  return { slot, hostLink, families: [{ fabricCIDR, podCIDR, serviceCIDR }] };
}

function parse(name: string, text: string): StoredCluster & { format: number; writtenBy: string } {
  try {
    const stored = JSON.parse(text);
    const isWhole = typeof stored.format === 'number' && (stored.format > format || (stored.ranges && stored.nodes));
    if (isWhole) return stored;
  } catch {
    // Said below.
  }
  throw unusable(name, `${fileOf(name)} is damaged`);
}

export const unusable = (name: string, why: string, cause?: unknown): UserError =>
  new UserError(
    `Cannot continue the cluster ${name}: ${why}. Put ${dataDirOf(name)} back from a backup, or ${startOver(name)}.`,
    { cause },
  );

/** For whoever holds the lock. On disk when it resolves. */
export async function writeStored(stored: StoredCluster): Promise<void> {
  const path = fileOf(stored.name);
  const text = JSON.stringify({ ...stored, format, writtenBy: version }, null, 2);
  // Written beside and renamed, so that a crash leaves the one or the other.
  await writeFile(`${path}.new`, `${text}\n`, { mode: 0o600, flush: true });
  await rename(`${path}.new`, path);
  const folder = await open(dataDirOf(stored.name));
  await folder.sync().finally(() => folder.close());
}

export async function makeDataFolder(name: string): Promise<void> {
  try {
    await mkdir(dataDirOf(name), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw noRoomForData(name, error as Error);
  }
}

export const noRoomForData = (name: string, cause: Error): UserError =>
  new UserError(
    `Cannot keep the data of the cluster ${name} in ${dataDirOf(name)}: ${cause.message}. ` +
      'Make room there and make it writable, or use --storage memory, which keeps nothing.',
    { cause },
  );

/** Names of all clusters that have data here, whether they run or not. */
export async function storedNames(): Promise<string[]> {
  try {
    const entries = await readdir(root(), { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map((entry) => entry.name);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

export const hasData = (name: string): Promise<boolean> => exists(dataDirOf(name));
const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** How much room the data of a cluster takes on the disk, in bytes. */
export async function dataSize(name: string): Promise<number> {
  const entries = await readdir(dataDirOf(name), { recursive: true, withFileTypes: true }).catch(() => []);
  const sizes = entries
    .filter((entry) => entry.isFile())
    // The store's file is sparse: blocks of 512 bytes are what it takes.
    .map((entry) => stat(join(entry.parentPath, entry.name)).then(({ blocks }) => blocks * 512));
  return (await Promise.all(sizes.map((size) => size.catch(() => 0)))).reduce((sum, size) => sum + size, 0);
}

/** Forgets a cluster that does not run. A crash in the midst of it leaves all of its data, or nothing that has its name. */
export async function removeData(name: string): Promise<void> {
  if (!(await hasData(name))) return;
  const lock = await lockData(dataDirOf(name));
  const trash = join(root(), `.${name}.${randomUUID()}`);
  await rename(dataDirOf(name), trash);
  lock.release();
  await rm(trash, { recursive: true, force: true });
  await rmdir(root()).catch(() => {});
}
