// The rules, which do not grow: all that depends on Services is in named maps and sets (architecture.md, "The service
// proxy"). The only thing made on demand is the chain of a shape, shared by all addresses with as many endpoints and the
// same protocol and kind of traffic. Behaviour is services.md D.1 to D.6.

import type { Chain, NamedSet, NftObject, Rule } from '#nftables/index.ts';

/** Private to the proxy: nobody else's rules are read or changed. */
export const table = { family: 'ip', name: 'portolan' } as const;

const destination = 'ip daddr . meta l4proto . th dport';

export const sets = {
  /** Who is called → the chain that chooses an endpoint. */
  serviceIPs: { kind: 'set', name: 'service-ips', key: destination, value: 'verdict' },
  /** Who is called, but nobody is there → what the caller gets. */
  noEndpointServices: { kind: 'set', name: 'no-endpoint-services', key: destination, value: 'verdict' },
  /** Allocated cluster IPs: their unused ports refuse. */
  clusterIPs: { kind: 'set', name: 'cluster-ips', key: 'ip daddr' },
  /** Connections that came back to their own caller, who must see them come from somebody else. */
  hairpinConnections: { kind: 'set', name: 'hairpin-connections', key: 'ip saddr . ip daddr' },
} as const satisfies Record<string, NamedSet>;

export const protocols = ['tcp', 'udp', 'sctp'] as const;
export type Protocol = (typeof protocols)[number];

/**
 * Who is called, number drawn → endpoint. The `mod` here only names the type. A map for each protocol, because nft 1.0.6
 * takes the value of one map for all, `th dport`, to be in conflict with any rule that uses it in a later transaction.
 */
export const endpointsOf = Object.fromEntries(
  protocols.map((protocol) => [protocol, endpointsSet(protocol)]),
) as Record<Protocol, NamedSet>;

function endpointsSet(protocol: Protocol): NamedSet {
  const key = `ip daddr . ${protocol} dport . numgen random mod 65536`;
  return { kind: 'set', name: `endpoints-${protocol}`, key, value: `ip daddr . ${protocol} dport` };
}

/** Bit 14, as everywhere in the field; other bits of the mark belong to others. */
const mark = '0x00004000';

export const rejectVerdict = 'goto reject-chain';

export interface Ranges {
  /** Pods. */
  readonly clusterCIDR: string;
  readonly serviceCIDR: string;
}

const dstnat = -100;
const filter = 0;
const srcnat = 100;

const chain = (name: string): Chain => ({ kind: 'chain', name });
const rule = (chain: string, expression: string): Rule => ({ kind: 'rule', chain, expression });

/** All but the chains of shapes. */
export function constantRules({ serviceCIDR }: Ranges): NftObject[] {
  return [
    ...Object.values(sets),
    ...Object.values(endpointsOf),
    ...rejecting(),
    ...checkingEndpoints(),
    ...checkingClusterIPs(serviceCIDR),
    ...translating(),
  ];
}

/** A reset for TCP, because ICMP errors are rationed by the kernel and a client without one waits a second to ask again. */
function rejecting(): NftObject[] {
  const name = 'reject-chain';
  return [chain(name), rule(name, 'meta l4proto tcp reject with tcp reset'), rule(name, 'reject')];
}

/** In the hooks after routing, since kernels before 5.9 cannot reject in prerouting. */
function checkingEndpoints(): NftObject[] {
  const name = 'service-endpoints-check';
  return [
    chain(name),
    rule(name, `${destination} vmap @${sets.noEndpointServices.name}`),
    ...(['input', 'forward', 'output'] as const).flatMap((hook) => [
      { kind: 'chain', name: `filter-${hook}`, hook: { type: 'filter', hook, priority: filter } } as const,
      rule(`filter-${hook}`, `ct state new jump ${name}`),
    ]),
  ];
}

/** What is still going to a cluster IP here was not translated. */
function checkingClusterIPs(serviceCIDR: string): NftObject[] {
  const name = 'cluster-ips-check';
  return [
    chain(name),
    rule(name, `ip daddr @${sets.clusterIPs.name} ${rejectVerdict}`),
    rule(name, `ip daddr ${serviceCIDR} drop`),
    rule('filter-forward', `ct state new jump ${name}`),
    rule('filter-output', `ct state new jump ${name}`),
  ];
}

function translating(): NftObject[] {
  return [
    chain('services'),
    rule('services', `${destination} vmap @${sets.serviceIPs.name}`),
    { kind: 'chain', name: 'nat-prerouting', hook: { type: 'nat', hook: 'prerouting', priority: dstnat } },
    rule('nat-prerouting', 'jump services'),
    { kind: 'chain', name: 'nat-output', hook: { type: 'nat', hook: 'output', priority: dstnat } },
    rule('nat-output', 'jump services'),
    { kind: 'chain', name: 'nat-postrouting', hook: { type: 'nat', hook: 'postrouting', priority: srcnat } },
    rule('nat-postrouting', `meta mark & ${mark} != 0 meta mark set meta mark ^ ${mark} masquerade fully-random`),
    rule(
      'nat-postrouting',
      `ct status dnat ip saddr . ip daddr @${sets.hairpinConnections.name} masquerade fully-random`,
    ),
  ];
}

export interface Shape {
  readonly traffic: 'internal' | 'external';
  readonly protocol: Protocol;
  /** At least 1. */
  readonly endpoints: number;
}

export const shapeName = ({ traffic, protocol, endpoints }: Shape): string => `${traffic}-${protocol}-${endpoints}`;

export function shapeRules(shape: Shape, { clusterCIDR }: Ranges): NftObject[] {
  const name = shapeName(shape);
  const { protocol, endpoints } = shape;
  const key = `ip daddr . ${protocol} dport . numgen random mod ${endpoints}`;
  const who = shape.traffic === 'internal' ? `ip saddr != ${clusterCIDR} ` : '';
  return [
    chain(name),
    rule(name, `${who}meta mark set meta mark | ${mark}`),
    rule(name, `meta l4proto ${protocol} dnat ip to ${key} map @${endpointsOf[protocol].name}`),
  ];
}
