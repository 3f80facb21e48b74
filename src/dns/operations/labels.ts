// The values of labels as CoreDNS has them (spec/dns.md §11), by small numbers, so that counting needs no text.

import { inBrackets } from '#lib/cidr.ts';
import type { ServerKey } from '../config/settings.ts';
import { rcodeName } from '../wire/index.ts';

const types: Readonly<Record<string, number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  DS: 43,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  NSEC3: 50,
  HTTPS: 65,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
};

/** More that people know by name. */
const otherTypes: typeof types = {
  HINFO: 13,
  LOC: 29,
  NAPTR: 35,
  CERT: 37,
  DNAME: 39,
  SSHFP: 44,
  NSEC3PARAM: 51,
  TLSA: 52,
  SMIMEA: 53,
  CDS: 59,
  CDNSKEY: 60,
  OPENPGPKEY: 61,
  SVCB: 64,
  SPF: 99,
  TKEY: 249,
  TSIG: 250,
  URI: 256,
  CAA: 257,
};

const typeNames = new Map(Object.entries({ ...types, ...otherTypes }).map(([name, code]) => [code, name]));

/** As people write it. */
export const typeName = (type: number): string => typeNames.get(type) ?? `TYPE${type}`;

const classes: Readonly<Record<number, string>> = { 1: 'IN', 2: 'CS', 3: 'CH', 4: 'HS', 254: 'NONE', 255: 'ANY' };

export const classLabel = (code: number): string => classes[code] ?? `CLASS${code}`;

/** Of the label `type`; the last stands for all that clients may make up. */
export const typeLabels: readonly string[] = [...Object.keys(types), 'other'];

const typeIndices = new Uint8Array(256).fill(typeLabels.length - 1);
for (const [index, code] of Object.values(types).entries()) typeIndices[code] = index;

/** Where a query type stands in `typeLabels`. */
export const typeIndex = (type: number): number => typeIndices[type < 256 ? type : 0] as number;

/** Of the label `rcode`; the last stands for all above. */
export const rcodeLabels: readonly string[] = [...Array.from({ length: 24 }, (_, rcode) => rcodeName(rcode)), 'other'];

/** Where a code stands in `rcodeLabels`. */
export const rcodeIndex = (rcode: number): number => Math.min(rcode, rcodeLabels.length - 1);

/** Of the label `server`: the server that a block belongs to. */
export const serverLabel = ({ transport, host, port }: Omit<ServerKey, 'zone'>): string =>
  `${transport}://${inBrackets(host)}:${port}`;
