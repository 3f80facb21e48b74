// Nodes and pods with the addresses of worlds.testing.ts, as network namespaces that are joined as a cluster's are.

import {
  attachNode,
  attachPod,
  createFabric,
  createNamespace,
  deleteFabric,
  deleteNamespace,
  routeHost,
} from '#network/index.ts';
import { type World, worlds } from './worlds.testing.ts';

const both: readonly World[] = Object.values(worlds);

export interface WiredNode {
  readonly index: number;
  readonly namespace: string;
}
export interface WiredPod {
  /** The index of its node, and its number among that node's pods. */
  readonly node: number;
  readonly n: number;
  readonly namespace: string;
}
export interface Wiring {
  /** The host's link, and the namespace of the bridge. */
  readonly bridge: string;
  readonly nodes: readonly WiredNode[];
  readonly pods: readonly WiredPod[];
}

/** Makes all of these namespaces and what joins them; the host reaches Services and load balancers by node one. */
export async function wire({ bridge, nodes, pods }: Wiring): Promise<void> {
  const addresses = both.map(({ host, fabricPrefix }) => `${host}/${fabricPrefix}`);
  await createFabric({ hostLink: bridge, fabric: bridge, addresses });
  for (const { index, namespace } of nodes) {
    await createNamespace(namespace);
    const peers = nodes.filter((other) => other.index !== index);
    const networks = both.map((world) => ({
      address: `${world.node(index)}/${world.fabricPrefix}`,
      gateway: world.host,
      podCIDR: world.podCIDR(index),
      peers: peers.map((peer) => ({ address: world.node(peer.index), podCIDR: world.podCIDR(peer.index) })),
    }));
    await attachNode({ fabric: bridge, namespace, index, networks });
  }
  for (const { node, n, namespace } of pods) {
    await createNamespace(namespace);
    await attachPod({
      nodeNamespace: nodes.find(({ index }) => index === node)?.namespace,
      podNamespace: namespace,
      addresses: both.map((world) => ({ address: world.pod(node, n), gateway: world.gateway(node) })),
    });
  }
  await routeHost(
    both.flatMap((world) => [
      { to: world.serviceCIDR, via: world.node(1) },
      { to: world.vips, via: world.node(1) },
      ...nodes.map(({ index }) => ({ to: world.podCIDR(index), via: world.node(index) })),
    ]),
  );
}

/** Takes all of it away, also what was made in part. */
export async function unwire({ bridge, nodes, pods }: Wiring): Promise<void> {
  for (const { namespace } of [...pods, ...nodes]) await deleteNamespace(namespace);
  await deleteFabric({ hostLink: bridge, fabric: bridge });
}
