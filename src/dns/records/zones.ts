// Every zone that this server answers for out of one cluster: the cluster domains and the zones of addresses. Keeps SOA
// serials and the zones' own name servers in step with the index (spec/dns.md §1.9).

import { isIPv4, isIPv6 } from 'node:net';
import { isWithin, type Name } from '../wire/name.ts';
import { formatRecord } from '../wire/record.ts';
import type { Apex } from './apex.ts';
import { ClusterZone, type PodRecords } from './cluster-zone.ts';
import type { Relative } from './owner.ts';
import { RecordIndex } from './record-index.ts';
import { isReverse, ReverseZone } from './reverse-zone.ts';
import { Soa } from './soa.ts';
import type { Zone } from './zone.ts';

export interface ZonesOptions {
  /** In lower case: the cluster domains, the first of which names lead back to, and those for addresses. */
  readonly zones: readonly Name[];
  /** Of every record, in seconds. */
  readonly ttl: number;
  readonly pods?: PodRecords;
  /** See {@link RecordIndex}. */
  readonly ignoreEmptyService?: boolean;
  readonly zonal?: boolean;
  /** Those of the zones that hold what is imported from other clusters. */
  readonly multicluster?: readonly Name[];
  /** The server's own addresses, as endpoints of its Service and for `ns.dns`. */
  readonly ownAddresses?: readonly string[];
  /** Now in seconds, for the serial. */
  readonly now?: () => number;
}

/** Octets of a name, less the root label. */
const longestName = 254;

export class Zones {
  readonly ttl: number;
  readonly index: RecordIndex;
  /** What is imported from other clusters. */
  readonly imports: RecordIndex;
  /** The zone that names are told in when the question does not say. */
  readonly primary: Name;
  readonly #clusters: readonly ClusterZone[];
  readonly #reverse = new Map<Name, ReverseZone>();
  readonly #options: ZonesOptions;
  #serial: number;
  /** Worked out when asked for after a change. */
  #servers: Pick<Apex, 'servers' | 'addresses'> | undefined;
  readonly #apexes = new Map<Name, Apex>();

  constructor(options: ZonesOptions) {
    this.#options = options;
    this.ttl = options.ttl;
    this.#serial = this.#now();
    const forward = options.zones.filter((name) => !isReverse(name));
    this.primary = forward.find((name) => !options.multicluster?.includes(name)) ?? forward[0] ?? '';
    const { ignoreEmptyService = false, pods = 'insecure', zonal: isZonal = false, multicluster = [] } = options;
    const room = longestName - Math.max(0, ...forward.map((name) => name.length));
    this.index = new RecordIndex({ room, ignoreEmptyService, isZonal }, () => this.#changed());
    this.imports = new RecordIndex({ room, isMulticluster: true }, () => this.#changed());
    this.#clusters = forward.map((name) => {
      const index = multicluster.includes(name) ? this.imports : this.index;
      return new ClusterZone(name, { index, pods, apex: () => this.#apex(name) });
    });
    for (const name of options.zones.filter(isReverse)) {
      const namesOf = (address: string) => this.#namesOf(address);
      this.#reverse.set(name, new ReverseZone(name, { namesOf, primary: this.primary, apex: () => this.#apex(name) }));
    }
  }

  /** Of every zone. */
  get names(): readonly Name[] {
    return [...this.#clusters.map(({ name }) => name), ...this.#reverse.keys()];
  }

  /** The zone that a name lies in, by its lower-case form; undefined for names that are not ours. */
  zoneOf(key: Name): Zone | undefined {
    return this.clusterZoneOf(key) ?? this.#reverseZoneOf(key);
  }

  /** The cluster domain that a name lies in: the longest. */
  clusterZoneOf(key: Name): ClusterZone | undefined {
    let found: ClusterZone | undefined;
    for (const zone of this.#clusters) {
      if (isWithin(key, zone.name) && zone.name.length >= (found?.name.length ?? 0)) found = zone;
    }
    return found;
  }

  /** Moves with every change that DNS can see. */
  get serial(): number {
    return this.#serial;
  }

  /** Where the Services that lead back to this server can be asked from outside. */
  externalServerAddresses(): readonly string[] {
    const services = this.#nameServers().servers.flatMap((name) => this.index.service(name) ?? []);
    return services.flatMap(({ facts }) => facts.external.filter((address) => isIPv4(address) || isIPv6(address)));
  }

  /** Whether the address is that of a Service which leads back to this server: asking it would ask ourselves. */
  isOwnService(address: string): boolean {
    const { servers, addresses } = this.#nameServers();
    return servers.length > 0 && [...(addresses.v4 ?? []), ...(addresses.v6 ?? [])].includes(address);
  }

  /** The first cluster domain as a zone file, sorted: for people and tests. */
  dump(): string {
    const lines = [...(this.#clusters[0]?.owners() ?? [])].flatMap((owner) =>
      owner.all(this.primary).map((data) => {
        const ttl = owner.records.ttl ?? this.ttl;
        return formatRecord({ name: owner.name + this.primary, class: 1, ttl, data });
      }),
    );
    return lines.sort().join('\n');
  }

  #reverseZoneOf(key: Name): Zone | undefined {
    if (!key.endsWith('arpa')) return undefined;
    for (let at = 0; at < key.length; at += 1 + key.charCodeAt(at)) {
      const zone = this.#reverse.get(key.slice(at));
      if (zone) return zone;
    }
    return undefined;
  }

  /** The Service that owns the address as its cluster address, or else each name that has it as an endpoint. */
  #namesOf(address: string): readonly Relative[] {
    const [cluster] = this.index.clusterServicesOf(address);
    return cluster ? [cluster.name] : this.index.endpointNamesOf(address);
  }

  #now(): number {
    return (this.#options.now ?? (() => Math.floor(Date.now() / 1000)))();
  }

  #changed(): void {
    // A serial never goes back, even if the clock does.
    this.#serial = Math.max(this.#serial, this.#now());
    this.#servers = undefined;
    this.#apexes.clear();
  }

  #apex(zone: Name): Apex {
    const known = this.#apexes.get(zone);
    if (known) return known;
    const apex = { soa: new Soa(zone, { serial: this.#serial, ttl: this.ttl }), ...this.#nameServers() };
    this.#apexes.set(zone, apex);
    return apex;
  }

  /** The Services that have one of our own addresses as an endpoint (spec/dns.md §1.9). */
  #nameServers(): Pick<Apex, 'servers' | 'addresses'> {
    if (this.#servers) return this.#servers;
    const own = this.#options.ownAddresses ?? [];
    const endpoints = own.flatMap((address) => this.index.endpointNamesOf(address));
    const servers = [...new Set(endpoints.map((name) => this.#serviceOf(name)))];
    const found = servers.flatMap((name) => {
      const { v4 = [], v6 = [] } = this.index.owner(name)?.records ?? {};
      return [...v4, ...v6];
    });
    const all = found.length > 0 ? [...new Set(found)] : own;
    this.#servers = { servers, addresses: { v4: all.filter(isIPv4), v6: all.filter(isIPv6) } };
    return this.#servers;
  }

  /** A Service with a cluster address is a server under its own name, a headless one under its endpoint's. */
  #serviceOf(endpoint: Relative): Relative {
    const service = endpoint.slice(1 + endpoint.charCodeAt(0));
    return (this.index.service(service)?.facts.clusterIPs.length ?? 0) > 0 ? service : endpoint;
  }
}
