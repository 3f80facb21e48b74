// What a machine must have before a cluster can start: the privilege to make network namespaces, and the programs of the
// data plane. On Debian the missing ones are installed, with a word on why each is needed.

import { constants, existsSync } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { CommandError, run } from '#lib/run.ts';
import { UserError } from '#lib/user-error.ts';

export interface Requirement {
  /** Any one of these will do. */
  readonly programs: readonly string[];
  readonly debianPackage: string;
  readonly why: string;
}

/** crun (1.8) refuses machines whose cgroups are not those of version 2 alone; runc runs on all of them. */
const ociRuntimes = existsSync('/sys/fs/cgroup/cgroup.controllers') ? ['runc', 'crun'] : ['runc'];

const iproute = {
  programs: ['ip'],
  debianPackage: 'iproute2',
  why: 'makes network namespaces, links and routes, and lists addresses',
};

/** What the service proxy needs by itself. */
export const proxyRequirements: readonly Requirement[] = [
  iproute,
  { programs: ['nft'], debianPackage: 'nftables', why: 'programs the virtual IPs of Services' },
  { programs: ['conntrack'], debianPackage: 'conntrack', why: 'ends UDP flows to endpoints that are gone' },
];

const perl = {
  programs: ['perl'],
  debianPackage: 'perl-base',
  why: 'hands input to attached containers, and announces addresses',
};
/** What the DNS cache of a node needs by itself. */
export const nodeDnsRequirements: readonly Requirement[] = [
  iproute,
  { programs: ['nft'], debianPackage: 'nftables', why: 'keeps the tracking of connections away from DNS' },
];

/** What the announcer needs by itself. */
export const announcerRequirements: readonly Requirement[] = [iproute, perl];

export const requirements: readonly Requirement[] = [
  ...proxyRequirements,
  { programs: ociRuntimes, debianPackage: 'runc', why: 'runs the containers of pods' },
  { programs: ['conmon'], debianPackage: 'conmon', why: "keeps containers' logs and exit codes" },
  // Part of every Debian.
  { programs: ['flock'], debianPackage: 'util-linux', why: 'keeps the data of a cluster for one process at a time' },
  perl,
];

/** Where system programs live; a shell got by plain `su` has no sbin on its PATH. */
const systemFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/local/bin', '/usr/bin', '/bin'];

/** Makes programs in sbin findable for this process and what it starts. */
export function completePath(env: NodeJS.ProcessEnv = process.env): void {
  const folders = (env.PATH ?? '').split(delimiter).filter(Boolean);
  env.PATH = [...folders, ...systemFolders.filter((folder) => !folders.includes(folder))].join(delimiter);
}

async function isOnPath(program: string): Promise<boolean> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    try {
      await access(join(folder, program), constants.X_OK);
      return true;
    } catch {
      // Not in this folder.
    }
  }
  return false;
}

async function missing(wanted: readonly Requirement[]): Promise<Requirement[]> {
  const found = await Promise.all(
    wanted.map(async ({ programs }) => (await Promise.all(programs.map(isOnPath))).includes(true)),
  );
  return wanted.filter((_, i) => !found[i]);
}

/** Capability numbers of capability.h. */
const needed = { CAP_NET_ADMIN: 12, CAP_SYS_ADMIN: 21 } as const;

export async function checkPrivilege(): Promise<void> {
  const status = await readFile('/proc/self/status', 'utf8');
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`);
  const lacking = Object.entries(needed).filter(([, bit]) => ((effective >> BigInt(bit)) & 1n) === 0n);
  if (lacking.length === 0) return;
  const names = lacking.map(([name]) => name).join(' and ');
  throw new UserError(
    process.getuid?.() === 0
      ? `portolan up needs ${names}, which this container or service does not have: grant it (docker: --privileged).`
      : `portolan up makes network namespaces and needs ${names}: run it as root, for example with sudo.`,
  );
}

/** For a cluster with IPv6: throws a UserError when this machine, or this container, has none. */
export async function checkIPv6(): Promise<void> {
  const settings = '/proc/sys/net/ipv6/conf';
  if (!existsSync(settings)) {
    throw new UserError(
      'Cannot give a cluster IPv6 addresses: the kernel of this machine has no IPv6. Start it without ipv6.disable=1, or use --ip-family ipv4.',
    );
  }
  // `default`: what the host's interface among the nodes begins with. `lo`: the host talks to itself when it asks its own API server.
  for (const name of ['default', 'lo']) {
    if ((await readFile(`${settings}/${name}/disable_ipv6`, 'utf8')).trim() === '0') continue;
    const setting = `net.ipv6.conf.${name}.disable_ipv6`;
    throw new UserError(
      `Cannot give a cluster IPv6 addresses: IPv6 is switched off here (${setting} is not 0). ` +
        `Switch it on (sysctl -w net.ipv6.conf.all.disable_ipv6=0), or use --ip-family ipv4.`,
    );
  }
}

/** Installs what is missing of them, or says in one line what to type. */
export async function ensureRequirements(
  say: (line: string) => void,
  wanted: readonly Requirement[] = requirements,
): Promise<void> {
  const lacking = await missing(wanted);
  if (lacking.length === 0) return;
  const packages = lacking.map(({ debianPackage }) => debianPackage);
  const command = `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  const list = lacking.map(({ programs, why }) => `${programs[0]} (${why})`).join(', ');
  if (!(await isOnPath('apt-get'))) {
    throw new UserError(
      `Missing programs: ${list}. Install the packages that this system calls ${packages.join(', ')}.`,
    );
  }
  if (process.getuid?.() !== 0) throw new UserError(`Missing programs: ${list}. Type: sudo ${command}`);
  for (const { debianPackage, why } of lacking) say(`Installing the Debian package ${debianPackage}: it ${why}`);
  const options = { timeoutMs: 300_000, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
  try {
    await run('apt-get', command.split(' ').slice(1), options).catch(async () => {
      // A fresh machine has no package lists yet.
      await run('apt-get', ['update'], options);
      await run('apt-get', command.split(' ').slice(1), options);
    });
  } catch (error) {
    const why = error instanceof CommandError ? (error.stderr.trim().split('\n').at(-1) ?? '') : String(error);
    throw new UserError(`Cannot install ${packages.join(', ')}: ${why}. Type: apt-get update && ${command}`, {
      cause: error,
    });
  }
  const still = await missing(wanted);
  if (still.length > 0) {
    throw new UserError(
      `Still missing after ${command}: ${still.map(({ programs }) => programs.join(' or ')).join(', ')}.`,
    );
  }
}
