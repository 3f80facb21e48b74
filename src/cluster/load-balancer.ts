// Which load balancer a cluster has: what the command line says of it, the pool of addresses that goes with it, and what of this machine
// and of the cluster's own addresses a pool must keep clear of.

import { type LoadBalancerOptions, loadBalancerModes } from '#controllers/index.ts';
import { type AddressRange, cidrsOf } from '#lib/address-ranges.ts';
import { type Cidr, contains, formatCidr, nthAddress, overlaps, parseAddress, parseCidr, sizeOf } from '#lib/cidr.ts';
import { UserError } from '#lib/user-error.ts';
import type { HostRoute, RangeInUse } from '#network/index.ts';
import { parsePool, refusalOf, type Taken, takenProblem } from './pool.ts';
import { type FamilyRanges, familyNames, hostLeg, nodesOf, type Ranges } from './ranges.ts';

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

export function loadBalancerOptions({ mode, pool }: LoadBalancerChoice, { families }: Ranges): LoadBalancerOptions {
  if (mode !== 'pool') return { mode };
  return { mode, pool: pool === undefined ? families.map(defaultPoolOf) : parsePool(pool) };
}

function defaultPoolOf({ fabricCIDR }: FamilyRanges): AddressRange {
  const fabric = cidr(fabricCIDR);
  const at = (n: number) => parseAddress(nthAddress(fabric, n))?.value ?? 0n;
  return { family: fabric.family, first: at(defaultPool.first), last: at(defaultPool.last) };
}

/** What the first and the last address of a network mean to those on it. */
function ends(network: Cidr): Taken[] {
  const self = { range: nthAddress(network, 0), by: 'the network of the nodes itself' };
  if (network.family === 'IPv6') return [self];
  return [self, { range: nthAddress(network, sizeOf(network) - 1n), by: 'broadcasts on the network of the nodes' }];
}

/** What of the cluster's own ranges is not for load balancers. */
const takenOf = (ranges: Ranges, nodes: number): Taken[] => [
  ...ranges.families.flatMap((family) => [
    { range: family.podCIDR, by: "the cluster's pods" },
    { range: family.serviceCIDR, by: 'the cluster IPs of Services' },
    { range: hostLeg(family), by: 'this machine on the network of the nodes' },
    ...ends(cidr(family.fabricCIDR)),
  ]),
  ...nodesOf(ranges, nodes).flatMap(({ name, places }) =>
    places.map(({ address }) => ({ range: address, by: `the node ${name}`, or: ', or fewer --nodes' })),
  ),
];

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
  const families = familyNames(ranges);
  const foreign = options.pool.find(({ family }) => !families.includes(family));
  if (foreign) return refusalOf(foreign, `the cluster has no ${foreign.family} addresses (--ip-family)`);
  return takenProblem(options.pool, takenOf(ranges, nodes)) ?? hostProblem(options.pool, ranges, uses);
}

function hostProblem(pool: readonly AddressRange[], ranges: Ranges, uses: readonly RangeInUse[]): string | undefined {
  for (const part of pool) {
    const wanted = outside([part], ranges);
    const use = uses.find(({ range }) => wanted.some((one) => overlaps(one, range) && range.prefix >= one.prefix));
    if (use) return refusalOf(part, `this machine uses ${formatCidr(use.range)} (${use.by})`);
  }
  return undefined;
}

/** Throws a UserError when there is a {@link poolProblem}. */
export function checkPool(plan: PoolPlan, uses: readonly RangeInUse[]): void {
  const problem = poolProblem(plan, uses);
  if (problem !== undefined) throw new UserError(problem);
}

/** Those addresses of the pool that are not on the network of the nodes anyway. */
function outside(pool: readonly AddressRange[], { families }: Ranges): Cidr[] {
  const fabrics = families.map(({ fabricCIDR }) => cidr(fabricCIDR));
  return pool.flatMap(cidrsOf).filter((one) => !fabrics.some((fabric) => isWithin(one, fabric)));
}

const poolOf = (options: LoadBalancerOptions): readonly AddressRange[] => (options.mode === 'pool' ? options.pool : []);

/** The ways from the host to them. */
export const poolRoutes = (options: LoadBalancerOptions, ranges: Ranges): HostRoute[] =>
  outside(poolOf(options), ranges).map((one) => ({ to: formatCidr(one), dev: ranges.hostLink }));

/** What is in the way of whoever else wants them. */
export const poolUses = (options: LoadBalancerOptions, ranges: Ranges): RangeInUse[] =>
  outside(poolOf(options), ranges).map((range) => ({ range, by: `the pool of load balancers (${formatCidr(range)})` }));

const isWithin = (inner: Cidr, outer: Cidr): boolean =>
  contains(outer, { family: inner.family, value: inner.base }) && inner.prefix >= outer.prefix;

function cidr(text: string): Cidr {
  const parsed = parseCidr(text);
  if (!parsed) throw new Error(`not a CIDR: ${text}`);
  return parsed;
}
