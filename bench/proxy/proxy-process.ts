// A service proxy as a process, from outside: ours, or another that does the same work.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { nodes } from '#api/index.ts';
import { Client, connect } from '#client/index.ts';
import { endWithUs } from '../../scripts/end-with-us.ts';
import { processorSeconds, residentMB } from '../../scripts/process-use.ts';

/** The Node that the proxy serves, and where all pods have their addresses. */
export const node = 'bench';
export const podCIDR = '10.0.0.0/8';
const nodeIP = '10.254.0.10';

type Command = readonly [file: string, ...args: string[]];

export interface ProxyProgram {
  readonly name: string;
  /** Serves the Node {@link node}. */
  readonly serve: (kubeconfig: string) => Command;
  /** Takes its rules out of the kernel; absent: they go with its network namespace. */
  readonly cleanUp?: Command;
}

const command = fileURLToPath(new URL('../../bin/portolan', import.meta.url));
export const portolan: ProxyProgram = {
  name: 'portolan',
  serve: (kubeconfig) => [command, 'proxy', '--kubeconfig', kubeconfig, '--node', node, '--log-level', 'info'],
  cleanUp: [command, 'proxy', '--cleanup'],
};

export class ProxyProcess {
  /** When it was started, on the clock of `performance.now()`. */
  readonly startedAt: number;
  /** Rejects when it ends, with the last that it said. */
  readonly ended: Promise<never>;
  readonly #child: ChildProcess;
  readonly #cleanUp: Command | undefined;
  readonly #loaded: Promise<number>;

  private constructor({ name, serve, cleanUp }: ProxyProgram, kubeconfig: string) {
    const [file, ...args] = serve(kubeconfig);
    this.startedAt = performance.now();
    const child = spawn(file, args, { stdio: ['ignore', 'inherit', 'pipe'] });
    endWithUs(child);
    const loaded = Promise.withResolvers<number>();
    const ended = Promise.withResolvers<never>();
    let last = '';
    createInterface({ input: child.stderr }).on('line', (line) => {
      last = line;
      const ms = /all service rules are written.*\bms=(\d+)/.exec(line)?.[1];
      if (ms) loaded.resolve(Number(ms));
    });
    child.on('error', ended.reject);
    child.on('exit', () => ended.reject(new Error(`${name} ended: ${last}`)));
    // At the end it is stopped, and nobody waits any more.
    ended.promise.catch(() => {});
    this.#child = child;
    this.#cleanUp = cleanUp;
    this.#loaded = loaded.promise;
    this.ended = ended.promise;
  }

  /** Makes its Node and starts it; it is not ready yet. */
  static async start(kubeconfig: string, program: ProxyProgram = portolan): Promise<ProxyProcess> {
    const client = new Client(await connect(kubeconfig));
    const addresses = [{ type: 'InternalIP', address: nodeIP }];
    const found = await client.resource(nodes).create({ metadata: { name: node }, spec: { podCIDR } });
    await client.resource(nodes).updateStatus({ ...found, status: { addresses } });
    return new ProxyProcess(program, kubeconfig);
  }

  /** Of ours: resolves when all rules are in the kernel, with the time since its caches were filled in ms, as it says itself. */
  async firstLoad(): Promise<number> {
    return await Promise.race([this.#loaded, this.ended]);
  }

  /** Resident memory in MB, as the kernel counts it. */
  residentMB(): number {
    return residentMB(this.#child.pid);
  }

  /** Seconds of processor time that it and what it has started have used. */
  processorSeconds(): number {
    return processorSeconds(this.#child.pid, true);
  }

  async remove(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exit = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      await exit;
    }
    if (!this.#cleanUp) return;
    const [file, ...args] = this.#cleanUp;
    await once(spawn(file, args, { stdio: ['ignore', 'ignore', 'inherit'] }), 'exit');
  }
}
