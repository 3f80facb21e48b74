// Which load balancer a cluster has: what the command line says of it, the pool of addresses that goes with it, and what of this machine
// and of the cluster's own addresses a pool must keep clear of.

import { type LoadBalancerOptions, loadBalancerModes } from '#controllers/index.ts';
import {
  type AddressRange,
  cidrsOf,
  formatRange,
  parseAddressRanges,
  rangeOf,
  rangesOverlap,
} from '#lib/address-ranges.ts';
import { type Cidr, contains, formatCidr, nthAddress, overlaps, parseAddress, parseCidr, sizeOf } from '#lib/cidr.ts';
import { UserError } from '#lib/user-error.ts';
import type { HostRoute, RangeInUse } from '#network/index.ts';
import { type FamilyRanges, hostLeg, nodesOf, type Ranges } from './ranges.ts';

export { loadBalancerModes };

export interface LoadBalancerChoice {
  readonly mode: LoadBalancerOptions['mode'];
  /** As the command line has it; the one of the cluster's ranges when absent. */
  readonly pool?: string | undefined;
}

/** What is left out is as it was, or the default. */
export interface LoadBalancerWish {
  readonly mode?: LoadBalancerChoice['mode'] | undefined;
  readonly pool?: string | undefined;
}

const defaultChoice: LoadBalancerChoice = { mode: 'pool' };
/** Behind the last node (ranges.ts), before the broadcast address: the 224th address of the fabric to the 254th. */
const defaultPool = { first: 224, last: 254 };

/** What is left out is as it was; who names a pool wants it used. */
export function settleLoadBalancer(
  { mode, pool }: LoadBalancerWish,
  before: LoadBalancerChoice = defaultChoice,
): LoadBalancerChoice {
  if (pool === undefined) return { ...before, ...(mode && { mode }) };
  if (mode !== undefined && mode !== 'pool') {
    throw new UserError(
      `--load-balancer-pool ${pool}: with --load-balancer ${mode} no addresses are given away. Leave one of the two out.`,
    );
  }
  parsePool(pool);
  return { mode: 'pool', pool };
}

function parsePool(text: string): AddressRange[] {
  try {
    return parseAddressRanges(text);
  } catch (error) {
    throw new UserError(`--load-balancer-pool ${text}: ${(error as Error).message}.`, { cause: error });
  }
}

export function loadBalancerOptions({ mode, pool }: LoadBalancerChoice, { families }: Ranges): LoadBalancerOptions {
  if (mode !== 'pool') return { mode };
  return { mode, pool: pool === undefined ? families.map(defaultPoolOf) : parsePool(pool) };
}

function defaultPoolOf({ fabricCIDR }: FamilyRanges): AddressRange {
  const fabric = cidr(fabricCIDR);
  const at = (n: number) => parseAddress(nthAddress(fabric, n))?.value ?? 0n;
  return { family: fabric.family, first: at(defaultPool.first), last: at(defaultPool.last) };
}

/** No machine takes packets for these from another (RFC 6890, RFC 4291). */
const specialRanges = [
  { cidr: '0.0.0.0/8', use: 'machines without an address' },
  { cidr: '169.254.0.0/16', use: 'link-local addresses' },
  { cidr: '224.0.0.0/4', use: 'multicast' },
  { cidr: '240.0.0.0/4', use: 'the future' },
  { cidr: '::/127', use: 'programs of one machine' },
  { cidr: 'fe80::/10', use: 'link-local addresses' },
  { cidr: 'ff00::/8', use: 'multicast' },
] as const;

/** What the first and the last address of a network mean to those on it. */
function ends(network: Cidr): Taken[] {
  const [first, last] = [nthAddress(network, 0), nthAddress(network, sizeOf(network) - 1n)];
  const self = { range: single(first), by: `the network of the nodes itself (${first})` };
  if (network.family === 'IPv6') return [self];
  return [self, { range: single(last), by: `broadcasts on the network of the nodes (${last})` }];
}

interface Taken {
  readonly range: AddressRange;
  readonly by: string;
  /** What can be done besides choosing other addresses. */
  readonly or?: string;
}

