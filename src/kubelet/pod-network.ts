// A pod's network: a namespace of its own with an address of the node's range, or the node's namespace for hostNetwork.

import { attachPod, createNamespace, deleteNamespace, detachPod } from '#network/index.ts';
import type { AddressPool } from './address-pool.ts';

export interface PodNetworkOptions {
  /** The network namespace that is the node; this process's own when absent. */
  readonly nodeNamespace: string | undefined;
  readonly nodeIP: string;
  readonly pool: AddressPool;
}

/** Where the containers of a pod are. */
export interface PodNetwork {
  readonly podIPs: readonly string[];
  /** Path of the network namespace; absent: the kubelet's own. */
  readonly path: string | undefined;
  remove(): Promise<void>;
}

const pathOf = (namespace: string) => `/run/netns/${namespace}`;

export function hostNetwork({ nodeNamespace, nodeIP }: PodNetworkOptions): PodNetwork {
  return { podIPs: [nodeIP], path: nodeNamespace && pathOf(nodeNamespace), remove: async () => {} };
}

/** @param podNamespace name for the namespace; one of that name is replaced */
export async function createPodNetwork(podNamespace: string, options: PodNetworkOptions): Promise<PodNetwork> {
  const { nodeNamespace, pool } = options;
  const address = pool.take();
  const remove = async () => {
    // The node may be gone with its namespace; the pod's own goes in any case, and takes the cable with it.
    await detachPod({ nodeNamespace, address }).catch(() => {});
    // Without its cable nobody has the address any more, even if the namespace stays.
    await deleteNamespace(podNamespace).finally(() => pool.free(address));
  };
  try {
    await createNamespace(podNamespace);
    await attachPod({ nodeNamespace, podNamespace, address, gateway: pool.gateway });
  } catch (error) {
    await remove().catch(() => {});
    throw error;
  }
  return { podIPs: [address], path: pathOf(podNamespace), remove };
}
