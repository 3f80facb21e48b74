// What DNS keeps of an object of the API. The rest of it would be most of this process's memory, and its changes are none
// that DNS can see (spec/dns.md §1.4, §1.5).

import { isIP } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import type { EndpointSlice, KubeObject, Pod, Service } from '#api/index.ts';
import { serviceNameLabel } from '#api/well-known-labels.ts';
import { keyOf, type Name, nameFrom } from '../wire/name.ts';
import { fieldsAt, isAddress, objectsAt, portAt, textAt, textsAt } from './object-fields.ts';

/** Of DNS, and of Kubernetes. */
const longestLabel = 63;

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

/** Throws MalformedObject, as the others do. */
export function serviceFacts({ metadata, ...service }: Service, { external }: FactOptions = {}): ServiceFacts {
  const spec = fieldsAt('spec', service.spec);
  const type = textAt('spec.type', spec.type);
  const isAlias = type === 'ExternalName';
  const clusterIP = textAt('spec.clusterIP', spec.clusterIP);
  const listed = textsAt('spec.clusterIPs', spec.clusterIPs);
  return {
    ...identityOf(metadata),
    clusterIPs: isAlias ? [] : (listed.length > 0 ? listed : [clusterIP]).filter(isAddress),
    isHeadless: !isAlias && clusterIP === 'None',
    ...(isAlias && { alias: aliasOf(textAt('spec.externalName', spec.externalName)) }),
    ports: portFacts('spec.ports', objectsAt('spec.ports', spec.ports)),
    external: external ? externalOf(service) : [],
  };
}

/** Addresses, and names. */
function externalOf({ spec, status }: Pick<Service, 'spec' | 'status'>): readonly string[] {
  const { ingress } = fieldsAt('status.loadBalancer', fieldsAt('status', status).loadBalancer);
  const path = 'status.loadBalancer.ingress';
  const balanced = objectsAt(path, ingress).flatMap(({ ip, hostname }) => [
    textAt(`${path}[].ip`, ip),
    textAt(`${path}[].hostname`, hostname),
  ]);
  // An address that can stand in no record is no name either.
  const isUsable = (text: string) => text !== '' && (isIP(text) === 0 || isAddress(text));
  return [...balanced, ...textsAt('spec.externalIPs', spec?.externalIPs)].filter(isUsable);
}

export function importFacts({ metadata, ...object }: ServiceImport): ServiceFacts {
  const spec = fieldsAt('spec', object.spec);
  return {
    ...identityOf(metadata),
    clusterIPs: textsAt('spec.ips', spec.ips).filter(isAddress),
    isHeadless: spec.type === 'Headless',
    ports: portFacts('spec.ports', objectsAt('spec.ports', spec.ports)),
    external: [],
  };
}

/** A slice of an imported Service; without the label of its cluster its endpoints have no names. */
export function importedSliceFacts(slice: EndpointSlice): SliceFacts {
  const cluster = shared(labelOf(slice, sourceClusterLabel).toLowerCase());
  const facts = sliceFacts(slice);
  const endpoints = facts.endpoints.map((endpoint) => ({ ...endpoint, cluster }));
  return { ...facts, service: labelOf(slice, importedServiceLabel), endpoints };
}

const identityOf = ({ namespace, name }: KubeObject['metadata']): Pick<ServiceFacts, 'namespace' | 'name'> => ({
  namespace: shared(textAt('metadata.namespace', namespace)),
  name: textAt('metadata.name', name),
});

const labelOf = ({ metadata }: KubeObject, label: string): string =>
  textAt(`metadata.labels["${label}"]`, fieldsAt('metadata.labels', metadata.labels)[label], longestLabel);

function aliasOf(text: string): Name | null {
  const target = text.replace(/\.$/, '');
  if (target === '' || isIP(target) !== 0) return null;
  const name = nameFrom(target);
  return name === undefined ? null : keyOf(name);
}

interface Port {
  readonly name?: string;
  readonly protocol?: string;
  readonly port?: number | null;
}

