// What is asked: files of queries in dnsperf's format, drawn at random from what the cluster holds, the same in every run.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SeededRandom } from '#lib/seeded-random.ts';
import { domain, domainName, isHeadless, namespaceCount, namespaceOf, type Stored } from './data.ts';

/** More than any cache of denials holds. */
const queriesPerFile = 100_000;

/** Lines `NAME TYPE`. */
type Draw = (random: SeededRandom) => string;

export interface QueryKind {
  readonly file: 'cluster-ip' | 'mix' | 'nxdomain';
  readonly title: string;
  /** The queries a second that are wanted of one process on one core. */
  readonly target: number;
}
export const queryKinds: readonly QueryKind[] = [
  { file: 'cluster-ip', title: 'cluster-IP A', target: 35_000 },
  { file: 'mix', title: 'mix', target: 30_000 },
  { file: 'nxdomain', title: 'NXDOMAIN', target: 35_000 },
];

export const pathOf = (folder: string, file: QueryKind['file']): string => join(folder, `${file}.queries`);

/** Writes a file for each kind. */
export function writeQueries(folder: string, services: readonly Stored[]): void {
  const withIP = services.filter((service) => !isHeadless(service));
  const headless = services.filter(isHeadless);
  const one = (from: readonly Stored[], random: SeededRandom) => from[random.below(from.length)] as Stored;
  const address: Draw = (random) => `${domainName(one(withIP, random))} A`;
  const otherFamily: Draw = (random) => `${domainName(one(withIP, random))} AAAA`;
  const endpoints: Draw = (random) => `${domainName(one(headless, random))} A`;
  // Of Services with an address: ten targets of a headless one do not fit into the 512 octets of a plain query.
  const port: Draw = (random) => `_http._tcp.${domainName(one(withIP, random))} SRV`;
  const mix: Draw = (random) => {
    const share = random.next();
    if (share < 0.4) return address(random);
    if (share < 0.6) return otherFamily(random);
    if (share < 0.8) return missing(random);
    return share < 0.95 ? endpoints(random) : port(random);
  };
  for (const [file, draw] of [
    ['cluster-ip', address],
    ['mix', mix],
    ['nxdomain', missing],
  ] as const) {
    const random = new SeededRandom(1);
    const lines = Array.from({ length: queriesPerFile }, () => draw(random));
    writeFileSync(pathOf(folder, file), `${lines.join('\n')}\n`);
  }
}

/** What the search list of a pod makes of a name with fewer than five dots before it is asked for as it is. */
const missing: Draw = (random) => {
  const namespace = () => namespaceOf(random.below(namespaceCount));
  const search = [`${namespace()}.svc.${domain}`, `svc.${domain}`, domain];
  const outside = `api-${random.below(10_000)}.example.com.${search[random.below(3)]}`;
  // The Service of another namespace, with and without `svc`, is tried in the pod's own first.
  const inside = `service-${random.below(5_000)}.${namespace()}.${random.next() < 0.5 ? '' : 'svc.'}${search[0]}`;
  return `${random.next() < 0.75 ? outside : inside} ${random.next() < 0.5 ? 'A' : 'AAAA'}`;
};
