// A pool of addresses for load balancers, as a command line has it (--load-balancer-pool), and what it must keep clear of. Pure.

import { type AddressRange, formatRange, parseAddressRanges, rangesOverlap } from '#lib/address-ranges.ts';
import { UserError } from '#lib/user-error.ts';

/** Throws a UserError that says which part is not understood. */
export function parsePool(text: string): AddressRange[] {
  try {
    return parseAddressRanges(text);
  } catch (error) {
    throw new UserError(`--load-balancer-pool ${text}: ${(error as Error).message}.`, { cause: error });
  }
}

/** What is not for load balancers. */
export interface Taken {
  /** An address or a range, like `10.254.0.11` or `10.96.0.0/12`. */
  readonly range: string;
  readonly by: string;
  /** What can be done besides choosing other addresses. */
  readonly or?: string;
}

/** No machine takes packets for these from another (RFC 6890, RFC 4291). */
const specialRanges = [
  { range: '0.0.0.0/8', use: 'machines without an address' },
  { range: '127.0.0.0/8', use: 'programs of one machine' },
  { range: '169.254.0.0/16', use: 'link-local addresses' },
  { range: '224.0.0.0/4', use: 'multicast' },
  { range: '240.0.0.0/4', use: 'the future' },
  { range: '::/127', use: 'programs of one machine' },
  { range: 'fe80::/10', use: 'link-local addresses' },
  { range: 'ff00::/8', use: 'multicast' },
] as const;

/** A sentence for people: why a part of a pool cannot be used, and what to do. */
export const refusalOf = (part: AddressRange, why: string, or = ''): string =>
  `--load-balancer-pool: ${formatRange(part)} cannot be used, because ${why}. Choose other addresses${or}.`;

/** Why addresses of the pool would lead elsewhere, if they would. */
export function takenProblem(pool: readonly AddressRange[], taken: readonly Taken[]): string | undefined {
  for (const part of pool) {
    const touches = ({ range }: { readonly range: string }): boolean =>
      parseAddressRanges(range).some((one) => rangesOverlap(one, part));
    const holder = taken.find(touches);
    if (holder) return refusalOf(part, `it is taken by ${holder.by} (${holder.range})`, holder.or);
    const special = specialRanges.find(touches);
    if (special) return refusalOf(part, `${special.range} is for ${special.use}`);
  }
  return undefined;
}
