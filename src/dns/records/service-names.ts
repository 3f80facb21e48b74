// The names of one Service: its own, its endpoints', its ports' (spec/dns.md §1.3-§1.7). Nothing is worked out before it is
// asked for, so that a change costs no more than dropping what was.

import { fromLabels, labelsOf } from '../wire/name.ts';
import { dashed } from './dashed.ts';
import type { EndpointFacts, PortFacts, ServiceFacts, SliceFacts } from './facts.ts';
import { byFamily, Owner, type OwnerRecords, type Relative } from './owner.ts';
import { type Candidate, targets } from './service-targets.ts';

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

export class ServiceNames {
  /** `S.NS.svc`. */
  readonly name: Relative;
  readonly facts: ServiceFacts;
  readonly #slices: readonly SliceFacts[];
  readonly #options: NameOptions;
  #own: Owner | undefined;
  /** By the labels of an endpoint's name before the Service's. */
  #addresses: Map<Relative, string | string[]> | undefined;
  /** The same of ports that were asked for: `_P._PROTO`. */
  #ports: Map<Relative, Owner> | undefined;

  constructor(name: Relative, facts: ServiceFacts, slices: readonly SliceFacts[], options: NameOptions) {
    this.name = name;
    this.facts = facts;
    this.#slices = slices;
    this.#options = options;
  }

  /** Undefined when the Service does not exist in DNS. */
  get own(): Owner | undefined {
    if (!this.#own && this.#exists) this.#own = new Owner(this.name, this.#ownRecords());
    return this.#own;
  }

  /**
   * `E.S.NS.svc`, where several endpoints may share one host name; or `_P._PROTO.S.NS.svc` for each named port, whose
   * underscores may be left out.
   * @param prefix the labels before the Service's name
   */
  below(prefix: Relative): Owner | undefined {
    const known = this.#ports?.get(prefix);
    return known || !this.#hasChildren ? known : this.#ownerBelow(prefix);
  }

  /** `ZONE.pin._zone.S.NS.svc`, and `prefer`, which stands for all endpoints when the zone has none. */
  zonal(zone: string, directive: string): Owner | undefined {
    if (!this.#options.isZonal || !this.facts.isHeadless || !this.#hasChildren) return undefined;
    if (directive !== 'pin' && directive !== 'prefer') return undefined;
    const found = this.endpoints.filter((endpoint) => endpoint.zone?.toLowerCase() === zone);
    const endpoints = found.length === 0 && directive === 'prefer' ? this.endpoints : found;
    const prefix = fromLabels([...zone.split('.'), directive, '_zone']);
    const name = prefix === undefined ? undefined : this.#named(prefix);
    return name === undefined ? undefined : new Owner(name, byFamily(endpoints.map(({ address }) => address)));
  }

  /** The name of an endpoint's address. Undefined when it cannot stand in DNS. */
  endpointName(endpoint: EndpointFacts): Relative | undefined {
    const prefix = prefixOf(endpoint);
    return prefix === undefined ? undefined : this.#named(prefix);
  }

  /** Ready endpoints. One may be here twice, while one slice takes over from another. */
  get endpoints(): readonly EndpointFacts[] {
    const [only, ...others] = this.#slices;
    return others.length === 0 ? (only?.endpoints ?? []) : this.#slices.flatMap(({ endpoints }) => endpoints);
  }

  /** Every owner of the Service. */
  *owners(): Generator<Owner> {
    if (this.own) yield this.own;
    if (!this.#hasChildren) return;
    for (const prefix of [...this.#byPrefix().keys(), ...this.#portPrefixes()]) {
      const owner = this.below(prefix);
      if (owner) yield owner;
    }
  }

  get #isCluster(): boolean {
    return this.facts.clusterIPs.length > 0;
  }

  /** A headless Service without a ready endpoint does not exist; nor does one that has no address yet. */
  get #exists(): boolean {
    const { alias, isHeadless } = this.facts;
    if (alias !== undefined) return alias !== null;
    const isEmpty = this.#slices.every(({ endpoints }) => endpoints.length === 0);
    return this.#isCluster ? !(this.#options.ignoreEmptyService && isEmpty) : isHeadless && !isEmpty;
  }

  /** An ExternalName Service has none, nor has what does not exist. */
  get #hasChildren(): boolean {
    return this.facts.alias === undefined && this.#exists;
  }

  #ownRecords(): OwnerRecords {
    const { alias, clusterIPs } = this.facts;
    if (alias !== undefined) return alias === null ? {} : { alias };
    // The bare name counts every pair of port and address, then merges what looks the same.
    const services = () => targets(this.#candidates(), Math.max(1, clusterIPs.length));
    const addresses = this.#isCluster ? clusterIPs : this.endpoints.map(({ address }) => address);
    return { ...byFamily(addresses), services };
  }

  /** @param wanted of this port alone */
  *#candidates(wanted?: Relative): Generator<Candidate> {
    const isWanted = (port: PortFacts) => wanted === undefined || portPrefix(port) === wanted;
    if (this.#isCluster) {
      for (const port of this.facts.ports) if (isWanted(port)) yield { ...port, target: this.name };
      return;
    }
    yield* this.#endpointPorts(isWanted, () => true);
  }

