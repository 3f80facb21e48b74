// A network namespace for a whole run of tests or benchmarks: loopback only, so that no packet can leave the machine.

import { spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';

export const isRoot = process.getuid?.() === 0;

/** What runs Node with `args` in a namespace of its own where that is possible. */
export function sandboxed(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const inNamespace = ['--net', '--', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh', process.execPath, ...args];
  return {
    file: isRoot ? 'unshare' : process.execPath,
    args: isRoot ? inNamespace : args,
    // The namespace that was left, so that whoever runs inside can check that it is in another.
    env: { ...process.env, PORTOLAN_SANDBOX: isRoot ? readlinkSync('/proc/self/ns/net') : '', ...env },
  };
}

/** Runs it to its end; returns its exit status. */
export function runSandboxed(args: readonly string[], env: NodeJS.ProcessEnv = {}): number {
  const command = sandboxed(args, env);
  return spawnSync(command.file, command.args, { stdio: 'inherit', env: command.env }).status ?? 1;
}