/** What of the cluster's own ranges is not for load balancers. */
function takenOf(ranges: Ranges, nodes: number): Taken[] {
  return [
    ...ranges.families.flatMap(({ podCIDR, serviceCIDR }) => [
      { range: rangeOf(cidr(podCIDR)), by: `the cluster's pods (${podCIDR})` },
      { range: rangeOf(cidr(serviceCIDR)), by: `the cluster IPs of Services (${serviceCIDR})` },
    ]),
    ...ranges.families.flatMap((family) => [
      { range: single(hostLeg(family)), by: `this machine on the network of the nodes (${hostLeg(family)})` },
      ...ends(cidr(family.fabricCIDR)),
    ]),
    ...nodesOf(ranges, nodes).flatMap(({ name, places }) =>
      places.map(({ address }) => ({
        range: single(address),
        by: `the node ${name} (${address})`,
        or: ', or fewer --nodes',
      })),
    ),
  ];
}

/** A cluster that is to be, as far as its pool is concerned. */
export interface PoolPlan {
  readonly loadBalancer: LoadBalancerChoice;
  readonly ranges: Ranges;
  readonly nodes: number;
}

/**
 * Why the addresses of the pool would lead elsewhere, if they would; a sentence for people, with what to do.
 * @param uses what the host has addresses in and routes to, without the cluster
 */
export function poolProblem(
  { loadBalancer, ranges, nodes }: PoolPlan,
  uses: readonly RangeInUse[],
): string | undefined {
  const options = loadBalancerOptions(loadBalancer, ranges);
  if (options.mode !== 'pool') return undefined;
  const ours = ranges.families.map(({ fabricCIDR }) => cidr(fabricCIDR));
  const taken = takenOf(ranges, nodes);
  for (const range of options.pool) {
    const because = (why: string, or = '') =>
      `--load-balancer-pool: ${formatRange(range)} cannot be used, because ${why}. Choose other addresses${or}.`;
    if (!ours.some(({ family }) => family === range.family)) {
      return because(`the cluster has no ${range.family} addresses (--ip-family)`);
    }
    const use = taken.find((one) => rangesOverlap(one.range, range));
    if (use) return because(`it is taken by ${use.by}`, use.or);
    const special = specialRanges.find((one) => rangesOverlap(rangeOf(cidr(one.cidr)), range));
    if (special) return because(`${special.cidr} is for ${special.use}`);
    const outside = cidrsOf(range).filter((one) => !ours.some((fabric) => isWithin(one, fabric)));
    const other = uses.find((one) =>
      outside.some((wanted) => overlaps(wanted, one.range) && one.range.prefix >= wanted.prefix),
    );
    if (other) return because(`this machine uses ${formatCidr(other.range)} (${other.by})`);
  }
  return undefined;
}

/** Throws a UserError when there is a {@link poolProblem}. */
export function checkPool(plan: PoolPlan, uses: readonly RangeInUse[]): void {
  const problem = poolProblem(plan, uses);
  if (problem !== undefined) throw new UserError(problem);
}

/** Those addresses of the pool that are not on the network of the nodes anyway. */
function outside(options: LoadBalancerOptions, { families }: Ranges): Cidr[] {
  if (options.mode !== 'pool') return [];
  const fabrics = families.map(({ fabricCIDR }) => cidr(fabricCIDR));
  return options.pool.flatMap(cidrsOf).filter((one) => !fabrics.some((fabric) => isWithin(one, fabric)));
}

/** The ways from the host to them. */
export const poolRoutes = (options: LoadBalancerOptions, ranges: Ranges): HostRoute[] =>
  outside(options, ranges).map((one) => ({ to: formatCidr(one), dev: ranges.hostLink }));

/** What is in the way of whoever else wants them. */
export const poolUses = (options: LoadBalancerOptions, ranges: Ranges): RangeInUse[] =>
  outside(options, ranges).map((range) => ({ range, by: `the pool of load balancers (${formatCidr(range)})` }));

const isWithin = (inner: Cidr, outer: Cidr): boolean =>
  contains(outer, { family: inner.family, value: inner.base }) && inner.prefix >= outer.prefix;

function single(text: string): AddressRange {
  const address = parseAddress(text);
  if (!address) throw new Error(`not an address: ${text}`);
  return { family: address.family, first: address.value, last: address.value };
}

function cidr(text: string): Cidr {
  const parsed = parseCidr(text);
  if (!parsed) throw new Error(`not a CIDR: ${text}`);
  return parsed;
}
