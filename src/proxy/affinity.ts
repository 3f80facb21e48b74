// Session affinity (services.md D.2) by maps that the kernel writes: client and frontend → the endpoint that the client had
// last, with a timeout that begins again with every connection. The shape of a frontend tries its map before it draws.
// What was chosen is written down after the translation, where the packet still has its source and has its endpoint as
// destination; and only there can be seen whether what was remembered is an endpoint still (rules.ts), since nft looks nothing up
// by what it has found in a map.
//
// IPv6 addresses are too long for that: nft 1.0.6 gives key and value of `update` 16 bytes each and writes one over the
// other, or ends, when they are longer. So the key has the hash of the client's address (two clients with the same hash
// share an endpoint, which does no harm) and two hashes of the frontend's; and address and port of the endpoint are in a map each.

import { type Family, parseAddress } from '#lib/cidr.ts';
import { jhash, type NamedSet } from '#nftables/index.ts';
import { ipOf, type Protocol, perProtocol } from './words.ts';

/** One map, or one for each part of the value. */
export type AffinityMaps = Record<Protocol, readonly NamedSet[]>;

/** Clients with affinity; of further ones each connection goes anywhere. About 100 bytes each in the kernel, once they are there. */
const mostClients = 262_144;

/** Mixed into the hashes, that they differ. Part of the maps' meaning: these must never change. */
const seeds = { client: 1, frontend: [2, 3] } as const;
const modulus = 0xffffffff;

interface Layout {
  /** The maps' keys, by where the packet says who calls and who is called. */
  readonly key: (source: string, destination: string, port: string) => string;
  /** The type of that key, which nft takes from any expressions of the same types. */
  readonly keyType: (protocol: Protocol) => string;
  /** Map and its value, for each part. */
  readonly values: (protocol: Protocol) => readonly (readonly [name: string, value: string])[];
}

const hash = (what: string, seed: number): string => `jhash ${what} mod ${modulus} seed 0x${seed.toString(16)}`;
const number = 'numgen random mod 65536';

const layouts: Record<Family, Layout> = {
  IPv4: {
    key: (source, destination, port) => `${source} . ${destination} . ${port}`,
    keyType: (protocol) => `ip saddr . ip daddr . ${protocol} dport`,
    values: (protocol) => [[`affinity-${protocol}`, `ip daddr . ${protocol} dport`]],
  },
  IPv6: {
    key: (source, destination, port) =>
      [hash(source, seeds.client), ...seeds.frontend.map((seed) => hash(destination, seed)), port].join(' . '),
    keyType: (protocol) => `${number} . ${number} . ${number} . ${protocol} dport`,
    values: (protocol) => [
      [`affinity-${protocol}`, 'ip6 daddr'],
      [`affinity-ports-${protocol}`, `${protocol} dport`],
    ],
  },
};

export const affinityMaps = (family: Family): AffinityMaps =>
  perProtocol((protocol) =>
    layouts[family].values(protocol).map(([name, value]) => ({
      kind: 'set',
      name,
      key: layouts[family].keyType(protocol),
      value,
      flags: ['dynamic', 'timeout'],
      size: mostClients,
    })),
  );

/** The endpoint that this client had last, for `dnat to`. A rule that finds none lets the next one try. */
export function lastEndpoint(family: Family, protocol: Protocol): string {
  const { key, values } = layouts[family];
  const ip = ipOf[family];
  const looked = key(`${ip} saddr`, `${ip} daddr`, `${protocol} dport`);
  return values(protocol)
    .map(([name]) => `${looked} map @${name}`)
    .join(' : ');
}

/** Statements, for after the translation. */
export const rememberEndpoint = (family: Family, protocol: Protocol, seconds: number): string =>
  record('update', `timeout ${seconds}s `, family, protocol);

/** The same, of what was remembered when the packet was translated. */
export const forgetEndpoint = (family: Family, protocol: Protocol): string => record('delete', '', family, protocol);

function record(verb: 'update' | 'delete', timeout: string, family: Family, protocol: Protocol): string {
  const { key, values } = layouts[family];
  const ip = ipOf[family];
  const called = key(`${ip} saddr`, `ct original ${ip} daddr`, 'ct original proto-dst');
  return values(protocol)
    .map(([name, value]) => `${verb} @${name} { ${called} ${timeout}: ${value} }`)
    .join(' ');
}

/** How the keys of the maps end, for one frontend: what comes after the client and ` . `. */
export function affinityKey(family: Family, address: string, port: number): string {
  if (family === 'IPv4') return `${address} . ${port}`;
  const bytes = Buffer.from((parseAddress(address)?.value ?? 0n).toString(16).padStart(32, '0'), 'hex');
  return [...seeds.frontend.map((seed) => jhash(bytes, seed, modulus)), port].join(' . ');
}
