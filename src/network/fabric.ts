// The fabric: what the wire between machines is in a datacentre, on one machine. A bridge, one leg for the host, one for
// each node. The bridge lives in a network namespace of its own (of the same name), because where br_netfilter is loaded
// (any host with Docker) the firewall of the namespace that owns a bridge judges every frame that crosses it. The host
// sees one ordinary interface, named as the bridge.

import { ifPresent, ip } from './ip.ts';
import { createNamespace, deleteNamespace, setSysctls } from './namespaces.ts';

export interface Fabric {
  /** At most 15 characters: the name of the host's interface, too. */
  readonly bridge: string;
  /** The host leg with its range, like `10.254.0.1/24`. */
  readonly address: string;
}

export interface Peer {
  readonly address: string;
  readonly podCIDR: string;
}

export interface NodeAttachment {
  readonly bridge: string;
  readonly namespace: string;
  /** Unique on the fabric. */
  readonly index: number;
  /** The node's IP with the fabric's range, like `10.254.0.11/24`. */
  readonly address: string;
  /** The host leg: where a node sends what it has no route for. */
  readonly gateway: string;
  readonly podCIDR: string;
  readonly peers: readonly Peer[];
}

const leg = (index: number): string => `node${index}`;
const hostLeg = 'host';

/** Anything that an earlier fabric of this name left behind is removed first. */
export async function createFabric({ bridge, address }: Fabric): Promise<void> {
  await deleteFabric(bridge);
  await createNamespace(bridge);
  await ip(bridge, ['link add fabric type bridge stp_state 0', 'link set fabric up']);
  await ip(undefined, [
    `link add ${bridge} type veth peer name ${hostLeg} netns ${bridge}`,
    `addr add ${address} dev ${bridge}`,
    `link set ${bridge} up`,
  ]);
  await ip(bridge, [`link set ${hostLeg} master fabric up`]);
}

/** Takes the host's interface, and with it every route through it, and all legs. Nodes' namespaces stay. */
export async function deleteFabric(bridge: string): Promise<void> {
  await ifPresent(ip(undefined, [`link del ${bridge}`]));
  await deleteNamespace(bridge);
}

/** Connects a node's namespace (made with createNamespace) to the fabric and makes a router of it. */
export async function attachNode(node: NodeAttachment): Promise<void> {
  const { bridge, namespace, index, address, gateway, podCIDR } = node;
  await detachNode(bridge, index);
  await setSysctls(namespace, {
    'net.ipv4.ip_forward': '1',
    // Replies may come over another link than the one a strict check expects: a Service's answer passes the node.
    'net.ipv4.conf.all.rp_filter': '0',
    'net.ipv4.conf.default.rp_filter': '0',
    // What is for nobody leaves a node by the way it came: no reason to teach the sender another way, which it would be wrong to take.
    'net.ipv4.conf.all.send_redirects': '0',
    'net.ipv4.conf.default.send_redirects': '0',
    // The kernel's default without bit 3, "unreachable": every caller of a Service without endpoints is to be told at once.
    'net.ipv4.icmp_ratemask': '6160',
  });
  await ip(bridge, [
    `link add ${leg(index)} type veth peer name eth0 netns ${namespace}`,
    `link set ${leg(index)} master fabric up`,
  ]);
  await ip(namespace, [
    `addr add ${address} dev eth0`,
    'link set eth0 up',
    `route add default via ${gateway}`,
    // Without it a packet for a pod that is gone would travel to the host and back until its TTL is used up.
    `route add unreachable ${podCIDR}`,
    ...peerRoutes(node.peers),
  ]);
}

/** Pulls the node's cable at once; its namespace stays. No complaint when there is none. */
export async function detachNode(bridge: string, index: number): Promise<void> {
  await ifPresent(ip(bridge, [`link del ${leg(index)}`]));
}

/** Tells a node the way to the pods of nodes that came later. */
export async function routePeers(namespace: string, peers: readonly Peer[]): Promise<void> {
  if (peers.length > 0) await ip(namespace, peerRoutes(peers));
}

const peerRoutes = (peers: readonly Peer[]): string[] =>
  peers.map((peer) => `route replace ${peer.podCIDR} via ${peer.address}`);
