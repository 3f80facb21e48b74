// The DNS server as a process of its own, for tests.

import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import type { HostPort } from './config/settings.ts';

export interface DnsProcess {
  readonly child: ChildProcess;
  readonly address: HostPort;
  /** Of /metrics and its like, by directive. */
  readonly endpoints: readonly (HostPort & { readonly name: string })[];
}

type Output = 'inherit' | 'pipe';

/** Resolves when it says that it is ready; killed with the test. A pipe is read by nobody unless the test does. */
export async function dnsProcess(
  t: TestContext,
  args: readonly string[],
  { stdout = 'inherit', stderr = 'inherit' }: { readonly stdout?: Output; readonly stderr?: Output } = {},
): Promise<DnsProcess> {
  const child = fork(new URL('../cli/main.ts', import.meta.url), ['dns', '--log-level', 'error', ...args], {
    stdio: ['ignore', stdout, stderr, 'ipc'],
  });
  t.after(() => child.kill('SIGKILL'));
  const [ready] = await once(child, 'message', { signal: AbortSignal.timeout(20_000) });
  assert.equal(ready.type, 'ready');
  return { child, address: ready.addresses[0], endpoints: ready.endpoints };
}
