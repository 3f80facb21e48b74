// What Services are called from outside of the cluster: `S.NS.ZONE` with the addresses of load balancers and external IPs
// (directive `k8s_external`, spec/dns.md §6). Made from the same index as the cluster's own names.

import { isIP } from 'node:net';
import type { ExternalSettings } from '../config/settings.ts';
import { fromLabels, isWithin, keyOf, labelsOf, type Name, nameFrom } from '../wire/name.ts';
import { byFamily, Owner, type Relative } from './owner.ts';
import { type ServiceNames, serviceName } from './service-names.ts';
import { Soa } from './soa.ts';
import type { Zone } from './zone.ts';
import type { Zones } from './zones.ts';

type Settings = Pick<ExternalSettings, 'zones' | 'ttl' | 'apex' | 'headless'>;

/** An {@link Authority} of the zones. */
export class ExternalZones {
  readonly ttl: number;
  readonly primary: Name;
  readonly #zones: readonly ExternalZone[];

  constructor(cluster: Zones, settings: Settings) {
    this.ttl = settings.ttl;
    this.primary = settings.zones[0] ?? '';
    this.#zones = settings.zones.map((name) => new ExternalZone(name, cluster, settings));
  }

  zoneOf(key: Name): Zone | undefined {
    return this.#zones.find(({ name }) => isWithin(key, name));
  }
}

class ExternalZone implements Zone {
  readonly name: Name;
  readonly #cluster: Zones;
  readonly #settings: Settings;
  #soa: Soa | undefined;

  constructor(name: Name, cluster: Zones, settings: Settings) {
    this.name = name;
    this.#cluster = cluster;
    this.#settings = settings;
  }

  /** Names below `dns.`, or what the settings call it. */
  get soa(): Soa {
    const { ttl, apex } = this.#settings;
    const { serial } = this.#cluster;
    if (this.#soa?.serial !== serial) {
      const [mname, rname] = [fromLabels(['ns1', apex]), fromLabels(['hostmaster', apex])] as [Name, Name];
      this.#soa = new Soa(this.name, { serial, ttl, mname, rname });
    }
    return this.#soa as Soa;
  }

  find(key: Name): Owner | undefined {
    const name = key.slice(0, key.length - this.name.length);
    const labels = labelsOf(name);
    const apex = this.#apex(name, labels);
    if (apex) return apex;
    const namespace = labels.pop() ?? '';
    const service = labels.pop();
    const { index } = this.#cluster;
    // A namespace's own name exists without data.
    if (service === undefined) return index.hasNamespace(namespace) ? new Owner(name, {}) : undefined;
    const names = index.service(serviceName(service, namespace) ?? '');
    if (!names) return undefined;
    const own = fromLabels([service, namespace]) as Relative;
    if (names.facts.external.length > 0) return externalOwner(name, own, labels, names);
    return this.#settings.headless && names.facts.isHeadless ? headlessOwner(name, own, labels, names) : undefined;
  }

  #apex(name: Relative, labels: readonly string[]): Owner | undefined {
    const { apex } = this.#settings;
    const server = fromLabels(['ns1', apex]) as Relative;
    if (name === '') {
      return new Owner('', { other: (zone) => [this.soa.data(zone), { type: 'NS', target: server + zone }] });
    }
    if (labels.at(-1) !== apex || labels.length > 2) return undefined;
    if (labels.length === 1) return new Owner(name, {});
    return name === server ? new Owner(name, byFamily(this.#cluster.externalServerAddresses())) : undefined;
  }
}

const isAddress = (text: string): boolean => isIP(text) !== 0;

function externalOwner(
  name: Relative,
  own: Relative,
  below: readonly string[],
  { facts }: ServiceNames,
): Owner | undefined {
  if (below.length !== 0 && below.length !== 2) return undefined;
  const [port, protocol] = below.map((label) => (label.startsWith('_') ? label.slice(1) : label));
  const ports = facts.ports.filter(
    (candidate) => below.length === 0 || (candidate.name === port && candidate.protocol === protocol),
  );
  if (below.length === 2 && ports.length === 0) return undefined;
  const weight = below.length === 2 ? 100 : Math.max(1, Math.floor(100 / Math.max(1, ports.length)));
  const services = [...new Set(ports.map((candidate) => candidate.port))].map((number) => {
    return { port: number, weight, target: own };
  });
  const addresses = facts.external.filter(isAddress);
  if (addresses.length > 0) {
    return new Owner(name, { ...(below.length === 0 && byFamily(addresses)), services: () => services });
  }
  // A load balancer that is known by a name only. That name is the target: an alias must not be one (RFC 2782).
  const found = nameFrom(facts.external[0] ?? '');
  if (found === undefined) return undefined;
  const target = keyOf(found);
  const named = services.map(
    ({ port: number }) => ({ type: 'SRV', priority: 0, weight, port: number, target }) as const,
  );
  return new Owner(name, { ...(below.length === 0 && { alias: target }), other: () => named });
}

function headlessOwner(
  name: Relative,
  own: Relative,
  below: readonly string[],
  names: ServiceNames,
): Owner | undefined {
  const prefix = fromLabels(below);
  if (prefix === undefined || below.length > 2) return undefined;
  const owner = below.length === 0 ? names.own : names.below(prefix);
  if (!owner) return undefined;
  const { v4, v6, services } = owner.records;
  // Targets are below the Service's own name, which is another one here.
  const renamed = (target: Relative) => target.slice(0, target.length - names.name.length) + own;
  const targets = () => (services?.() ?? []).map((record) => ({ ...record, target: renamed(record.target) }));
  return new Owner(name, { ...(v4 && { v4 }), ...(v6 && { v6 }), services: targets });
}
