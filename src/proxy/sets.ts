// The named sets and maps, in which all is that depends on Services (architecture.md, "The service proxy"): one table a
// family, of the same shape.

import type { Family } from '#lib/cidr.ts';
import type { NamedSet, TableRef } from '#nftables/index.ts';
import { type AffinityMaps, affinityMaps } from './affinity.ts';
import { type Ip, ipOf, perProtocol, protocols } from './words.ts';

export { type Protocol, protocols } from './words.ts';

/** Private to the proxy: nobody else's rules are read or changed. */
export const tableOf = (family: Family): TableRef => ({ family: ipOf[family], name: 'portolan' });

export const nodePort = 'meta l4proto . th dport';
export const frontend = (ip: Ip): string => `${ip} daddr . ${nodePort}`;

export type Sets = ReturnType<typeof setsFor>;

function setsFor(family: Family) {
  const ip = ipOf[family];
  return {
    /** Who is called → the chain that chooses an endpoint, or what the caller gets where nobody is there. */
    serviceIPs: map('service-ips', frontend(ip), 'verdict'),
    serviceNodePorts: map('service-nodeports', nodePort, 'verdict'),
    /** Who is called, number drawn → endpoint. The `mod` here only names the type. */
    endpoints: perProtocol((protocol) =>
      map(`endpoints-${protocol}`, `${ip} daddr . ${drawnFor(protocol)}`, targetOf(ip, protocol)),
    ),
    nodePortEndpoints: perProtocol((protocol) =>
      map(`nodeport-endpoints-${protocol}`, drawnFor(protocol), targetOf(ip, protocol)),
    ),
    /** With affinity: who is called, and an endpoint that serves → the chain that remembers it; none for one that ends. */
    affinityServices: perProtocol((protocol) =>
      map(`affinity-services-${protocol}`, `${targetOf(ip, protocol)} . ${targetOf(ip, protocol)}`, 'verdict'),
    ),
    affinityNodePorts: perProtocol((protocol) =>
      map(`affinity-nodeports-${protocol}`, `${protocol} dport . ${targetOf(ip, protocol)}`, 'verdict'),
    ),
    /** Who has affinity → no connection to others than these endpoints. And outer addresses without: they are no node ports. */
    stickyServices: map('sticky-services', frontend(ip), 'verdict'),
    stickyNodePorts: set('sticky-nodeports', nodePort),
    /** Who may be called by some only, and by whom. */
    firewalled: set('firewalled', frontend(ip)),
    allowedSources: ranges('allowed-sources', `${frontend(ip)} . ${ip} saddr`),
    /** Allocated cluster IPs: their unused ports refuse. */
    clusterIPs: set('cluster-ips', `${ip} daddr`),
    /** Where cluster IPs come from: who calls one that is not allocated hears nothing. */
    serviceCIDRs: ranges('service-cidrs', `${ip} daddr`),
    /** Pods. */
    clusterCIDRs: ranges('cluster-cidrs', `${ip} saddr`),
    /** Pods of this node. */
    nodePodCIDRs: ranges('node-pod-cidrs', `${ip} saddr`),
    /** Where the node serves node ports, as far as these are its own addresses. */
    nodePortIPs: ranges('nodeport-ips', `${ip} daddr`),
    /** Connections that came back to their own caller, who must see them come from somebody else. */
    hairpinConnections: set('hairpin-connections', `${ip} saddr . ${ip} daddr`),
    /** UDP that was taken out lately: who is killed before he has ended its flows leaves that to the next proxy. */
    leftUdp: {
      services: { ...set('left-udp-services', `${ip} daddr . udp dport`), flags: ['timeout'] } as NamedSet,
      nodePorts: { ...set('left-udp-nodeports', 'udp dport'), flags: ['timeout'] } as NamedSet,
    },
    /** Client, who is called → the endpoint it had last. Written by the kernel; entries go by themselves. */
    affinity: affinityMaps(family),
  };
}

const set = (name: string, key: string): NamedSet => ({ kind: 'set', name, key });
const ranges = (name: string, key: string): NamedSet => ({ kind: 'set', name, key, flags: ['interval'] });
const map = (name: string, key: string, value: string): NamedSet => ({ kind: 'set', name, key, value });

// A map for each protocol, because nft 1.0.6 takes the value of one map for all, `th dport`, to be in conflict with any
// rule that uses it in a later transaction.
const targetOf = (ip: Ip, protocol: string): string => `${ip} daddr . ${protocol} dport`;
const drawnFor = (protocol: string): string => `${protocol} dport . numgen random mod 65536`;

export const setsOf: Record<Family, Sets> = { IPv4: setsFor('IPv4'), IPv6: setsFor('IPv6') };

/** Those that the proxy keeps as they should be: all but those of which entries go by themselves. */
export function writtenSets({ affinity: _, leftUdp: __, ...sets }: Sets): NamedSet[] {
  return Object.values(sets).flatMap((found) => ('kind' in found ? [found] : protocols.map((one) => found[one])));
}

export const leftSets = ({ leftUdp }: Pick<Sets, 'leftUdp'>): NamedSet[] => [leftUdp.services, leftUdp.nodePorts];

export const affinitySets = ({ affinity }: { readonly affinity: AffinityMaps }): NamedSet[] =>
  protocols.flatMap((protocol) => affinity[protocol]);
