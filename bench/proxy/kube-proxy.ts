// Upstream's service proxy, when there is one on PATH, as a peer to measure against. It runs with its own defaults but for
// what belongs to the machine: nobody changes the kernel's limits on connections for a benchmark.

import { CommandError, run } from '#lib/run.ts';
import { node, type ProxyProgram, podCIDR } from './proxy-process.ts';

export interface KubeProxy extends ProxyProgram {
  readonly version: string;
  /** The newest that it has. */
  readonly mode: 'nftables' | 'iptables';
}

/** Resolves with nothing when there is none. */
export async function findKubeProxy(): Promise<KubeProxy | undefined> {
  try {
    return describe(await run('kube-proxy', ['--version']));
  } catch (error) {
    if (error instanceof CommandError && error.code === -1) return undefined;
    throw error;
  }
}

function describe(output: string): KubeProxy {
  const [, version = '', minor = ''] = /Kubernetes (v1\.(\d+)\.\S+)/.exec(output) ?? [];
  // Before, nftables is behind a feature gate.
  const mode = Number(minor) >= 31 ? 'nftables' : 'iptables';
  const program = 'kube-proxy';
  const untouched = ['max-per-core=0', 'tcp-timeout-established=0s', 'tcp-timeout-close-wait=0s'];
  return {
    name: program,
    version,
    mode,
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
