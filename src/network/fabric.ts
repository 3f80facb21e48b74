// The fabric: what the wire between machines is in a datacentre, on one machine. A bridge, one leg for the host, one for
// each node. The bridge lives in a network namespace of its own, because where br_netfilter is loaded (any host with
// Docker) the firewall of the namespace that owns a bridge judges every frame that crosses it. The host sees one ordinary
// interface, whose alias says which fabric it belongs to.

import { ifPresent, ip, ipOutput, NetworkError } from './ip.ts';
import { createNamespace, deleteNamespace } from './namespaces.ts';
import { setSysctls } from './sysctls.ts';

export interface FabricNames {
  /** The host's interface, at most 15 characters. Two fabrics of one host cannot have the same. */
  readonly hostLink: string;
  /**
   * The network namespace of the bridge. Namespaces have their names for the whole machine, whatever network namespace
   * they are made from: it must be the fabric's own.
   */
  readonly fabric: string;
}

export interface Fabric extends FabricNames {
  /** The host leg with its range, like `10.254.0.1/24`. */
  readonly address: string;
}

export interface Peer {
  readonly address: string;
  readonly podCIDR: string;
}

export interface NodeAttachment {
  /** The network namespace of the bridge. */
  readonly fabric: string;
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

/**
 * What an earlier fabric of these names left behind is removed first. Throws NetworkError with the reason Exists when the
 * host's interface belongs to somebody else: having made it is what makes its name, and the ranges that go with it, ours.
 */
export async function createFabric({ hostLink, fabric, address }: Fabric): Promise<void> {
  await deleteFabric({ hostLink, fabric });
  await createNamespace(fabric);
  try {
    await ip(undefined, [`link add ${hostLink} type veth peer name ${hostLeg} netns ${fabric}`]);
  } catch (error) {
    await deleteNamespace(fabric);
    throw error;
  }
  await ip(undefined, [
    `link set ${hostLink} alias ${fabric}`,
    `addr add ${address} dev ${hostLink}`,
    `link set ${hostLink} up`,
  ]);
  await ip(fabric, [
    'link add fabric type bridge stp_state 0',
    'link set fabric up',
    `link set ${hostLeg} master fabric up`,
  ]);
}

/** Takes the host's interface, and with it every route through it, and all legs. Nodes' namespaces stay. */
export async function deleteFabric({ hostLink, fabric }: FabricNames): Promise<void> {
  if ((await aliasOf(hostLink)) === fabric) await ifPresent(ip(undefined, [`link del ${hostLink}`]));
  await deleteNamespace(fabric);
}

/** Undefined when there is no such interface, or nobody has given it an alias. */
async function aliasOf(link: string): Promise<string | undefined> {
  try {
    const [found] = JSON.parse(await ipOutput(['-j', 'link', 'show', 'dev', link])) as { ifalias?: string }[];
    return found?.ifalias;
  } catch (error) {
    if (error instanceof NetworkError && error.reason === 'NotFound') return undefined;
    throw error;
  }
}

/** Connects a node's namespace (made with createNamespace) to the fabric and makes a router of it. */
export async function attachNode(node: NodeAttachment): Promise<void> {
  const { fabric, namespace, index, address, gateway, podCIDR } = node;
  await detachNode(fabric, index);
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
  await ip(fabric, [
    `link add ${leg(index)} type veth peer name eth0 netns ${namespace}`,
    `link set ${leg(index)} master fabric up`,
  ]);
  await ip(namespace, [
    `link set eth0 address ${hardwareAddress(address)}`,
    `addr add ${address} dev eth0`,
    'link set eth0 up',
    `route add default via ${gateway}`,
    // Without it a packet for a pod that is gone would travel to the host and back until its TTL is used up.
    `route add unreachable ${podCIDR}`,
    ...peerRoutes(node.peers),
  ]);
}

/** Pulls the node's cable at once; its namespace stays. No complaint when there is none. */
export async function detachNode(fabric: string, index: number): Promise<void> {
  await ifPresent(ip(fabric, [`link del ${leg(index)}`]));
}

/** A node that is made anew is the same machine to whoever has talked to it: neighbours remember this for a while. */
function hardwareAddress(address: string): string {
  const octets = (address.split('/')[0] ?? '').split('.').map((octet) => Number(octet).toString(16).padStart(2, '0'));
  return `02:00:${octets.join(':')}`;
}

const peerRoutes = (peers: readonly Peer[]): string[] =>
  peers.map((peer) => `route replace ${peer.podCIDR} via ${peer.address}`);
