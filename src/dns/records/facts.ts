// What DNS keeps of an object of the API. The rest of it would be most of this process's memory, and its changes are none
// that DNS can see (spec/dns.md §1.4, §1.5).

import { isIP } from 'node:net';
import type { EndpointSlice, KubeObject, Pod, Service } from '#api/index.ts';
import { serviceNameLabel } from '#api/well-known-labels.ts';
import { keyOf, type Name, nameFrom } from '../wire/name.ts';

export interface PortFacts {
  /** In lower case; empty for an unnamed port. */
  readonly name: string;
  /** In lower case. */
  readonly protocol: string;
  readonly port: number;
}

export interface ServiceFacts {
  readonly namespace: string;
  readonly name: string;
  /** None of a headless Service, or of one that has got none yet. */
  readonly clusterIPs: readonly string[];
  readonly isHeadless: boolean;
  /** Where an ExternalName Service leads; null when that cannot stand in DNS. Undefined for other types. */
  readonly alias?: Name | null;
  readonly ports: readonly PortFacts[];
  /** Addresses and names of load balancers, and external IPs. */
  readonly external: readonly string[];
}

/** A ready endpoint. */
export interface EndpointFacts {
  readonly address: string;
  /** The label below the Service's name, where it is not the dashed address. */
  readonly label?: string;
  readonly zone?: string;
  /** The cluster that an imported Service's endpoint is in. */
  readonly cluster?: string;
}

export interface SliceFacts {
  readonly namespace: string;
  /** The Service that it belongs to; empty for none. */
  readonly service: string;
  readonly endpoints: readonly EndpointFacts[];
  readonly ports: readonly PortFacts[];
}

/** A Service imported from other clusters (MCS API, KEP-1645). */
export interface ServiceImport extends KubeObject {
  readonly spec?: {
    readonly type?: 'ClusterSetIP' | 'Headless';
    readonly ips?: readonly string[];
    readonly ports?: readonly { readonly name?: string; readonly protocol?: string; readonly port: number }[];
  };
}

/** Labels of the slices of imported Services. */
export const importedServiceLabel = 'multicluster.kubernetes.io/service-name';
const sourceClusterLabel = 'multicluster.kubernetes.io/source-cluster';

/** Which parts are wanted beyond the usual. */
export interface FactOptions {
  /** Endpoints without a host name are called as their pod. */
  readonly endpointPodNames?: boolean;
  readonly zones?: boolean;
  readonly external?: boolean;
}

export function serviceFacts({ metadata, spec, status }: Service, { external }: FactOptions = {}): ServiceFacts {
  const isAlias = spec?.type === 'ExternalName';
  const listed = spec?.clusterIPs?.length ? spec.clusterIPs : [spec?.clusterIP ?? ''];
  const ingress = external ? (status?.loadBalancer?.ingress ?? []) : [];
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    clusterIPs: isAlias ? [] : listed.filter((address) => isIP(address) !== 0),
    isHeadless: !isAlias && spec?.clusterIP === 'None',
    ...(isAlias && { alias: aliasOf(spec?.externalName) }),
    ports: (spec?.ports ?? []).map(portFacts),
    external: [
      ...ingress.flatMap(({ ip, hostname }) => [ip, hostname].filter((text) => text !== undefined)),
      ...(external ? (spec?.externalIPs ?? []) : []),
    ],
  };
}

export const importFacts = ({ metadata, spec }: ServiceImport): ServiceFacts => ({
  namespace: metadata.namespace ?? '',
  name: metadata.name ?? '',
  clusterIPs: (spec?.ips ?? []).filter((address) => isIP(address) !== 0),
  isHeadless: spec?.type === 'Headless',
  ports: (spec?.ports ?? []).map(portFacts),
  external: [],
});

/** A slice of an imported Service; without the label of its cluster its endpoints have no names. */
export function importedSliceFacts(slice: EndpointSlice): SliceFacts {
  const { labels } = slice.metadata;
  const cluster = shared((labels?.[sourceClusterLabel] ?? '').toLowerCase());
  const facts = sliceFacts(slice);
  const endpoints = facts.endpoints.map((endpoint) => ({ ...endpoint, cluster }));
  return { ...facts, service: labels?.[importedServiceLabel] ?? '', endpoints };
}

function aliasOf(text = ''): Name | null {
  const target = text.replace(/\.$/, '');
  if (target === '' || isIP(target) !== 0) return null;
  const name = nameFrom(target);
  return name === undefined ? null : keyOf(name);
}

const portFacts = ({ name, protocol, port }: { name?: string; protocol?: string; port: number }): PortFacts => ({
  name: shared((name ?? '').toLowerCase()),
  protocol: shared((protocol ?? 'TCP').toLowerCase()),
  port,
});

export function sliceFacts(slice: EndpointSlice, options: FactOptions = {}): SliceFacts {
  const { metadata } = slice;
  return {
    namespace: metadata.namespace ?? '',
    service: metadata.labels?.[serviceNameLabel] ?? '',
    // Absent counts as ready; serving and terminating do not matter to DNS.
    endpoints: (slice.endpoints ?? []).flatMap((endpoint) =>
      endpoint.conditions?.ready === false ? [] : endpointFacts(endpoint, options),
    ),
    // A port without a number means every port, which no SRV record can say.
    ports: (slice.ports ?? []).flatMap(({ port, ...rest }) => (port == null ? [] : [portFacts({ ...rest, port })])),
  };
}

type Endpoint = NonNullable<EndpointSlice['endpoints']>[number];

function endpointFacts({ addresses, hostname, targetRef, zone }: Endpoint, options: FactOptions): EndpointFacts[] {
  const podName = options.endpointPodNames ? (targetRef?.name ?? '') : '';
  const label = (hostname || (podName.length < 64 ? podName : '')).toLowerCase();
  return (
    (addresses ?? [])
      // Slices of the address type FQDN have no addresses to answer with.
      .filter((address) => isIP(address) !== 0)
      .map((address) => ({
        address,
        ...(label && { label }),
        ...(options.zones && zone != null && { zone: shared(zone) }),
      }))
  );
}

/** A pod that `verified` records are for: its addresses. None for one that has ended. */
export const podAddresses = ({ status }: Pod): readonly string[] => {
  if (['Succeeded', 'Failed', 'Unknown'].includes(status?.phase ?? '')) return [];
  const listed = status?.podIPs?.flatMap(({ ip }) => (ip ? [ip] : [])) ?? [];
  return listed.length > 0 ? listed : status?.podIP ? [status.podIP] : [];
};

/** Names of ports and zones are few; each text of JSON is a string of its own. */
const texts = new Map<string, string>();
const maxTexts = 10_000;
function shared(text: string): string {
  const known = texts.get(text);
  if (known !== undefined) return known;
  if (texts.size < maxTexts) texts.set(text, text);
  return text;
}
