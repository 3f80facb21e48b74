// A pod's network: a namespace of its own with an address of each of the node's ranges, or the node's namespace for hostNetwork.

import type { PerFamily } from '#lib/cidr.ts';
import { attachPod, createNamespace, deleteNamespace, detachPod, type PodAddress } from '#network/index.ts';
import type { AddressPool } from './address-pool.ts';

export interface PodNetworkOptions {
  /** The network namespace that is the node; this process's own when absent. */
  readonly nodeNamespace: string | undefined;
  /** One for each IP family, the primary one first; the pools alike. */
  readonly nodeIPs: PerFamily<string>;
  readonly pools: readonly AddressPool[];
}

/** Where the containers of a pod are. */
export interface PodNetwork {
  readonly podIPs: readonly string[];
  /** Path of the network namespace; absent: the kubelet's own. */
  readonly path: string | undefined;
  remove(): Promise<void>;
}

const pathOf = (namespace: string) => `/run/netns/${namespace}`;

export function hostNetwork({ nodeNamespace, nodeIPs }: PodNetworkOptions): PodNetwork {
  return { podIPs: nodeIPs, path: nodeNamespace && pathOf(nodeNamespace), remove: async () => {} };
}

/** @param podNamespace name for the namespace; one of that name is replaced */
export async function createPodNetwork(podNamespace: string, options: PodNetworkOptions): Promise<PodNetwork> {
  const { nodeNamespace, pools } = options;
  const addresses = takeAddresses(pools);
  const cable = { nodeNamespace, addresses };
  const remove = async () => {
    // The node may be gone with its namespace; the pod's own goes in any case, and takes the cable with it.
    await detachPod(cable).catch(() => {});
    // Without its cable nobody has the addresses any more, even if the namespace stays.
    await deleteNamespace(podNamespace).finally(() => freeAddresses(pools, addresses));
  };
  try {
    await createNamespace(podNamespace);
    await attachPod({ podNamespace, ...cable });
  } catch (error) {
    await remove().catch(() => {});
    throw error;
  }
  return { podIPs: addresses.map(({ address }) => address), path: pathOf(podNamespace), remove };
}

/** One of each pool, or, when one has none left, none at all. */
function takeAddresses(pools: readonly AddressPool[]): PodAddress[] {
  const taken: PodAddress[] = [];
  try {
    for (const pool of pools) taken.push({ address: pool.take(), gateway: pool.gateway });
  } catch (error) {
    freeAddresses(pools, taken);
    throw error;
  }
  return taken;
}

/** An address is free again in the one pool that it is of. */
function freeAddresses(pools: readonly AddressPool[], addresses: readonly PodAddress[]): void {
  for (const { address } of addresses) for (const pool of pools) pool.free(address);
}
