// A container's OCI bundle configuration (opencontainers/runtime-spec 1.0.2 config.json). Pure. The defaults are those of
// the common container engines, without rlimits and oom scores: setting those needs CAP_SYS_RESOURCE, which a
// containerised kubelet often lacks.

import type { ContainerSpec, Mount } from '../runtime.ts';

/** What an engine grants by default; NET_RAW so that `ping` works. */
const defaultCapabilities = [
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'NET_RAW',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
  'AUDIT_WRITE',
];
const maskedPaths = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
];
const readonlyPaths = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

interface OciMount {
  destination: string;
  type: string;
  source: string;
  options: string[];
}
const pseudo = (destination: string, type: string, source: string, ...options: string[]): OciMount => ({
  destination,
  type,
  source,
  options,
});
const bind = ({ source, destination, readOnly, propagation }: Mount): OciMount => ({
  destination,
  type: 'bind',
  source,
  options: ['rbind', propagation === undefined || propagation === 'private' ? 'rprivate' : propagation].concat(
    readOnly ? ['ro'] : ['rw'],
  ),
});

/** `ALL` stands for every capability this process may hand on. */
export function capabilitiesOf(
  spec: Pick<ContainerSpec, 'capabilities' | 'privileged'>,
  available: readonly string[],
): string[] {
  const normalise = (name: string) => name.toUpperCase().replace(/^CAP_/, '');
  const added = spec.capabilities.add.map(normalise);
  const dropped = new Set(spec.capabilities.drop.map(normalise));
  const base = spec.privileged || added.includes('ALL') ? available : dropped.has('ALL') ? [] : defaultCapabilities;
  const wanted = new Set([...base.filter((name) => !dropped.has(name)), ...added.filter((name) => name !== 'ALL')]);
  return available.filter((name) => wanted.has(name)).map((name) => `CAP_${name}`);
}

export interface BundleOptions {
  readonly rootfs: string;
  readonly cgroup: string;
  /** Mounts of the image itself; those of the container come after and may cover them. */
  readonly imageMounts: readonly Mount[];
  /** Capabilities without prefix that can be granted at all. */
  readonly availableCapabilities: readonly string[];
}

export function bundleConfig(spec: ContainerSpec, options: BundleOptions): object {
  const capabilities = capabilitiesOf(spec, options.availableCapabilities);
  const sysMode = spec.privileged ? 'rw' : 'ro';
  return {
    ociVersion: '1.0.2',
    process: {
      terminal: spec.tty,
      user: { uid: spec.user.uid, gid: spec.user.gid, additionalGids: spec.user.groups },
      args: spec.args,
      env: [...spec.env].map(([name, value]) => `${name}=${value}`),
      cwd: spec.cwd,
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
      noNewPrivileges: spec.noNewPrivileges,
    },
    root: { path: options.rootfs, readonly: spec.readOnlyRoot },
    hostname: spec.hostname,
    mounts: [
      pseudo('/proc', 'proc', 'proc', 'nosuid', 'noexec', 'nodev'),
      pseudo('/dev', 'tmpfs', 'tmpfs', 'nosuid', 'strictatime', 'mode=755', 'size=65536k'),
      pseudo('/dev/pts', 'devpts', 'devpts', 'nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'),
      pseudo('/dev/shm', 'tmpfs', 'shm', 'nosuid', 'noexec', 'nodev', 'mode=1777', 'size=65536k'),
      pseudo('/dev/mqueue', 'mqueue', 'mqueue', 'nosuid', 'noexec', 'nodev'),
      pseudo('/sys', 'sysfs', 'sysfs', 'nosuid', 'noexec', 'nodev', sysMode),
      pseudo('/tmp', 'tmpfs', 'tmpfs', 'nosuid', 'nodev', 'mode=1777'),
      pseudo('/run', 'tmpfs', 'tmpfs', 'nosuid', 'nodev', 'mode=755'),
      ...options.imageMounts.map(bind),
      ...spec.mounts.map(bind),
    ],
    linux: {
      namespaces: [
        { type: 'mount' },
        { type: 'uts' },
        ...(spec.hostPID ? [] : [{ type: 'pid' }]),
        ...(spec.hostIPC ? [] : [{ type: 'ipc' }]),
        ...(spec.networkNamespace ? [{ type: 'network', path: spec.networkNamespace }] : []),
      ],
      cgroupsPath: options.cgroup,
      resources: { devices: [{ allow: spec.privileged, access: 'rwm' }] },
      sysctl: spec.sysctls,
      ...(!spec.privileged && { maskedPaths, readonlyPaths }),
    },
  };
}
