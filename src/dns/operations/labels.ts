// The values of labels as CoreDNS has them (spec/dns.md §11), by small numbers, so that counting needs no text.

import { inBrackets } from '#lib/cidr.ts';
import type { ServerKey } from '../config/settings.ts';
import { rcodeName, typeCodes } from '../wire/index.ts';

/** Types that are told apart. */
const types = 'A NS CNAME SOA PTR MX TXT AAAA SRV DS RRSIG NSEC DNSKEY NSEC3 HTTPS IXFR AXFR ANY'.split(' ');

/** Of the label `type`; the last stands for all that clients may make up. */
export const typeLabels: readonly string[] = [...types, 'other'];

const typeIndices = new Uint8Array(256).fill(typeLabels.length - 1);
for (const [index, type] of types.entries()) typeIndices[typeCodes[type] as number] = index;

/** Where a query type stands in `typeLabels`. */
export const typeIndex = (type: number): number => typeIndices[type < 256 ? type : 0] as number;

/** Of the label `rcode`; the last stands for all above. */
export const rcodeLabels: readonly string[] = [...Array.from({ length: 24 }, (_, rcode) => rcodeName(rcode)), 'other'];

/** Where a code stands in `rcodeLabels`. */
export const rcodeIndex = (rcode: number): number => Math.min(rcode, rcodeLabels.length - 1);

/** Of the label `server`: the server that a block belongs to. */
export const serverLabel = ({ transport, host, port }: Omit<ServerKey, 'zone'>): string =>
  `${transport}://${inBrackets(host)}:${port}`;
