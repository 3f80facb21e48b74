// Addresses in another order in every response (directive `loadbalance`, spec/dns.md §3): for the handlers whose answers
// come from elsewhere. The cluster's own turn theirs as they are written.

import { type Cidr, contains } from '#lib/cidr.ts';
import type { LoadBalanceSettings } from '../config/settings.ts';
import { FormatError, shuffleAddresses } from '../wire/index.ts';
import type { Change } from './filtered.ts';

export function balancing({ prefer }: LoadBalanceSettings): Change {
  const isPreferred = (address: Buffer) => prefer.some((range) => isIn(address, range));
  return (_, response) => {
    try {
      shuffleAddresses(response, prefer.length > 0 ? isPreferred : undefined);
    } catch (error) {
      // Somebody else's message, passed on as it came.
      if (!(error instanceof FormatError)) throw error;
    }
    return response;
  };
}

const isIn = (octets: Buffer, range: Cidr): boolean => {
  const family = octets.length === 4 ? 'IPv4' : 'IPv6';
  return family === range.family && contains(range, { family, value: BigInt(`0x${octets.toString('hex')}`) });
};
