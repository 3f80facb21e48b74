// A pod's cable: a veth pair between the pod's namespace and its node's, routed, with no bridge and no address translation.
// The pod knows only its gateway, which is an address on the node's end; the node has one host route per pod.

import { parseAddress } from '#lib/cidr.ts';
import { ifPresent, ip, NetworkError } from './ip.ts';

export interface PodCable {
  /** Absent: the node is this very namespace. */
  readonly nodeNamespace?: string | undefined;
  readonly address: string;
}

export interface PodAttachment extends PodCable {
  /** Made with createNamespace. */
  readonly podNamespace: string;
  /** One address for all pods of the node, by custom the first of the node's pod range. */
  readonly gateway: string;
}

/** The node's end is named after the pod's address, which is unique wherever the node's end can be. */
function nodeEnd(address: string): string {
  const parsed = parseAddress(address);
  if (parsed?.family !== 'IPv4')
    throw new NetworkError('Failed', `cannot attach a pod at ${address}: not an IPv4 address`);
  return `pod${parsed.value.toString(16).padStart(8, '0')}`;
}

/** Two processes. A cable that was left over at the same address is replaced. */
export async function attachPod({ nodeNamespace, podNamespace, address, gateway }: PodAttachment): Promise<void> {
  const link = nodeEnd(address);
  const connect = () =>
    ip(nodeNamespace, [
      `link add ${link} type veth peer name eth0 netns ${podNamespace}`,
      `addr add ${gateway}/32 dev ${link}`,
      `link set ${link} up`,
      `route replace ${address}/32 dev ${link}`,
    ]);
  try {
    await connect();
  } catch (error) {
    if (!(error instanceof NetworkError && error.reason === 'Exists')) throw error;
    await detachPod({ nodeNamespace, address });
    await connect();
  }
  await ip(podNamespace, [
    `addr add ${address}/32 dev eth0`,
    'link set eth0 up',
    `route add ${gateway} dev eth0 scope link`,
    `route add default via ${gateway} dev eth0`,
  ]);
}

/** Takes the cable and the route to the pod at once; deleting a namespace alone does so only a moment later. */
export async function detachPod({ nodeNamespace, address }: PodCable): Promise<void> {
  await ifPresent(ip(nodeNamespace, [`link del ${nodeEnd(address)}`]));
}
