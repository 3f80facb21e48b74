// Upstream's service proxy, when there is one on PATH, as a peer to measure against. It runs with its own defaults but for
// what belongs to the machine: nobody changes the kernel's limits on connections for a benchmark.

import { type CommandError, run } from '#lib/run.ts';
import { node, type ProxyProgram, podCIDR } from './proxy-process.ts';

export interface KubeProxy extends ProxyProgram {
  /** Its release, its mode (the newest that it has), and what it programs the kernel with. */
  readonly description: string;
}

const program = 'kube-proxy';

/** Resolves with nothing when there is none. Rejects when it has not what it needs. */
export async function findKubeProxy(): Promise<KubeProxy | undefined> {
  const output = await run(program, ['--version']).catch((error: CommandError) => {
    if (error.code === -1) return undefined;
    throw error;
  });
  if (output === undefined) return undefined;
  const [, version = '', minor = ''] = /Kubernetes (v1\.(\d+)\.\S+)/.exec(output) ?? [];
  // Before, nftables is behind a feature gate.
  const mode = Number(minor) >= 31 ? 'nftables' : 'iptables';
  // That of iptables says which of its two backends it has (legacy or nf_tables), which differ a lot.
  const tool = await run(mode === 'nftables' ? 'nft' : 'iptables', ['--version']).catch((cause: Error) => {
    throw new Error(`Cannot measure ${program} ${version} in ${mode} mode: ${cause.message}`, { cause });
  });
  const untouched = ['max-per-core=0', 'tcp-timeout-established=0s', 'tcp-timeout-close-wait=0s'];
  return {
    name: program,
    description: `${program} ${version}, ${mode} mode by ${tool.trim()}`,
    serve: (kubeconfig) => [
      program,
      `--kubeconfig=${kubeconfig}`,
      `--hostname-override=${node}`,
      `--cluster-cidr=${podCIDR}`,
      `--proxy-mode=${mode}`,
      ...untouched.map((setting) => `--conntrack-${setting}`),
    ],
  };
}
