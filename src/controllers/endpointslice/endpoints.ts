// A Service's pods as endpoints, grouped by the ports they resolve to (services.md §C.3, §C.4 step 1, §C.7). Pure.

import { type Endpoint, type EndpointSlice, isPodReady, type Node, type Pod, type Service } from '#api/index.ts';
import type { Family } from '#lib/cidr.ts';
import { addressOf, hostnameOf, type ResolvedPort, resolvePorts, selectPods, targetRef } from '../service-pods.ts';

/** Endpoints that share a slice: same family, same ports. */
export interface Group {
  readonly ports: ResolvedPort[];
  /** By identity. */
  readonly endpoints: Map<string, Endpoint>;
}

/** What makes two entries the same endpoint, whatever its condition. */
export const identityOf = ({ addresses, hostname, targetRef: target }: Endpoint): string =>
  JSON.stringify([addresses, hostname ?? '', target?.namespace ?? '', target?.name ?? '']);
export const portsKey = (ports: EndpointSlice['ports'] | undefined): string =>
  (ports ?? [])
    .map(({ name = '', protocol, port, appProtocol = '' }) => `${name}/${protocol}/${port}/${appProtocol}`)
    .sort()
    .join();

export type NodeLookup = (name: string) => Node | undefined;

export interface Desired {
  /** By {@link portsKey}. */
  readonly groups: Map<string, Group>;
  /** Pods that were left out because their Node is not known. */
  readonly withoutNode: Pod[];
}

export function desiredEndpoints(service: Service, pods: readonly Pod[], nodeOf: NodeLookup, family: Family): Desired {
  const desired: Desired = { groups: new Map(), withoutNode: [] };
  for (const pod of selectPods(service, pods)) {
    const address = addressOf(pod, family);
    if (!address) continue;
    const node = pod.spec.nodeName ? nodeOf(pod.spec.nodeName) : undefined;
    if (!node && pod.spec.nodeName && !service.spec.publishNotReadyAddresses) {
      desired.withoutNode.push(pod);
      continue;
    }
    const ports = resolvePorts(service, pod);
    const key = portsKey(ports);
    const group = desired.groups.get(key) ?? { ports, endpoints: new Map() };
    desired.groups.set(key, group);
    const endpoint = toEndpoint(service, pod, node, address);
    group.endpoints.set(identityOf(endpoint), endpoint);
  }
  return desired;
}

function toEndpoint(service: Service, pod: Pod, node: Node | undefined, address: string): Endpoint {
  const serving = isPodReady(pod);
  const terminating = Boolean(pod.metadata.deletionTimestamp);
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating);
  const hostname = hostnameOf(pod, service);
  const zone = node?.metadata.labels?.['topology.kubernetes.io/zone'];
  const isZonal = ['PreferSameZone', 'PreferClose'].includes(service.spec.trafficDistribution ?? '');
  return {
    addresses: [address],
    conditions: { ready, serving, terminating },
    ...(hostname && { hostname }),
    targetRef: targetRef(pod),
    ...(pod.spec.nodeName && { nodeName: pod.spec.nodeName }),
    ...(zone && { zone }),
    ...(zone && ready && isZonal && { hints: { forZones: [{ name: zone }] } }),
  };
}
