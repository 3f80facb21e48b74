// Which addresses a cluster uses. The host gets routes to a cluster's pods and Services, so clusters that run side by
// side need ranges of their own: a cluster takes the first slot whose ranges the host does not use yet.

import { isDeepStrictEqual } from 'node:util';
import {
  type Cidr,
  type Family,
  formatCidr,
  mapFamilies,
  nthAddress,
  overlaps,
  type PerFamily,
  parseCidr,
  sizeOf,
} from '#lib/cidr.ts';
import { UserError } from '#lib/user-error.ts';
import type { RangeInUse } from '#network/index.ts';

/** Which IP families the nodes, pods and Services of a cluster have addresses of. */
export const ipFamilies = ['ipv4', 'ipv6', 'dual'] as const;
export type IpFamily = (typeof ipFamilies)[number];

export interface Ranges {
  readonly slot: number;
  /** The host's interface on the fabric that joins the nodes. */
  readonly hostLink: string;
  /** The API server and its Service `kubernetes` are reached in the primary family alone, as upstream. */
  readonly families: PerFamily<FamilyRanges>;
}

export interface FamilyRanges {
  /** For example `10.254.0.0/24` or `fd00:10:254::/64`. */
  readonly fabricCIDR: string;
  /** For example `10.244.0.0/16`, of which every node gets a /24, or `fd00:10:244::/56`, of which it gets a /64. */
  readonly podCIDR: string;
  /** For example `10.96.0.0/12` or `fd00:10:96::/112`. */
  readonly serviceCIDR: string;
}

/** Services take a /12 each from 10.96.0.0 up and pods a /16 each from 10.244.0.0 up, so six clusters fit beside each other. */
const slots = 6;
/** The fabric is a /24: host leg .1, nodes from .11. Pods are a /16 of /24s: node n has the n-th. IPv6 follows it. */
export const maxNodes = 200;
const nodePrefix: Readonly<Record<Family, number>> = { IPv4: 24, IPv6: 64 };

/** IPv6 ranges are of those that never leave a site (RFC 4193), with the digits of their IPv4 neighbours. */
const rangesIn: Readonly<Record<Family, (slot: number) => FamilyRanges>> = {
  IPv4: (slot) => ({
    fabricCIDR: `10.254.${slot}.0/24`,
    podCIDR: `10.${244 + slot}.0.0/16`,
    serviceCIDR: `10.${96 + 16 * slot}.0.0/12`,
  }),
  IPv6: (slot) => ({
    fabricCIDR: formatCidr(cidr(`fd00:10:254:${slot}::/64`)),
    podCIDR: `fd00:10:${244 + slot}::/56`,
    serviceCIDR: `fd00:10:${96 + 16 * slot}::/112`,
  }),
};

const familiesOf: Readonly<Record<IpFamily, PerFamily<Family>>> = {
  ipv4: ['IPv4'],
  ipv6: ['IPv6'],
  dual: ['IPv4', 'IPv6'],
};

const rangesOf = (slot: number, ipFamily: IpFamily): Ranges => ({
  slot,
  hostLink: `ptl${slot}`,
  families: mapFamilies(familiesOf[ipFamily], (family) => rangesIn[family](slot)),
});

/** The primary one first. */
export const familyNames = ({ families }: Ranges): PerFamily<Family> =>
  mapFamilies(families, ({ fabricCIDR }) => cidr(fabricCIDR).family);

export function ipFamilyOf(ranges: Ranges): IpFamily {
  const [primary, secondary] = familyNames(ranges);
  return secondary ? 'dual' : primary === 'IPv6' ? 'ipv6' : 'ipv4';
}

/** These, and of the same slot those of the family that they lack. */
export function withBothFamilies({ slot, hostLink, families: [primary] }: Ranges): Ranges {
  const other = cidr(primary.fabricCIDR).family === 'IPv4' ? 'IPv6' : 'IPv4';
  return { slot, hostLink, families: [primary, rangesIn[other](slot)] };
}

/** Whether who has addresses in `earlier` can keep them. */
export const includesAll = (ranges: Ranges, earlier: Ranges): boolean =>
  isDeepStrictEqual({ ...ranges, families: ranges.families.slice(0, earlier.families.length) }, earlier);

