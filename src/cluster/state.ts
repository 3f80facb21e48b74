// What is known of the clusters that run on this machine: one folder each below /run/portolan, with cluster.json as its card.
// /run, because processes do not outlive a reboot; a card whose supervisor is dead marks leftovers. What outlives them is
// data-folder.ts's.

import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, readlink, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '#lib/clock.ts';
import { UserError } from '#lib/user-error.ts';
import { dataDirOf, hasData } from './data-folder.ts';
import type { LoadBalancerChoice } from './load-balancer.ts';
import type { Ranges } from './ranges.ts';

export interface ProcessId {
  readonly pid: number;
  /** Clock ticks after boot at which it started: tells the process from a later one with the same number. */
  readonly startTime: string;
}

/** Where a cluster keeps its objects. */
export const storages = ['lmdb', 'memory'] as const;
export type Storage = (typeof storages)[number];

export interface ClusterCard {
  readonly name: string;
  readonly storage: Storage;
  readonly supervisor: ProcessId;
  /** When its first run began, and this one. */
  readonly createdAt: string;
  readonly startedAt: string;
  readonly nodes: number;
  readonly apiPort: number;
  /** A node whose lease is older than this is not ready any more. */
  readonly nodeMonitorGracePeriodMs: number;
  readonly loadBalancer: LoadBalancerChoice;
  /** The network namespace that the cluster was started in, as /proc/self/ns/net names it: its interface is there alone. */
  readonly networkNamespace: string;
  /** Absent until the cluster has claimed its addresses. */
  readonly ranges?: Ranges | undefined;
  readonly ready: boolean;
}

const root = (): string => process.env.PORTOLAN_RUN_DIR ?? '/run/portolan';
export const defaultName = 'portolan';
export const stateDirOf = (name: string): string => join(root(), name);
/** Of its network namespaces. A cluster name holds no dot, so that no cluster sees those of another. */
export const namespacePrefix = (name: string): string => `ptl.${name}.`;
/** Where the bridge is that joins the nodes. */
export const fabricOf = (name: string): string => `${namespacePrefix(name)}fabric`;
const cardPath = (name: string): string => join(stateDirOf(name), 'cluster.json');
const lockPath = (name: string): string => join(root(), `${name}.lock`);
/** Whether a cluster of this name runs, is being started, or was killed and has left something. */
export const hasState = (name: string): boolean => [stateDirOf(name), lockPath(name)].some((path) => existsSync(path));

/** Names go into file and namespace names. */
export function checkName(name: string): string {
  if (/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/.test(name)) return name;
  throw new UserError(
    `Cannot call a cluster ${JSON.stringify(name)}: use 1 to 32 lower-case letters, digits and dashes, with no dash at either end.`,
  );
}

export const thisNetworkNamespace = (): Promise<string> => readlink('/proc/self/ns/net');

async function startTimeOf(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in parentheses and may hold anything; field 22 is the start time, 3 the state.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

export async function thisProcess(): Promise<ProcessId> {
  return { pid: process.pid, startTime: (await startTimeOf(process.pid)) ?? '' };
}
export const isAlive = async ({ pid, startTime }: ProcessId): Promise<boolean> =>
  (await startTimeOf(pid)) === startTime;

export async function readCard(name: string): Promise<ClusterCard | undefined> {
  try {
    return JSON.parse(await readFile(cardPath(name), 'utf8')) as ClusterCard;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export async function writeCard(card: ClusterCard): Promise<void> {
  const path = cardPath(card.name);
  try {
    await mkdir(stateDirOf(card.name), { recursive: true, mode: 0o700 });
    // Written beside and renamed, so that a reader never sees half a card.
    await writeFile(`${path}.new`, JSON.stringify(card, null, 2), { mode: 0o600 });
    await rename(`${path}.new`, path);
  } catch (error) {
    throw noRoom(card.name, error as Error);
  }
}

const noRoom = (name: string, cause: Error): UserError =>
  new UserError(
    `Cannot keep the state of the cluster ${name} in ${stateDirOf(name)}: ${cause.message}. ` +
      'Make room there, or make it writable.',
    { cause },
  );

/** How long one `up` waits for another of the same name to have looked whether the name is free. */
const lockTimeoutMs = 10_000;

/** False when somebody else has it, or when a last cluster that ended took the folder away just now. */
async function createLock(path: string, owner: string): Promise<boolean> {
  await mkdir(root(), { recursive: true, mode: 0o700 });
  try {
    await writeFile(path, owner, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'ENOENT') return false;
    throw error;
  }
}

/** Does `work` while no other process does its own under the same name; a lock whose owner is dead counts for nothing. */
export async function withNameLocked<T>(name: string, work: () => Promise<T>): Promise<T> {
  const path = lockPath(name);
  const self = JSON.stringify(await thisProcess());
  const deadline = Date.now() + lockTimeoutMs;
  for (;;) {
    const isOurs = await createLock(path, self).catch((error) => {
      throw noRoom(name, error);
    });
    if (isOurs) break;
    const owner = await readFile(path, 'utf8')
      .then(JSON.parse)
      .catch(() => undefined);
    if (Date.now() > deadline || (owner && !(await isAlive(owner)))) await rm(path, { force: true });
    else await systemClock.sleep(20);
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
    await removeEmptyRoot();
  }
}

/** Names of all clusters that have a folder, dead ones included. */
export async function clusterNames(): Promise<string[]> {
  try {
    const entries = await readdir(root(), { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

export async function removeState(name: string): Promise<void> {
  await rm(stateDirOf(name), { recursive: true, force: true });
  await removeEmptyRoot();
}

/** The folder of all clusters goes with the last one; with others in it, it stays. */
async function removeEmptyRoot(): Promise<void> {
  await rmdir(root()).catch(() => {});
}

/** The card of a running cluster, or an error that says which clusters there are. */
export async function runningCard(name: string): Promise<ClusterCard> {
  const card = await readCard(checkName(name));
  if (card && (await isAlive(card.supervisor))) return card;
  if (await hasData(name)) {
    throw new UserError(
      `No cluster named ${name} is running; its data are in ${dataDirOf(name)}. Continue it with \`portolan up --name ${name}\`.`,
    );
  }
  const others = (await clusterNames()).filter((other) => other !== name);
  throw new UserError(
    `No cluster named ${name} is running. ${
      others.length > 0 ? `There is: ${others.join(', ')} (choose one with --name).` : 'Start one with `portolan up`.'
    }`,
  );
}
