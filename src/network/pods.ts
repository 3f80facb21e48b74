// A pod's cable: a veth pair between the pod's namespace and its node's, routed, with no bridge and no address translation.
// The pod knows only its gateway, which is an address on the node's end; the node has one host route per pod.

import { createHash } from 'node:crypto';
import { parseAddress } from '#lib/cidr.ts';
import { addAddress, ifPresent, ip, isIPv6, NetworkError } from './ip.ts';

/** What a pod is in one IP family. */
export interface PodAddress {
  readonly address: string;
  /** One address for all pods of the node, by custom the first of the node's pod range. */
  readonly gateway: string;
}

export interface PodCable {
  /** Absent: the node is this very namespace. */
  readonly nodeNamespace?: string | undefined;
  /** One for each IP family. */
  readonly addresses: readonly PodAddress[];
}

export interface PodAttachment extends PodCable {
  /** Made with createNamespace. */
  readonly podNamespace: string;
}

/** The node's end is named after the pod's first address, which is unique wherever the node's end can be. */
function nodeEnd({ addresses: [first] }: PodCable): string {
  const parsed = parseAddress(first?.address ?? '');
  if (!parsed) throw new NetworkError('Failed', `cannot attach a pod at ${first?.address}: not an IP address`);
  if (parsed.family === 'IPv4') return `pod${parsed.value.toString(16).padStart(8, '0')}`;
  // An IPv6 address does not fit into the 15 characters of a name.
  return `pod${createHash('sha256').update(parsed.value.toString(16)).digest('hex').slice(0, 12)}`;
}

/** The range of one address. */
const host = (address: string): string => `${address}/${isIPv6(address) ? 128 : 32}`;

/** Two processes. A cable that was left over at the same address is replaced. */
export async function attachPod({ podNamespace, ...cable }: PodAttachment): Promise<void> {
  const { nodeNamespace, addresses } = cable;
  const link = nodeEnd(cable);
  const connect = () =>
    ip(nodeNamespace, [
      `link add ${link} type veth peer name eth0 netns ${podNamespace}`,
      ...addresses.map(({ gateway }) => addAddress(host(gateway), link)),
      `link set ${link} up`,
      ...addresses.map(({ address }) => `route replace ${host(address)} dev ${link}`),
    ]);
  try {
    await connect();
  } catch (error) {
    if (!(error instanceof NetworkError && error.reason === 'Exists')) throw error;
    await detachPod(cable);
    await connect();
  }
  await ip(podNamespace, [
    ...addresses.map(({ address }) => addAddress(host(address), 'eth0')),
    'link set eth0 up',
    ...addresses.flatMap(({ gateway }) => [
      `route add ${host(gateway)} dev eth0`,
      `route add default via ${gateway} dev eth0`,
    ]),
  ]);
}

/** Takes the cable and the routes to the pod at once; deleting a namespace alone does so only a moment later. */
export async function detachPod(cable: PodCable): Promise<void> {
  await ifPresent(ip(cable.nodeNamespace, [`link del ${nodeEnd(cable)}`]));
}
