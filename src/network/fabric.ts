// The fabric: what the wire between machines is in a datacentre, on one machine. A bridge, one leg for the host, one for
// each node. The bridge lives in a network namespace of its own, because where br_netfilter is loaded (any host with
// Docker) the firewall of the namespace that owns a bridge judges every frame that crosses it. The host sees one ordinary
// interface, whose alias says which fabric it belongs to.

import { addAddress, ifPresent, ip, ipOutput, isIPv6, NetworkError } from './ip.ts';
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
  /** The host leg with its range, like `10.254.0.1/24`; one for each IP family. */
  readonly addresses: readonly string[];
}

export interface Peer {
  readonly address: string;
  readonly podCIDR: string;
}

export interface NodeAttachment {
  /** The network namespace of the bridge. */
  readonly fabric: string;
  readonly namespace: string;
  /** Unique on the fabric, up to 65535. */
  readonly index: number;
  /** One for each IP family. */
  readonly networks: readonly NodeAddressing[];
}

/** What a node is in one IP family. */
export interface NodeAddressing {
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
export async function createFabric({ hostLink, fabric, addresses }: Fabric): Promise<void> {
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
    ...addresses.map((address) => addAddress(address, hostLink)),
    `link set ${hostLink} up`,
  ]);
  await ip(fabric, [
    // Nobody asks here which multicast groups are listened to, and IPv6 finds its neighbours by multicast.
    'link add fabric type bridge stp_state 0 mcast_snooping 0',
    'link set fabric up',
    `link set ${hostLeg} master fabric up`,
  ]);
}

/** Takes the host's interface, and with it every route through it, and all legs. Nodes' namespaces stay. */
export async function deleteFabric({ hostLink, fabric }: FabricNames): Promise<void> {
  if ((await aliasOf(hostLink)) === fabric) await ifPresent(ip(undefined, [`link del ${hostLink}`]));
  await deleteNamespace(fabric);
}

/**
 * Pulls the host's cable, whatever the host calls its end and in whichever namespace that is; with the bridge's namespace
 * alone it would go a moment later. No complaint when there is none.
 */
export async function detachHost(fabric: string): Promise<void> {
  await ifPresent(ip(fabric, [`link del ${hostLeg}`]));
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

const routerSysctls = {
  'net.ipv4.ip_forward': '1',
  // Replies may come over another link than the one a strict check expects: a Service's answer passes the node.
  'net.ipv4.conf.all.rp_filter': '0',
  'net.ipv4.conf.default.rp_filter': '0',
  // What is for nobody leaves a node by the way it came: no reason to teach the sender another way, which it would be wrong to take.
  'net.ipv4.conf.all.send_redirects': '0',
  'net.ipv4.conf.default.send_redirects': '0',
  // The kernel's default without bit 3, "unreachable": every caller of a Service without endpoints is to be told at once.
  'net.ipv4.icmp_ratemask': '6160',
};

/** Written only for nodes that have IPv6: a kernel may be without. */
const routerSysctls6 = {
  // Also: it neither asks for nor accepts routes that somebody advertises.
  'net.ipv6.conf.all.forwarding': '1',
  // Addresses here are nobody else's: looking for a second owner would keep each, and with it its link, silent for a second.
  'net.ipv6.conf.default.accept_dad': '0',
  // The kernel's default without type 1, "unreachable".
  'net.ipv6.icmp.ratemask': '0,3-127',
};

/** Connects a node's namespace (made with createNamespace) to the fabric and makes a router of it. */
export async function attachNode({ fabric, namespace, index, networks }: NodeAttachment): Promise<void> {
  await detachNode(fabric, index);
  const hasIPv6 = networks.some(({ gateway }) => isIPv6(gateway));
  await setSysctls(namespace, { ...routerSysctls, ...(hasIPv6 && routerSysctls6) });
  await ip(fabric, [
    `link add ${leg(index)} type veth peer name eth0 netns ${namespace}`,
    `link set ${leg(index)} master fabric up`,
  ]);
  await ip(namespace, [
    `link set eth0 address ${hardwareAddress(index)}`,
    ...networks.map(({ address }) => addAddress(address, 'eth0')),
    'link set eth0 up',
    ...networks.flatMap(routes),
  ]);
}

const routes = ({ gateway, podCIDR, peers }: NodeAddressing): string[] => [
  `route add default via ${gateway}`,
  // Without it a packet for a pod that is gone would travel to the host and back until its TTL is used up.
  `route add unreachable ${podCIDR}`,
  ...peers.map((peer) => `route replace ${peer.podCIDR} via ${peer.address}`),
];

/** Pulls the node's cable at once; its namespace stays. No complaint when there is none. */
export async function detachNode(fabric: string, index: number): Promise<void> {
  await ifPresent(ip(fabric, [`link del ${leg(index)}`]));
}

/** A node that is made anew is the same machine to whoever has talked to it: neighbours remember this for a while. */
const hardwareAddress = (index: number): string =>
  `02:00:00:00:${index.toString(16).padStart(4, '0').replace(/^../, '$&:')}`;
