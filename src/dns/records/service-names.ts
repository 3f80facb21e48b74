// The names of one Service: its own, its endpoints', its ports' (spec/dns.md §1.3-§1.7). Nothing is worked out before it is
// asked for, so that a change costs no more than dropping what was.

import { isIPv4, isIPv6 } from 'node:net';
import { fromLabels } from '../wire/name.ts';
import { dashed } from './dashed.ts';
import type { EndpointFacts, PortFacts, ServiceFacts, SliceFacts } from './facts.ts';
import { Owner, type OwnerRecords, type Relative, type ServiceTarget } from './owner.ts';

export interface NameOptions {
  /** Octets that a name may have without its zone; longer ones cannot be asked for, nor be told. */
  readonly room: number;
  /** ClusterIP Services without a ready endpoint do not exist. */
  readonly ignoreEmptyService?: boolean;
  /** Endpoints are below the name of their cluster: `E.CLUSTER.S.NS.svc` (spec/dns.md §6). */
  readonly isMulticluster?: boolean;
  /** Headless Services have names for the endpoints of one zone: `ZONE.pin._zone.S.NS.svc` (spec/dns.md §6). */
  readonly isZonal?: boolean;
}

/** One possible SRV record, before weighing and merging. */
interface Candidate extends PortFacts {
  readonly target: Relative;
}

/** More SRV records than this fit no message (65,535 octets, of which each takes at least 20), nor do more addresses. */
const maxRecords = 4096;

export class ServiceNames {
  /** `S.NS.svc`. */
  readonly name: Relative;
  readonly facts: ServiceFacts;
  readonly #slices: readonly SliceFacts[];
  readonly #options: NameOptions;
  #own: Owner | null | undefined;
  #endpoints: readonly EndpointFacts[] | undefined;
  #addresses: Map<string, string[]> | undefined;
  #ports: Map<string, Candidate[]> | undefined;
  /** Endpoints and ports that were asked for, by the labels as they were asked. */
  readonly #asked = new Map<string, Owner>();

  constructor(name: Relative, facts: ServiceFacts, slices: readonly SliceFacts[], options: NameOptions) {
    this.name = name;
    this.facts = facts;
    this.#slices = slices;
    this.#options = options;
  }

  /** Undefined when the Service does not exist in DNS. */
  get own(): Owner | undefined {
    if (this.#own === undefined) this.#own = this.#ownRecords() ?? null;
    return this.#own ?? undefined;
  }

  /** `E.S.NS.svc`: several endpoints may share one host name. */
  endpoint(label: string): Owner | undefined {
    if (this.#options.isMulticluster) return undefined;
    return this.#asked.get(label) ?? this.#ask(label, () => this.#endpointOwner(label));
  }

  /** Two labels below the Service's name: `_P._PROTO` for each named port, whose underscores may be left out. */
  port(port: string, protocol: string): Owner | undefined {
    const key = `${port}.${protocol}`;
    return this.#asked.get(key) ?? this.#ask(key, () => this.#pairOwner(port, protocol));
  }

  /** `ZONE.pin._zone.S.NS.svc`, and `prefer`, which stands for all endpoints when the zone has none. */
  zonal(zone: string, directive: string): Owner | undefined {
    if (!this.#options.isZonal || !this.facts.isHeadless || !this.#hasChildren) return undefined;
    if (directive !== 'pin' && directive !== 'prefer') return undefined;
    const found = this.endpoints.filter((endpoint) => endpoint.zone?.toLowerCase() === zone);
    const endpoints = found.length === 0 && directive === 'prefer' ? this.endpoints : found;
    const name = this.#below(...zone.split('.'), directive, '_zone');
    return name === undefined ? undefined : new Owner(name, byFamily(endpoints.map(({ address }) => address)));
  }

  /** The name of an endpoint's address. Undefined when it cannot stand in DNS. */
  endpointName({ label, address, cluster }: EndpointFacts): Relative | undefined {
    const own = label ?? dashed(address);
    return cluster === undefined ? this.#below(own) : this.#below(own, cluster);
  }

  /** Ready endpoints, each address once under each of its names. */
  get endpoints(): readonly EndpointFacts[] {
    this.#endpoints ??= distinct(this.#slices.flatMap(({ endpoints }) => endpoints));
    return this.#endpoints;
  }

  /** Every owner of the Service. */
  *owners(): Generator<Owner> {
    if (this.own) yield this.own;
    if (!this.#hasChildren) return;
    for (const labels of this.#byLabel().keys()) {
      const owner = this.#ask(labels, () => this.#endpointOwner(labels));
      if (owner) yield owner;
    }
    for (const key of this.#byPort().keys()) {
      const dot = key.lastIndexOf('.');
      const owner = this.port(key.slice(0, dot), key.slice(dot + 1));
      if (owner) yield owner;
    }
  }

  get #isCluster(): boolean {
    return this.facts.clusterIPs.length > 0;
  }

  /** An ExternalName Service has none, nor has what does not exist. */
  get #hasChildren(): boolean {
    return this.facts.alias === undefined && this.own !== undefined;
  }

  #ownRecords(): Owner | undefined {
    const { alias, isHeadless } = this.facts;
    if (alias !== undefined) return alias === null ? undefined : new Owner(this.name, { alias });
    const isEmpty = this.endpoints.length === 0;
    if (this.#isCluster) {
      return this.#options.ignoreEmptyService && isEmpty ? undefined : new Owner(this.name, this.#clusterRecords());
    }
    // A headless Service without a ready endpoint does not exist; nor does one that has no address yet.
    if (!isHeadless || isEmpty) return undefined;
    const candidates = this.#candidates();
    const services = targets(candidates, weightOf(candidates.length));
    return new Owner(this.name, { ...byFamily(this.endpoints.map(({ address }) => address)), services });
  }

  /** The bare name counts every pair of port and address, then merges what looks the same. */
  #clusterRecords(): OwnerRecords {
    const { clusterIPs } = this.facts;
    const candidates = this.#candidates();
    return { ...byFamily(clusterIPs), services: targets(candidates, weightOf(candidates.length * clusterIPs.length)) };
  }

