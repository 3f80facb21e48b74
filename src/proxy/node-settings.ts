// Settings of the kernel that Services need on a node, as kube-proxy makes them (services.md D.6, D.10). A failure is told
// and changes nothing else: without them Services work, less well.

import { availableParallelism } from 'node:os';
import type { Logger } from '#lib/log.ts';
import type { NodeNetwork } from './network.ts';

interface Setting {
  readonly name: string;
  readonly value: number;
  /** A larger value that is there already stays. */
  readonly atLeast?: true;
  /** What happens without it. */
  readonly otherwise: string;
}

const settings = (): Setting[] => [
  {
    name: 'net.netfilter.nf_conntrack_tcp_be_liberal',
    value: 1,
    // A packet outside the window is "invalid": it is not translated back, and the client's kernel resets the connection.
    otherwise: 'connections to Services may be reset when packets arrive late or out of order',
  },
  {
    name: 'net.netfilter.nf_conntrack_max',
    value: Math.max(32_768 * availableParallelism(), 131_072),
    atLeast: true,
    otherwise: 'new connections may be dropped when there are many',
  },
  {
    name: 'net.netfilter.nf_conntrack_tcp_timeout_established',
    value: 86_400,
    otherwise: 'connections that ended without a word are remembered for longer',
  },
  {
    name: 'net.netfilter.nf_conntrack_tcp_timeout_close_wait',
    value: 3600,
    otherwise: 'connections that are closed on one side may be forgotten early',
  },
];

/** After the rules are there: the kernel has these settings once it tracks connections. */
export async function makeNodeSettings(network: NodeNetwork, log: Logger): Promise<void> {
  for (const { name, value, atLeast, otherwise } of settings()) {
    try {
      const found = Number(await network.readSysctl(name));
      if (found === value || (atLeast && found > value)) continue;
      await network.setSysctl(name, `${value}`);
      log.debug('changed a setting of the node', { name, from: found, to: value });
    } catch (error) {
      log.warn(`cannot make a setting of the node: ${otherwise}`, { name, value, error });
    }
  }
}
