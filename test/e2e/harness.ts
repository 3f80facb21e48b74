// A real cluster for an end-to-end test: started by the real command line, in the network namespace that the test run
// made for itself, used with the real kubectl, and taken down afterwards.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { completePath } from '#cluster/requirements.ts';
import { type RunOptions, type RunResult, tryRun } from '#lib/run.ts';

completePath();
// The machine's own clusters are none of the tests' business.
process.env.PORTOLAN_DATA_DIR = mkdtempSync(join(tmpdir(), 'portolan-e2e-data-'));
process.on('exit', () => rmSync(process.env.PORTOLAN_DATA_DIR ?? '', { recursive: true, force: true }));
export const portolanPath = fileURLToPath(new URL('../../bin/portolan', import.meta.url));

/** Undefined when clusters can be started here, else why not: what a skipped test reports. */
export function whyNoCluster(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root';
  const left = process.env.PORTOLAN_SANDBOX;
  if (!left || left === readlinkSync('/proc/self/ns/net')) {
    return 'runs by `npm test` alone, which makes a network namespace for it';
  }
  return undefined;
}

export function whyNoProgram(program: string): string | undefined {
  return spawnSync('which', [program]).status === 0 ? undefined : `${program} is not on PATH`;
}

/** Why tests with the real kubectl cannot run: none on PATH, or one that is older than 1.31. */
export function whyNoKubectl(): string | undefined {
  const { status, stdout } = spawnSync('kubectl', ['version', '--client', '-o', 'json'], { encoding: 'utf8' });
  if (status !== 0) return 'kubectl is not on PATH';
  const { gitVersion = '' } = JSON.parse(stdout).clientVersion ?? {};
  const minor = Number(/^v1\.(\d+)/.exec(gitVersion)?.[1] ?? 0);
  return minor >= 31 ? undefined : `kubectl ${gitVersion} is older than 1.31`;
}

export async function portolan(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return tryRun(portolanPath, args, { timeoutMs: 90_000, ...options });
}

export class TestCluster {
  readonly name: string;
  readonly kubeconfig: string;
  readonly #home = mkdtempSync(join(tmpdir(), 'portolan-e2e-'));

  private constructor(name: string, kubeconfig: string) {
    this.name = name;
    this.kubeconfig = kubeconfig;
    process.on('exit', () => rmSync(this.#home, { recursive: true, force: true }));
  }

  static async start(name: string, args: readonly string[] = []): Promise<TestCluster> {
    const { code, stdout, stderr } = await portolan(['up', '--detach', '--name', name, ...args]);
    if (code !== 0) throw new Error(`portolan up failed:\n${stdout}${stderr}`);
    const path = await portolan(['kubeconfig', '--name', name, '--path']);
    return new TestCluster(name, path.stdout.trim());
  }

  get env(): NodeJS.ProcessEnv {
    return { ...process.env, HOME: this.#home, KUBECONFIG: this.kubeconfig };
  }

  /** Runs kubectl; `args` is split at spaces, `more` is not. */
  tryKubectl(args: string, options: RunOptions = {}, more: readonly string[] = []): Promise<RunResult> {
    return tryRun('kubectl', [...args.split(' ').filter(Boolean), ...more], {
      timeoutMs: 90_000,
      env: this.env,
      ...options,
    });
  }

  /** Runs kubectl and resolves with what it printed; a non-zero exit code is an error that says why. */
  async kubectl(args: string, options: RunOptions = {}, more: readonly string[] = []): Promise<string> {
    const { code, stdout, stderr } = await this.tryKubectl(args, options, more);
    if (code !== 0) throw new Error(`kubectl ${args} ${more.join(' ')}: exit code ${code}\n${stdout}${stderr}`);
    return stdout;
  }

  /** A kubectl that goes on running (`get -w`, `logs -f`), for the test to read from and to end. */
  spawnKubectl(args: string) {
    return spawn('kubectl', args.split(' '), { env: this.env, stdio: ['pipe', 'pipe', 'pipe'] });
  }

  log(part: 'server' | 'dns'): string {
    const file = join('/run/portolan', this.name, 'log', `${part}.log`);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Errors that the parts logged are shown with the test's own output; without errors nothing is.
    for (const part of ['server', 'dns'] as const) process.stderr.write(this.log(part));
    await portolan(['down', '--delete-data', '--name', this.name]);
  }
}

/** Repeats `attempt` until it returns something truthy; an error of the last attempt is the error. */
export async function eventually<T>(
  what: string,
  attempt: () => Promise<T>,
  timeoutMs = 30_000,
): Promise<NonNullable<T>> {
  const deadline = Date.now() + timeoutMs;
  let last: unknown = 'it never became true';
  while (Date.now() < deadline) {
    try {
      const result = await attempt();
      if (result) return result;
      last = 'it never became true';
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`waited ${timeoutMs / 1000} s for: ${what}`, { cause: last });
}

/** The part of `portolan status` that speaks of one cluster; empty when it speaks of none of that name. */
export async function statusOf(name: string): Promise<string> {
  const { stdout } = await portolan(['status']);
  return new RegExp(`^${name}\\n(?:  .*\\n?)*`, 'm').exec(stdout)?.[0] ?? '';
}

/** The process that stays with a cluster. */
export function supervisorOf(name: string): number {
  return JSON.parse(readFileSync(`/run/portolan/${name}/cluster.json`, 'utf8')).supervisor.pid;
}

/**
 * What clusters of these names could leave on a machine: nothing may differ between before `up` and after `down`. Links,
 * routes and rules are those of the namespace that the test run made; the rest is the whole machine's, where others may
 * have clusters of their own, and other test runs may be under way.
 */
export async function traces(...names: readonly [string, ...string[]]): Promise<Record<string, string[]>> {
  const sorted = (lines: string[]) =>
    lines
      .map((line) => line.trim())
      .filter(Boolean)
      .sort();
  const lines = async (command: string, args: string[]) => sorted((await tryRun(command, args)).stdout.split('\n'));
  // Namespaces are ptl.NAME.node-1, folders /run/portolan/NAME/nodes, cgroups run-portolan-NAME-nodes-node-1.
  const mention = new RegExp(`(?:^|[\\s./-])(?:${names.join('|')})(?:[\\s./]|-nodes-|$)`);
  const ours = (all: string[]) => all.filter((line) => mention.test(line));
  return {
    links: await lines('ip', ['-br', 'link']),
    routes: await lines('ip', ['route', 'show', 'table', 'all']),
    rules: await lines('nft', ['list', 'ruleset']),
    namespaces: ours(await lines('ip', ['netns', 'list'])),
    mounts: ours(sorted(readFileSync('/proc/self/mounts', 'utf8').split('\n'))),
    cgroups: ours(await lines('find', ['/sys/fs/cgroup', '-path', '*portolan*', '-type', 'd'])),
    processes: ours(await lines('ps', ['-eo', 'args'])),
    state: ours(await lines('sh', ['-c', 'ls /run/portolan 2>/dev/null'])),
    data: await lines('sh', ['-c', 'ls -A "$PORTOLAN_DATA_DIR" 2>/dev/null']),
  };
}