  #candidates(): Candidate[] {
    if (this.#isCluster) return this.facts.ports.map((port) => ({ ...port, target: this.name }));
    const seen = new Set<string>();
    const candidates: Candidate[] = [];
    for (const { endpoints, ports } of this.#slices) {
      const portsKey = ports.map(({ name, protocol, port }) => `${name}/${protocol}/${port}`).join();
      for (const endpoint of endpoints) {
        const target = this.endpointName(endpoint);
        const key = `${endpoint.address} ${target} ${portsKey}`;
        // The same endpoint in two slices, while one takes over from the other.
        if (target === undefined || seen.has(key)) continue;
        seen.add(key);
        for (const port of ports) candidates.push({ ...port, target });
      }
    }
    return candidates;
  }

  #byLabel(): Map<string, string[]> {
    if (this.#addresses) return this.#addresses;
    this.#addresses = new Map();
    for (const { label, address, cluster } of this.endpoints) {
      const own = label ?? dashed(address);
      const key = cluster === undefined ? own : `${own}.${cluster}`;
      const found = this.#addresses.get(key);
      if (found) found.push(address);
      else this.#addresses.set(key, [address]);
    }
    return this.#addresses;
  }

  #byPort(): Map<string, Candidate[]> {
    if (this.#ports) return this.#ports;
    this.#ports = new Map();
    for (const candidate of this.#candidates()) {
      if (candidate.name === '') continue;
      const key = `${candidate.name}.${candidate.protocol}`;
      const group = this.#ports.get(key);
      if (group) group.push(candidate);
      else this.#ports.set(key, [candidate]);
    }
    return this.#ports;
  }

  #below(...labels: readonly string[]): Relative | undefined {
    const name = fromLabels(labels);
    return name !== undefined && name.length + this.name.length <= this.#options.room ? name + this.name : undefined;
  }

  /** Only what exists is kept, so that what is asked for in vain costs no memory. */
  #ask(labels: string, make: () => Owner | undefined): Owner | undefined {
    const owner = this.#hasChildren ? make() : undefined;
    if (owner) this.#asked.set(labels, owner);
    return owner;
  }

  #pairOwner(first: string, second: string): Owner | undefined {
    const isPort = !this.#options.isMulticluster || (first.startsWith('_') && second.startsWith('_'));
    return isPort ? this.#portOwner(bare(first), bare(second)) : this.#endpointOwner(`${first}.${second}`);
  }

  /** @param labels the endpoint's own and, of an imported Service, its cluster's, with a dot between them */
  #endpointOwner(labels: string): Owner | undefined {
    const addresses = this.#byLabel().get(labels);
    const name = this.#below(...labels.split('.'));
    return addresses && name !== undefined ? new Owner(name, byFamily(addresses)) : undefined;
  }

  #portOwner(port: string, protocol: string): Owner | undefined {
    const group = this.#byPort().get(`${port}.${protocol}`);
    const name = this.#below(`_${port}`, `_${protocol}`);
    if (!group || name === undefined) return undefined;
    return new Owner(name, { services: targets(group, this.#isCluster ? 100 : weightOf(group.length)) });
  }
}

/** `S.NS.svc`; undefined when a label cannot stand in DNS: such a name cannot be asked for either. */
export const serviceName = (name: string, namespace: string): Relative | undefined =>
  fromLabels([name, namespace, 'svc'].map((label) => label.toLowerCase()));

const bare = (label: string): string => (label.startsWith('_') ? label.slice(1) : label);

function distinct(endpoints: readonly EndpointFacts[]): readonly EndpointFacts[] {
  if (endpoints.length < 2) return endpoints;
  const found = new Map<string, EndpointFacts>();
  for (const endpoint of endpoints) found.set(`${endpoint.address} ${endpoint.label ?? ''}`, endpoint);
  return found.size === endpoints.length ? endpoints : [...found.values()];
}

const byFamily = (addresses: readonly string[]): Pick<OwnerRecords, 'v4' | 'v6'> => {
  const all = addresses.length > 1 ? [...new Set(addresses)] : addresses;
  const [v4, v6] = [all.filter(isIPv4).slice(0, maxRecords), all.filter(isIPv6).slice(0, maxRecords)];
  return { ...(v4.length > 0 && { v4 }), ...(v6.length > 0 && { v6 }) };
};

const weightOf = (count: number): number => Math.max(1, Math.floor(100 / Math.max(1, count)));

/** One record for each distinct target and port. */
function targets(candidates: readonly Candidate[], weight: number): ServiceTarget[] {
  const merged = new Map<string, ServiceTarget>();
  for (const { port, target } of candidates) {
    merged.set(`${port} ${target}`, { port, weight, target });
    if (merged.size === maxRecords) break;
  }
  return [...merged.values()];
}
