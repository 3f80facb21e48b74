// Which addresses a cluster uses. The host gets routes to a cluster's pods and Services, so clusters that run side by
// side need ranges of their own: a cluster takes the first slot whose ranges the host does not use yet.

import { type Cidr, nthAddress, overlaps, parseCidr } from '#lib/cidr.ts';
import { UserError } from '#lib/user-error.ts';
import type { RangeInUse } from '#network/index.ts';

export interface Ranges {
  readonly slot: number;
  /** The host's interface on the fabric that joins the nodes. */
  readonly hostLink: string;
  /** For example `10.254.0.0/24`. */
  readonly fabricCIDR: string;
  /** For example `10.244.0.0/16`; every node gets a /24 of it. */
  readonly podCIDR: string;
  /** For example `10.96.0.0/12`. */
  readonly serviceCIDR: string;
}

/** Services take a /12 each from 10.96.0.0 up and pods a /16 each from 10.244.0.0 up, so six clusters fit beside each other. */
const slots = 6;
/** The fabric is a /24: host leg .1, nodes from .11. Pods are a /16 of /24s: node n has the n-th. */
export const maxNodes = 200;

function rangesOf(slot: number): Ranges {
  return {
    slot,
    hostLink: `ptl${slot}`,
    fabricCIDR: `10.254.${slot}.0/24`,
    podCIDR: `10.${244 + slot}.0.0/16`,
    serviceCIDR: `10.${96 + 16 * slot}.0.0/12`,
  };
}

const cidr = (text: string): Cidr => {
  const parsed = parseCidr(text);
  if (!parsed) throw new Error(`not a CIDR: ${text}`);
  return parsed;
};

/** True if traffic to `ours` would go wrong: a wider route of the host (a default route, a VPN's 10.0.0.0/8) merely loses. */
const collides = (ours: Cidr, used: Cidr): boolean => overlaps(ours, used) && used.prefix >= ours.prefix;

/** What of the host's own keeps a cluster from these ranges; undefined when nothing does. */
export function inTheWay(
  { fabricCIDR, podCIDR, serviceCIDR }: Ranges,
  uses: readonly RangeInUse[],
): RangeInUse | undefined {
  const wanted = [fabricCIDR, podCIDR, serviceCIDR].map(cidr);
  return uses.find(({ range }) => wanted.some((ours) => collides(ours, range)));
}

/**
 * The slots that are free given the addresses and routes the host uses now, in order of preference.
 * @param reserved slots that are taken only when there are no others
 */
export function freeRanges(uses: readonly RangeInUse[], reserved: ReadonlySet<number> = new Set()): Ranges[] {
  const free = Array.from({ length: slots }, (_, slot) => rangesOf(slot))
    .filter((ranges) => !inTheWay(ranges, uses))
    .sort((a, b) => Number(reserved.has(a.slot)) - Number(reserved.has(b.slot)));
  if (free.length === 0) {
    throw new UserError(
      `No free address ranges: the host already uses parts of all ${slots} sets that clusters are given ` +
        '(10.254.N.0/24, 10.244.0.0/16 and up, 10.96.0.0/12 and up). Stop a cluster with `portolan down --name NAME`.',
    );
  }
  return free;
}

export interface NodeAddresses {
  readonly name: string;
  /** 1 for the first node. */
  readonly index: number;
  readonly address: string;
  readonly podCIDR: string;
}

export const hostLeg = (ranges: Ranges): string => nthAddress(cidr(ranges.fabricCIDR), 1);
export const nodesOf = (ranges: Ranges, count: number): NodeAddresses[] =>
  Array.from({ length: count }, (_, i) => ({
    name: `node-${i + 1}`,
    index: i + 1,
    address: nthAddress(cidr(ranges.fabricCIDR), 11 + i),
    podCIDR: `${nthAddress(cidr(ranges.podCIDR), 256 * (i + 1))}/24`,
  }));
export const apiServiceIP = (ranges: Ranges): string => nthAddress(cidr(ranges.serviceCIDR), 1);
export const dnsServiceIP = (ranges: Ranges): string => nthAddress(cidr(ranges.serviceCIDR), 10);
