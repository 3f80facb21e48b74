// A network namespace for a whole run of tests or benchmarks: loopback only, so that no packet can leave the machine.

import { spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';

export const isRoot = process.getuid?.() === 0;

/** Runs Node with `args` in a namespace of its own where that is possible; resolves with its exit status. */
export function runSandboxed(args: readonly string[], env: NodeJS.ProcessEnv = {}): number {
  const inNamespace = ['--net', '--', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh', process.execPath, ...args];
  const [command, all] = isRoot ? ['unshare', inNamespace] : [process.execPath, args];
  const { status } = spawnSync(command, all, {
    stdio: 'inherit',
    // The namespace that was left, so that whoever runs inside can check that it is in another.
    env: { ...process.env, PORTOLAN_SANDBOX: isRoot ? readlinkSync('/proc/self/ns/net') : '', ...env },
  });
  return status ?? 1;
}