/** Nearly all Services have one of a few lists of ports: equal ones are kept once. */
function portFacts(path: string, listed: readonly Port[]): readonly PortFacts[] {
  const ports = listed.map(({ name, protocol, port }) => ({
    name: shared(textAt(`${path}[].name`, name, longestLabel).toLowerCase()),
    protocol: shared((textAt(`${path}[].protocol`, protocol, longestLabel) || 'TCP').toLowerCase()),
    port: portAt(`${path}[].port`, port),
  }));
  return sharedPorts(ports.map(({ name, protocol, port }) => `${name}/${protocol}/${port}`).join(), ports);
}

export function sliceFacts(slice: EndpointSlice, options: FactOptions = {}): SliceFacts {
  const { namespace } = identityOf(slice.metadata);
  return {
    namespace,
    service: labelOf(slice, serviceNameLabel),
    endpoints: objectsAt('endpoints', slice.endpoints).flatMap((endpoint) => endpointFacts(endpoint, options)),
    // A port without a number means every port, which no SRV record can say.
    ports: portFacts(
      'ports',
      objectsAt('ports', slice.ports).filter(({ port }) => port != null),
    ),
  };
}

type Endpoint = NonNullable<EndpointSlice['endpoints']>[number];

/** None of one that is not ready. */
function endpointFacts(endpoint: Endpoint, options: FactOptions): EndpointFacts[] {
  // Absent counts as ready; serving and terminating do not matter to DNS.
  if (fieldsAt('endpoints[].conditions', endpoint.conditions).ready === false) return [];
  const label = labelOfEndpoint(endpoint, options);
  const zone = options.zones ? textAt('endpoints[].zone', endpoint.zone) : '';
  return (
    textsAt('endpoints[].addresses', endpoint.addresses)
      // Slices of the address type FQDN have no addresses to answer with.
      .filter(isAddress)
      // Most have nothing but an address, and are many.
      .map((address) => {
        if (!label && !zone) return { address };
        return { address, ...(label && { label }), ...(zone && { zone: shared(zone) }) };
      })
  );
}

function labelOfEndpoint({ hostname, targetRef }: Endpoint, { endpointPodNames }: FactOptions): string {
  const own = textAt('endpoints[].hostname', hostname, longestLabel);
  if (own || !endpointPodNames) return own.toLowerCase();
  const pod = textAt('endpoints[].targetRef.name', fieldsAt('endpoints[].targetRef', targetRef).name);
  return pod.length <= longestLabel ? pod.toLowerCase() : '';
}

/** A pod that `verified` records are for: its addresses. None for one that has ended. */
export function podAddresses(pod: Pod): readonly string[] {
  const status = fieldsAt('status', pod.status);
  if (['Succeeded', 'Failed', 'Unknown'].includes(textAt('status.phase', status.phase))) return [];
  const listed = objectsAt('status.podIPs', status.podIPs).map(({ ip }) => textAt('status.podIPs[].ip', ip));
  const addresses = listed.filter(isAddress);
  return addresses.length > 0 ? addresses : [textAt('status.podIP', status.podIP)].filter(isAddress);
}

/** Whether nothing differs that DNS can see. */
export const isSameSlice = (a: SliceFacts, b: SliceFacts): boolean =>
  a.namespace === b.namespace &&
  a.service === b.service &&
  isDeepStrictEqual(a.ports, b.ports) &&
  a.endpoints.length === b.endpoints.length &&
  a.endpoints.every((endpoint, i) => isSameEndpoint(endpoint, b.endpoints[i] as EndpointFacts));

const isSameEndpoint = (a: EndpointFacts, b: EndpointFacts): boolean =>
  a.address === b.address && a.label === b.label && a.zone === b.zone && a.cluster === b.cluster;

/** What many objects have in common; each text of JSON is a string of its own. */
function pool<T>(): (key: string, value: T) => T {
  const known = new Map<string, T>();
  return (key, value) => {
    const found = known.get(key);
    if (found === undefined && known.size < poolLimit) known.set(key, value);
    return found ?? value;
  };
}
const poolLimit = 10_000;
const sharedTexts = pool<string>();
const shared = (text: string): string => sharedTexts(text, text);
const sharedPorts = pool<readonly PortFacts[]>();
