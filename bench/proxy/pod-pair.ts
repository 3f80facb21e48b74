// Two pods on this node, as processes in network namespaces: one that serves what throughput.ts asks for, and one to ask
// from. The node is the namespace of this process, so what goes from one to the other passes its proxy's rules.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { run } from '#lib/run.ts';
import { attachPod, createNamespace, deleteNamespace, enter } from '#network/index.ts';
import { endWithUs } from '../../scripts/end-with-us.ts';
import { httpPort } from './throughput.ts';

const portolan = fileURLToPath(new URL('../../bin/portolan', import.meta.url));
const gateway = '10.249.0.1';
const pods = { server: '10.249.0.2', client: '10.249.0.3' } as const;
const namespaceOf = (pod: keyof typeof pods): string => `bench-${process.pid}-${pod}`;

export class PodPair {
  readonly server = pods.server;
  readonly #servers: readonly ChildProcess[];

  private constructor(servers: readonly ChildProcess[]) {
    this.#servers = servers;
  }

  static async create(): Promise<PodPair> {
    await run('sysctl', ['-qw', 'net.ipv4.ip_forward=1']);
    for (const pod of ['server', 'client'] as const) {
      const podNamespace = namespaceOf(pod);
      await createNamespace(podNamespace);
      await attachPod({ podNamespace, addresses: [{ address: pods[pod], gateway }] });
    }
    const commands = [
      ['iperf3', '-s'],
      [portolan, 'echo', '--port', String(httpPort)],
    ];
    return new PodPair(
      commands.map((command) => {
        const [file = '', ...args] = [...enter(namespaceOf('server')), ...command];
        const child = spawn(file, args, { stdio: 'ignore' });
        endWithUs(child);
        return child;
      }),
    );
  }

  /** Runs a shell's command in the client; resolves with what it prints. */
  async inClient(command: string): Promise<string> {
    const [file = '', ...args] = [...enter(namespaceOf('client')), 'sh', '-c', command];
    return await run(file, args);
  }

  async remove(): Promise<void> {
    for (const child of this.#servers) {
      const exit = once(child, 'exit');
      if (child.kill('SIGTERM')) await exit;
    }
    for (const pod of ['server', 'client'] as const) await deleteNamespace(namespaceOf(pod));
  }
}
