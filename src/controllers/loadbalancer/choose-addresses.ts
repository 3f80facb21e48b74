// Which addresses of a pool a Service gets: one for each of its IP families. Pure.

import { type AddressRange, formatRange, inRange } from '#lib/address-ranges.ts';
import { type Address, type Family, formatAddress, parseAddress } from '#lib/cidr.ts';

export interface Wish {
  readonly families: readonly Family[];
  /** spec.ipFamilyPolicy */
  readonly policy: string | undefined;
  /** spec.loadBalancerIP, which nobody has checked yet. */
  readonly requested: string | undefined;
  /** What it has already, by canonical text. */
  readonly held: readonly string[];
}

export interface Choice {
  readonly addresses: readonly string[];
  /** Why there is not one for every family, or not the one that was asked for. */
  readonly problem?: string | undefined;
}

/** How many taken addresses are passed over in the search for a free one: pools of IPv6 have no end. */
const searchLimit = 65_536;

/** @param holderOf the other Service, `namespace/name`, that has an address; undefined when it is free */
export function chooseAddresses(
  wish: Wish,
  pool: readonly AddressRange[],
  holderOf: (address: string) => string | undefined,
): Choice {
  const request = checkRequest(wish, pool, holderOf);
  const addresses: string[] = [];
  const problems = [...(request.problem ? [request.problem] : [])];
  for (const family of wish.families) {
    const held = wish.held.find((address) => isUsable(pool, family, address) && !holderOf(address));
    const asked = request.address?.family === family ? formatAddress(request.address) : undefined;
    // Who asked for one address is not given another.
    const chosen = asked ?? held ?? (request.problem ? undefined : firstFree(pool, family, holderOf));
    if (chosen) addresses.push(chosen);
    else if (!request.problem && (wish.policy !== 'PreferDualStack' || hasFamily(pool, family)))
      problems.push(noneLeft(pool, family));
  }
  return { addresses, problem: problems[0] };
}

function checkRequest(
  { requested, families }: Wish,
  pool: readonly AddressRange[],
  holderOf: (address: string) => string | undefined,
): { address?: Address; problem?: string } {
  if (!requested) return {};
  const what = `spec.loadBalancerIP asks for ${requested}, which`;
  const address = parseAddress(requested);
  if (!address)
    return { problem: `${what} is no IP address. Set it to one of the pool ${formatPool(pool)}, or remove it` };
  if (!families.includes(address.family)) {
    return { problem: `${what} is an ${address.family} address, and spec.ipFamilies has ${families.join(', ')} alone` };
  }
  if (!isInPool(pool, address)) {
    return { problem: `${what} is not in the pool ${formatPool(pool)}. Choose one of the pool, or ${give('another')}` };
  }
  const holder = holderOf(formatAddress(address));
  if (holder) return { problem: `${what} the Service ${holder} has already. Choose another, or delete that Service` };
  return { address };
}

function noneLeft(pool: readonly AddressRange[], family: Family): string {
  return hasFamily(pool, family)
    ? `all ${family} addresses of the pool ${formatPool(pool)} are in use. Delete a Service of type LoadBalancer, or ${give('a larger')}`
    : `the pool ${formatPool(pool)} has no ${family} addresses. Choose another spec.ipFamilies, or ${give('another')}`;
}

/** What to do about the pool, however the controller is run. */
const give = (which: string): string =>
  `start with ${which} pool: --load-balancer-pool RANGE[,RANGE] of \`portolan up\` or \`portolan controllers\``;

const hasFamily = (pool: readonly AddressRange[], family: Family): boolean => pool.some((one) => one.family === family);
export const formatPool = (pool: readonly AddressRange[]): string => pool.map(formatRange).join(',');

/**
 * Many programs take an IPv4 address that ends in 0 or 255 for a network or a broadcast, and in many networks it is one; the first IPv6
 * address of a network is every router's (RFC 4291 §2.6.1).
 */
const isAwkward = ({ family, value }: Address): boolean =>
  family === 'IPv4' ? value % 256n === 0n || value % 256n === 255n : value % (1n << 64n) === 0n;

const isInPool = (pool: readonly AddressRange[], address: Address): boolean =>
  !isAwkward(address) && pool.some((range) => inRange(range, address));

function isUsable(pool: readonly AddressRange[], family: Family, text: string): boolean {
  const address = parseAddress(text);
  return address?.family === family && isInPool(pool, address);
}

function firstFree(
  pool: readonly AddressRange[],
  family: Family,
  holderOf: (address: string) => string | undefined,
): string | undefined {
  let searched = 0;
  for (const range of pool.filter((one) => one.family === family)) {
    for (let value = range.first; value <= range.last && searched < searchLimit; value += 1n, searched += 1) {
      const text = formatAddress({ family, value });
      if (!isAwkward({ family, value }) && !holderOf(text)) return text;
    }
  }
  return undefined;
}
