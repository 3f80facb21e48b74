// `portolan proxy` as a process, from outside.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { nodes } from '#api/index.ts';
import { Client, connect } from '#client/index.ts';
import { endWithUs } from '../scripts/end-with-us.ts';
import { processorSeconds, residentMB } from '../scripts/process-use.ts';

const program = fileURLToPath(new URL('../bin/portolan', import.meta.url));
const node = 'bench';
const nodeIP = '10.254.0.10';

export interface ProxyOptions {
  /** Words before the program, to run it in a network namespace. */
  readonly prefix?: readonly string[];
}

export class ProxyProcess {
  readonly #child: ChildProcess;
  readonly #remove: () => Promise<void>;
  /** From filled caches to everything in the kernel, as its own metrics have it. */
  readonly firstLoadMs: number;

  private constructor(child: ChildProcess, firstLoadMs: number, remove: () => Promise<void>) {
    this.#child = child;
    this.firstLoadMs = firstLoadMs;
    this.#remove = remove;
  }

  /** Resolves when all rules are in the kernel. */
  static async start(kubeconfig: string, { prefix = [] }: ProxyOptions = {}): Promise<ProxyProcess> {
    const client = new Client(await connect(kubeconfig));
    const addresses = [{ type: 'InternalIP', address: nodeIP }];
    const found = await client.resource(nodes).create({ metadata: { name: node }, spec: { podCIDR: '10.0.0.0/8' } });
    await client.resource(nodes).updateStatus({ ...found, status: { addresses } });
    const [file = program, ...words] = [...prefix, program];
    const args = [...words, 'proxy', '--kubeconfig', kubeconfig, '--node', node, '--log-level', 'info'];
    const child = spawn(file, args, { stdio: ['ignore', 'inherit', 'pipe'] });
    endWithUs(child);
    const done = Promise.withResolvers<number>();
    let last = '';
    createInterface({ input: child.stderr }).on('line', (line) => {
      last = line;
      const loaded = /all service rules are written.*\bms=(\d+)/.exec(line);
      if (loaded) done.resolve(Number(loaded[1]));
    });
    child.on('exit', () => done.reject(new Error(`portolan proxy ended: ${last}`)));
    const firstLoadMs = await done.promise;
    return new ProxyProcess(child, firstLoadMs, async () => {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
      const cleaning = spawn(file, [...words, 'proxy', '--cleanup'], { stdio: ['ignore', 'ignore', 'inherit'] });
      await once(cleaning, 'exit');
    });
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
    await this.#remove();
  }
}
