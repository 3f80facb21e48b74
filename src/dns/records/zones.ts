// Every zone that this server answers for: the cluster domain and the reverse zones of its ranges. Keeps SOA serials and
// the zones' own name servers in step with the index (spec/dns.md §1.9).

import { isIPv4, isIPv6 } from 'node:net';
import { isWithin, type Name } from '../wire/name.ts';
import { formatRecord } from '../wire/record.ts';
import { ClusterZone } from './cluster-zone.ts';
import { Owner } from './owner.ts';
import { RecordIndex } from './record-index.ts';
import { isReverse, ReverseZone } from './reverse-zone.ts';
import { nameServerOf, Soa } from './soa.ts';
import type { Zone } from './zone.ts';

export interface ZonesOptions {
  /** In lower case: the cluster domain and, under `in-addr.arpa` and `ip6.arpa`, those for addresses. */
  readonly zones: readonly Name[];
  /** Of every record, in seconds. */
  readonly ttl: number;
  /** The server's own addresses, as endpoints of its Service and for `ns.dns`. */
  readonly ownAddresses?: readonly string[];
  /** Now in seconds, for the serial. */
  readonly now?: () => number;
}

export class Zones {
  readonly ttl: number;
  readonly index: RecordIndex;
  readonly #cluster: ClusterZone;
  readonly #reverse = new Map<Name, Zone>();
  /** Made when asked for, dropped when the serial moves. */
  readonly #reverseSoas = new Map<Name, Soa>();
  readonly #options: ZonesOptions;
  #serial: number;
  #serverNames: readonly Name[] = [];
  #serverAddresses: readonly string[] = [];

  constructor(options: ZonesOptions) {
    this.#options = options;
    this.ttl = options.ttl;
    const zone = options.zones.find((name) => !isReverse(name)) ?? '';
    this.#serial = this.#now();
    this.index = new RecordIndex(zone, () => this.#refresh());
    this.#cluster = new ClusterZone(this.index, new Soa(zone, this.#serial, this.ttl));
    for (const name of options.zones.filter(isReverse)) {
      const soa = () => this.#reverseSoa(name);
      this.#reverse.set(name, new ReverseZone(name, this.index.addresses, soa, () => this.#reverseApex(name)));
    }
    this.#refresh();
  }

  /** Of every zone. */
  get names(): readonly Name[] {
    return [this.#cluster.name, ...this.#reverse.keys()];
  }

  /** The zone that a name lies in, by its lower-case form; undefined for names that are not ours. */
  zoneOf(key: Name): Zone | undefined {
    if (isWithin(key, this.#cluster.name)) return this.#cluster;
    if (!key.endsWith('arpa')) return undefined;
    for (let at = 0; at < key.length; at += 1 + key.charCodeAt(at)) {
      const zone = this.#reverse.get(key.slice(at));
      if (zone) return zone;
    }
    return undefined;
  }

  /** Whether the address is that of a Service which leads back to this server: asking it would ask ourselves. */
  isOwnService(address: string): boolean {
    return this.#serverNames.length > 0 && this.#serverAddresses.includes(address);
  }

  /** The cluster domain as a zone file, sorted: for people and tests. */
  dump(): string {
    const lines = [...this.#cluster.owners()].flatMap((owner) =>
      owner.all().map((data) => formatRecord({ name: owner.key, class: 1, ttl: owner.records.ttl ?? this.ttl, data })),
    );
    return lines.sort().join('\n');
  }

  #now(): number {
    return (this.#options.now ?? (() => Math.floor(Date.now() / 1000)))();
  }

  #refresh(): void {
    // A serial never goes back, even if the clock does.
    this.#serial = Math.max(this.#serial, this.#now());
    this.#reverseSoas.clear();
    const own = this.#options.ownAddresses ?? [];
    const endpoints = own.flatMap((address) => this.index.addresses.endpointNamesOf(address));
    this.#serverNames = [...new Set(endpoints.map((name) => this.#serviceOf(name)))];
    const found = this.#serverNames.flatMap((name) => {
      const { v4 = [], v6 = [] } = this.index.owner(name)?.records ?? {};
      return [...v4, ...v6];
    });
    this.#serverAddresses = found.length > 0 ? [...new Set(found)] : own;
    this.#cluster.refresh(new Soa(this.#cluster.name, this.#serial, this.ttl), this.#serverNames, {
      v4: this.#serverAddresses.filter((address) => isIPv4(address)),
      v6: this.#serverAddresses.filter((address) => isIPv6(address)),
    });
  }

  /** A Service with a cluster address is a server under its own name, a headless one under its endpoint's. */
  #serviceOf(endpoint: Name): Name {
    const service = endpoint.slice(1 + endpoint.charCodeAt(0));
    const { v4 = [], v6 = [] } = this.index.owner(service)?.records ?? {};
    const isCluster = [...v4, ...v6].some((address) => this.index.addresses.namesOf(address)[0] === service);
    return isCluster ? service : endpoint;
  }

  #reverseSoa(name: Name): Soa {
    const soa = this.#reverseSoas.get(name) ?? new Soa(name, this.#serial, this.ttl);
    this.#reverseSoas.set(name, soa);
    return soa;
  }

  #reverseApex(name: Name): Owner {
    const servers = this.#serverNames.length > 0 ? this.#serverNames : [nameServerOf(this.#cluster.name)];
    const soa = this.#reverseSoa(name).record.data;
    return new Owner(name, { other: [soa, ...servers.map((target) => ({ type: 'NS', target }) as const)] });
  }
}