function cidr(text: string): Cidr {
  const parsed = parseCidr(text);
  if (!parsed) throw new Error(`not a CIDR: ${text}`);
  return parsed;
}

/** True if traffic to `ours` would go wrong: a wider route of the host (a default route, a VPN's 10.0.0.0/8) merely loses. */
const collides = (ours: Cidr, used: Cidr): boolean => overlaps(ours, used) && used.prefix >= ours.prefix;

/** What of the host's own keeps a cluster from these ranges; undefined when nothing does. */
export function inTheWay({ families }: Ranges, uses: readonly RangeInUse[]): RangeInUse | undefined {
  const wanted = families.flatMap((ranges) => Object.values(ranges).map(cidr));
  return uses.find(({ range }) => wanted.some((ours) => collides(ours, range)));
}

/**
 * What keeps the host from routing a range of addresses for Services into the cluster, if anything does.
 * @param own what else the cluster has addresses for
 * @param uses the host's own
 */
export const inTheWayOfServices = (
  range: Cidr,
  own: readonly RangeInUse[],
  uses: readonly RangeInUse[],
): RangeInUse | undefined =>
  own.find((one) => overlaps(range, one.range)) ?? uses.find((one) => collides(range, one.range));

/** The ranges of a cluster that are not for Services. */
export const notForServices = ({ families }: Ranges): RangeInUse[] =>
  families.flatMap(({ podCIDR, fabricCIDR }) => [
    { range: cidr(podCIDR), by: `the cluster's pods (${podCIDR})` },
    { range: cidr(fabricCIDR), by: `the network of the nodes (${fabricCIDR})` },
  ]);

/**
 * The slots that are free given the addresses and routes the host uses now, in order of preference.
 * @param reserved slots that are taken only when there are no others
 */
export function freeRanges(
  ipFamily: IpFamily,
  uses: readonly RangeInUse[],
  reserved: ReadonlySet<number> = new Set(),
): Ranges[] {
  const free = Array.from({ length: slots }, (_, slot) => rangesOf(slot, ipFamily))
    .filter((ranges) => !inTheWay(ranges, uses))
    .sort((a, b) => Number(reserved.has(a.slot)) - Number(reserved.has(b.slot)));
  if (free.length === 0) {
    const first = rangesOf(0, ipFamily).families.flatMap((ranges) => Object.values(ranges));
    throw new UserError(
      `No free address ranges: the host already uses parts of all ${slots} sets that clusters are given ` +
        `(${first.join(', ')} and ${slots - 1} like it). Stop a cluster with \`portolan down --name NAME\`.`,
    );
  }
  return free;
}

/** What a node has in one IP family. */
export interface NodePlace {
  readonly family: FamilyRanges;
  readonly address: string;
  readonly podCIDR: string;
}
export interface NodeAddresses {
  readonly name: string;
  /** 1 for the first node. */
  readonly index: number;
  readonly places: PerFamily<NodePlace>;
}

export const nodesOf = ({ families }: Ranges, count: number): NodeAddresses[] =>
  Array.from({ length: count }, (_, i) => ({
    name: `node-${i + 1}`,
    index: i + 1,
    places: mapFamilies(families, (family) => ({
      family,
      address: nthAddress(cidr(family.fabricCIDR), 11 + i),
      podCIDR: nthNodeRange(cidr(family.podCIDR), i + 1),
    })),
  }));

function nthNodeRange(pods: Cidr, n: number): string {
  const prefix = nodePrefix[pods.family];
  return `${nthAddress(pods, BigInt(n) * sizeOf({ ...pods, prefix }))}/${prefix}`;
}

/** The host's own address among the nodes. */
export const hostLeg = ({ fabricCIDR }: FamilyRanges): string => nthAddress(cidr(fabricCIDR), 1);
/** An address of the fabric as a link has it: with the length of the fabric's range. */
export const onFabric = (address: string, { fabricCIDR }: FamilyRanges): string =>
  `${address}/${cidr(fabricCIDR).prefix}`;
export const apiServiceIP = ({ serviceCIDR }: FamilyRanges): string => nthAddress(cidr(serviceCIDR), 1);
export const dnsServiceIP = ({ serviceCIDR }: FamilyRanges): string => nthAddress(cidr(serviceCIDR), 10);
