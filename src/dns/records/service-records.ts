// What one Service puts into the zone: a pure function of the Service and its EndpointSlices (spec/dns.md §1.3-§1.7).

import { isIP, isIPv4, isIPv6 } from 'node:net';
import type { EndpointSlice, Service } from '#api/index.ts';
import { FormatError } from '../wire/format-error.ts';
import { fromLabels, keyOf, type Name, parseName } from '../wire/name.ts';
import { type EndpointPort, type ReadyEndpoint, readyEndpoints } from './endpoints.ts';
import type { OwnerRecords, ServiceTarget } from './owner.ts';

export interface ServiceRecords {
  readonly owners: ReadonlyMap<Name, OwnerRecords>;
  /** For PTR: the names that addresses lead back to. */
  readonly addresses: readonly AddressName[];
}

export interface AddressName {
  readonly address: string;
  readonly name: Name;
  /** Cluster addresses come before endpoints. */
  readonly isCluster: boolean;
}

/** One possible SRV record, before weighing and merging. */
interface Candidate extends EndpointPort {
  readonly target: Name;
}

const none: ServiceRecords = { owners: new Map(), addresses: [] };

/** @param zone the cluster domain, in lower case. */
export function serviceRecords(zone: Name, service: Service, slices: readonly EndpointSlice[]): ServiceRecords {
  const base = below(zone, service.metadata.name ?? '', service.metadata.namespace ?? '', 'svc');
  if (base === undefined) return none;
  if (service.spec?.type === 'ExternalName') return externalName(base, service);

  const clusterIPs = addressesOf(service);
  const endpoints = readyEndpoints(slices);
  const endpointNames = endpointOwners(base, endpoints);
  if (clusterIPs.length > 0) return clusterService(base, service, clusterIPs, endpointNames);
  // A headless Service without a ready endpoint does not exist; nor does one that has no address yet.
  if (service.spec?.clusterIP !== 'None' || endpoints.length === 0) return none;
  return headlessService(base, endpoints, endpointNames);
}

/** Undefined when a label cannot stand in DNS: such a name cannot be asked for either. */
const below = (zone: Name, ...labels: string[]): Name | undefined => {
  const name = fromLabels(labels.map((label) => label.toLowerCase()));
  return name !== undefined && name.length + zone.length < 255 ? name + zone : undefined;
};

function addressesOf({ spec }: Service): string[] {
  const listed = spec?.clusterIPs?.length ? spec.clusterIPs : [spec?.clusterIP ?? ''];
  return listed.filter((address) => isIP(address) !== 0);
}

const byFamily = (addresses: readonly string[]): OwnerRecords => {
  const distinct = [...new Set(addresses)];
  const [v4, v6] = [distinct.filter(isIPv4), distinct.filter(isIPv6)];
  return { ...(v4.length > 0 && { v4 }), ...(v6.length > 0 && { v6 }) };
};

function externalName(base: Name, service: Service): ServiceRecords {
  const target = (service.spec?.externalName ?? '').replace(/\.$/, '');
  if (target === '' || isIP(target) !== 0) return none;
  try {
    return { owners: new Map([[base, { alias: keyOf(parseName(target)) }]]), addresses: [] };
  } catch (error) {
    if (error instanceof FormatError) return none;
    throw error;
  }
}

interface EndpointNames {
  readonly owners: Map<Name, OwnerRecords>;
  readonly addresses: AddressName[];
}

/** `E.S.NS.svc` names: several endpoints may share one host name. */
function endpointOwners(base: Name, endpoints: readonly ReadyEndpoint[]): EndpointNames {
  const byName = new Map<Name, string[]>();
  for (const { label, address } of endpoints) {
    const name = below(base, label);
    if (name === undefined) continue;
    const addresses = byName.get(name);
    if (!addresses) byName.set(name, [address]);
    else if (!addresses.includes(address)) addresses.push(address);
  }
  const entries = [...byName];
  return {
    owners: new Map(entries.map(([name, addresses]) => [name, byFamily(addresses)])),
    addresses: entries.flatMap(([name, list]) => list.map((address) => ({ address, name, isCluster: false }))),
  };
}

function clusterService(base: Name, service: Service, clusterIPs: string[], endpoints: EndpointNames): ServiceRecords {
  const ports = (service.spec?.ports ?? []).map(({ name = '', protocol = 'TCP', port }) => ({ name, protocol, port }));
  const candidates = ports.map((port) => ({ ...port, target: base }));
  const owners = endpoints.owners;
  owners.set(base, {
    ...byFamily(clusterIPs),
    // The bare name counts every pair of port and address, then merges what looks the same.
    ...targets(candidates, weightOf(candidates.length * clusterIPs.length)),
  });
  for (const [name, group] of byPort(base, candidates)) owners.set(name, targets(group, 100));
  const cluster = clusterIPs.map((address) => ({ address, name: base, isCluster: true }));
  return { owners, addresses: [...cluster, ...endpoints.addresses] };
}

function headlessService(base: Name, endpoints: readonly ReadyEndpoint[], names: EndpointNames): ServiceRecords {
  const candidates = endpoints.flatMap(({ label, ports }) => {
    const target = below(base, label);
    return target === undefined ? [] : ports.map((port) => ({ ...port, target }));
  });
  const owners = names.owners;
  const addresses = endpoints.map(({ address }) => address);
  owners.set(base, { ...byFamily(addresses), ...targets(candidates, weightOf(candidates.length)) });
  for (const [name, group] of byPort(base, candidates)) owners.set(name, targets(group, weightOf(group.length)));
  return { owners, addresses: names.addresses };
}

const weightOf = (count: number): number => Math.max(1, Math.floor(100 / Math.max(1, count)));

/** `_P._PROTO.S.NS.svc` for each named port. */
function byPort(base: Name, candidates: readonly Candidate[]): Map<Name, Candidate[]> {
  const groups = new Map<Name, Candidate[]>();
  for (const candidate of candidates) {
    const name = candidate.name && below(base, `_${candidate.name}`, `_${candidate.protocol}`);
    if (!name) continue;
    const group = groups.get(name);
    if (group) group.push(candidate);
    else groups.set(name, [candidate]);
  }
  return groups;
}

/** One record for each distinct target and port. */
function targets(candidates: readonly Candidate[], weight: number): Pick<OwnerRecords, 'services'> {
  const merged = new Map<string, ServiceTarget>();
  for (const { port, target } of candidates) merged.set(`${port} ${target}`, { port, weight, target });
  return merged.size > 0 ? { services: [...merged.values()] } : {};
}
