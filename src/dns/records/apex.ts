// What a zone says of itself: its SOA and its name servers (spec/dns.md §1.9).

import type { Name } from '../wire/name.ts';
import { Owner, type OwnerRecords, type Relative } from './owner.ts';
import { nameServerPrefix, type Soa } from './soa.ts';

export interface Apex {
  readonly soa: Soa;
  /** The names of the DNS Service itself; `ns.dns` stands in when there is none. */
  readonly servers: readonly Relative[];
  readonly addresses: Pick<OwnerRecords, 'v4' | 'v6'>;
}

/** @param domain the cluster domain that the name servers are in, when it is not the zone itself */
export const apexOwner = ({ soa, servers }: Apex, domain?: Name): Owner =>
  new Owner('', {
    other: (zone) => [
      soa.data(zone),
      ...(servers.length > 0 ? servers : [nameServerPrefix]).map((name) => {
        return { type: 'NS', target: name + (domain ?? zone) } as const;
      }),
    ],
  });
