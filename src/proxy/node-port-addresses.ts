// --nodeport-addresses: at which of its addresses a node serves node ports (services.md D.6).

import { isIP } from 'node:net';
import { parseCidr } from '#lib/cidr.ts';
import { UserError } from '#lib/user-error.ts';

/** The node's own addresses, those in its Node object. */
export const primary = 'primary';

/** As ranges, of both families. Throws UserError for what is neither `primary` nor a range. */
export function nodePortRanges(nodePortAddresses: readonly string[], nodeIPs: readonly string[]): string[] {
  return nodePortAddresses.flatMap((each) => {
    if (each === primary) return nodeIPs;
    if (parseCidr(each) || isIP(each)) return each;
    throw new UserError(
      `Cannot serve node ports at "${each}": not a range of addresses, such as 10.0.0.0/8, and not "${primary}"`,
    );
  });
}
