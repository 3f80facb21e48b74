// From a container of a pod (Kubernetes words) to what the runtime is asked to run. Pure.

import type { Container, Pod } from '#api/index.ts';
import { ConfigError } from './config-error.ts';
import { commandLine } from './env.ts';
import type { ContainerSpec, Mount } from './runtime.ts';

export const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface SpecInput {
  readonly pod: Pod;
  readonly container: Container;
  readonly id: string;
  readonly environment: ReadonlyMap<string, string>;
  readonly hostname: string;
  readonly networkNamespace: string | undefined;
  readonly mounts: readonly Mount[];
  readonly logFile: string;
}

/** Throws ConfigError for what cannot be run. */
export function containerSpec(input: SpecInput): ContainerSpec {
  const { pod, container, environment } = input;
  const args = commandLine(container, environment);
  if (args.length === 0) {
    throw new ConfigError(`no command specified: the image "${container.image}" has no command of its own`);
  }
  const podContext = pod.spec.securityContext ?? {};
  const context = container.securityContext ?? {};
  const privileged = context.privileged ?? false;
  const terminal: [string, string][] = container.tty ? [['TERM', 'xterm']] : [];
  return {
    id: input.id,
    image: container.image ?? '',
    args,
    // A set PATH, HOSTNAME or TERM wins over ours.
    env: new Map([['PATH', defaultPath], ['HOSTNAME', input.hostname], ...terminal, ...environment]),
    cwd: container.workingDir || '/',
    user: userOf(pod, container),
    hostname: input.hostname,
    networkNamespace: input.networkNamespace,
    hostPID: pod.spec.hostPID,
    hostIPC: pod.spec.hostIPC,
    mounts: input.mounts,
    capabilities: { add: context.capabilities?.add ?? [], drop: context.capabilities?.drop ?? [] },
    privileged,
    readOnlyRoot: context.readOnlyRootFilesystem ?? false,
    noNewPrivileges: context.allowPrivilegeEscalation === false && !privileged,
    sysctls: Object.fromEntries((podContext.sysctls ?? []).map(({ name, value }) => [name, value])),
    tty: container.tty ?? false,
    stdin: container.stdin ? (container.stdinOnce ? 'once' : 'open') : 'none',
    logFile: input.logFile,
  };
}

function userOf({ spec }: Pod, container: Container): ContainerSpec['user'] {
  const podContext = spec.securityContext ?? {};
  const context = container.securityContext ?? {};
  const uid = context.runAsUser ?? podContext.runAsUser ?? 0;
  const gid = context.runAsGroup ?? podContext.runAsGroup ?? 0;
  if ((context.runAsNonRoot ?? podContext.runAsNonRoot) && uid === 0) {
    throw new ConfigError('container has runAsNonRoot and image will run as root');
  }
  const { supplementalGroups = [], fsGroup } = podContext;
  return { uid, gid, groups: fsGroup === undefined ? supplementalGroups : [...supplementalGroups, fsGroup] };
}
