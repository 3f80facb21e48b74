// A Service's pods as endpoints, grouped by the ports they resolve to (services.md §C.3, §C.4 step 1). Pure.

import { type Endpoint, type EndpointSlice, isPodReady, type Node, type Pod, type Service } from '#api/index.ts';
import type { Family } from '#lib/cidr.ts';
import { addressOf, canBeEndpoint, hostnameOf, type ResolvedPort, resolvePorts, targetRef } from '../service-pods.ts';
import { distributionHints } from './hints.ts';

/** Endpoints that share a slice: same family, same ports. */
export interface Group {
  readonly ports: ResolvedPort[];
  /** By identity. */
  readonly endpoints: Map<string, Endpoint>;
}

/** What makes two entries the same endpoint, whatever its condition. */
export const identityOf = ({ addresses, hostname = '', targetRef: target }: Endpoint): string =>
  `${addresses.length === 1 ? addresses[0] : addresses.join()}|${hostname}|${target?.namespace ?? ''}|${target?.name ?? ''}`;
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

/** @param pods that the Service selects */
export function desiredEndpoints(service: Service, pods: readonly Pod[], nodeOf: NodeLookup, family: Family): Desired {
  const desired: Desired = { groups: new Map(), withoutNode: [] };
  const memory = pods.length > manyEndpoints ? memoryOf(service, family) : undefined;
  for (const pod of pods) {
    if (!canBeEndpoint(pod)) continue;
    const node = pod.spec.nodeName ? nodeOf(pod.spec.nodeName) : undefined;
    if (!node && pod.spec.nodeName && !service.spec.publishNotReadyAddresses) {
      desired.withoutNode.push(pod);
      continue;
    }
    const zone = node?.metadata.labels?.['topology.kubernetes.io/zone'];
    const known = memory?.get(pod);
    const member = known && known.zone === zone ? known : memberOf(service, pod, zone, family);
    if (!member) continue;
    if (member !== known) memory?.set(pod, member);
    let group = desired.groups.get(member.key);
    if (!group) {
      group = { ports: member.ports, endpoints: new Map() };
      desired.groups.set(member.key, group);
    }
    group.endpoints.set(member.identity, member.endpoint);
  }
  return desired;
}

interface Member {
  readonly zone: string | undefined;
  readonly ports: ResolvedPort[];
  readonly key: string;
  readonly endpoint: Endpoint;
  readonly identity: string;
}

/**
 * What is worked out for each pod is kept for Services of more pods than this, for as long as Service and pod stay as they
 * are: of thousands of pods one changes at a time. Smaller ones are not worth the memory.
 */
export const manyEndpoints = 100;
const memories = {
  IPv4: new WeakMap<Service, WeakMap<Pod, Member>>(),
  IPv6: new WeakMap<Service, WeakMap<Pod, Member>>(),
};
function memoryOf(service: Service, family: Family): WeakMap<Pod, Member> {
  const memory = memories[family].get(service) ?? new WeakMap<Pod, Member>();
  memories[family].set(service, memory);
  return memory;
}

/** Undefined when the pod has no address of the family. */
function memberOf(service: Service, pod: Pod, zone: string | undefined, family: Family): Member | undefined {
  const address = addressOf(pod, family);
  if (!address) return undefined;
  const ports = resolvePorts(service, pod);
  const endpoint = toEndpoint(service, pod, zone, address);
  return { zone, ports, key: portsKey(ports), endpoint, identity: identityOf(endpoint) };
}

function toEndpoint(service: Service, pod: Pod, zone: string | undefined, address: string): Endpoint {
  const serving = isPodReady(pod);
  const terminating = Boolean(pod.metadata.deletionTimestamp);
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating);
  const hostname = hostnameOf(pod, service);
  const { nodeName } = pod.spec;
  const hints = ready ? distributionHints(service, nodeName, zone) : undefined;
  return {
    addresses: [address],
    conditions: { ready, serving, terminating },
    ...(hostname && { hostname }),
    targetRef: targetRef(pod),
    ...(nodeName && { nodeName }),
    ...(zone && { zone }),
    ...(hints && { hints }),
  };
}