  *#endpointPorts(
    isWantedPort: (port: PortFacts) => boolean,
    isWanted: (endpoint: EndpointFacts) => boolean,
  ): Generator<Candidate> {
    const seenOn = new Map<string, Set<string>>();
    for (const { endpoints, ports } of this.#slices) {
      const chosen = ports.filter(isWantedPort);
      if (chosen.length === 0) continue;
      const portsKey = ports.map(({ name, protocol, port }) => `${name}/${protocol}/${port}`).join();
      const seen = seenOn.get(portsKey) ?? new Set();
      seenOn.set(portsKey, seen);
      for (const endpoint of endpoints) {
        if (!isWanted(endpoint)) continue;
        const target = this.endpointName(endpoint);
        const { address, label, cluster } = endpoint;
        const key = label === undefined && cluster === undefined ? address : `${address} ${target}`;
        // The same endpoint in two slices, while one takes over from the other.
        if (target === undefined || seen.has(key)) continue;
        seen.add(key);
        for (const port of chosen) yield { ...port, target };
      }
    }
  }

  #byPrefix(): Map<Relative, string | string[]> {
    if (this.#addresses) return this.#addresses;
    this.#addresses = new Map();
    for (const endpoint of this.endpoints) {
      const prefix = prefixOf(endpoint);
      if (prefix === undefined) continue;
      const found = this.#addresses.get(prefix);
      if (found === undefined) this.#addresses.set(prefix, endpoint.address);
      else if (typeof found === 'string') this.#addresses.set(prefix, [found, endpoint.address]);
      else found.push(endpoint.address);
    }
    return this.#addresses;
  }

  #portPrefixes(): Set<Relative> {
    const ports = this.#isCluster ? this.facts.ports : this.#slices.flatMap((slice) => slice.ports);
    return new Set(ports.flatMap((port) => portPrefix(port) ?? []));
  }

  /** Undefined for a name that is too long. */
  #named(prefix: Relative): Relative | undefined {
    return prefix.length + this.name.length <= this.#options.room ? prefix + this.name : undefined;
  }

  /** Two labels are a port, but below an imported Service only with underscores: others are an endpoint and its cluster. */
  #ownerBelow(prefix: Relative): Owner | undefined {
    const labels = labelsOf(prefix);
    const { isMulticluster = false } = this.#options;
    const isPort = labels.length === 2 && (!isMulticluster || labels.every((label) => label.startsWith('_')));
    if (isPort) return this.#portOwner(fromLabels(labels.map((label) => `_${bare(label)}`)));
    // Without its cluster an imported Service's endpoint has no name.
    return labels.length === (isMulticluster ? 2 : 1) ? this.#endpointOwner(prefix) : undefined;
  }

  /** Made anew each time: endpoints are many, and answers with one address are cheap. */
  #endpointOwner(prefix: Relative): Owner | undefined {
    const found = this.#byPrefix().get(prefix);
    const name = this.#named(prefix);
    if (found === undefined || name === undefined) return undefined;
    const addresses = typeof found === 'string' ? [found] : found;
    // The schema does not ask for them, but CoreDNS has them.
    const services = () => {
      const own = new Set(addresses);
      const isOwn = (endpoint: EndpointFacts) => own.has(endpoint.address) && prefixOf(endpoint) === prefix;
      return targets(this.#endpointPorts(() => true, isOwn));
    };
    return new Owner(name, { ...byFamily(addresses), services });
  }

  /** Only what exists is kept, so that what is asked for in vain costs no memory. */
  #portOwner(prefix: Relative | undefined): Owner | undefined {
    if (prefix === undefined) return undefined;
    const known = this.#ports?.get(prefix);
    if (known) return known;
    const name = this.#named(prefix);
    if (name === undefined || this.#candidates(prefix).next().done) return undefined;
    const services = () => targets(this.#candidates(prefix));
    // Every port of a Service with an address has all of the weight.
    const whole = () => services().map((each) => ({ ...each, weight: 100 }));
    const owner = new Owner(name, { services: this.#isCluster ? whole : services });
    this.#ports ??= new Map();
    this.#ports.set(prefix, owner);
    return owner;
  }
}

/** The labels of an endpoint's name before the Service's; undefined when they cannot stand in DNS. */
const prefixOf = ({ label, address, cluster }: EndpointFacts): Relative | undefined => {
  const own = label ?? dashed(address);
  return fromLabels(cluster === undefined ? [own] : [own, cluster]);
};

/** Those of a port; undefined for one without a name. */
const portPrefix = ({ name, protocol }: PortFacts): Relative | undefined =>
  name === '' ? undefined : fromLabels([`_${name}`, `_${protocol}`]);

/** `S.NS.svc`; undefined when a label cannot stand in DNS: such a name cannot be asked for either. */
export const serviceName = (name: string, namespace: string): Relative | undefined =>
  fromLabels([name, namespace, 'svc'].map((label) => label.toLowerCase()));

const bare = (label: string): string => (label.startsWith('_') ? label.slice(1) : label);
