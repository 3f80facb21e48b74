// What one Service wants of one node: the addresses at which its ports are reached, and where connections to them go.
// A node port is an address like any other, the node's own. External and load balancer addresses will be more of them.

import { isIPv4 } from 'node:net';
import type { EndpointSlice, Service, ServicePort } from '#api/index.ts';
import { headlessLabel, serviceProxyNameLabel } from '#api/well-known-labels.ts';
import { clusterPool, endpointsOf } from './endpoints.ts';
import { type Protocol, protocols } from './rules.ts';

export interface Place {
  readonly nodeName: string;
  /** Where node ports are served. */
  readonly nodeIPs: readonly string[];
}

export interface ServiceAddress {
  /** `address . protocol . port`, as nft writes it. */
  readonly key: string;
  readonly address: string;
  readonly port: number;
  /** For people who list the rules: which Service and port this is. */
  readonly comment: string;
  /** External traffic is always masqueraded, internal only when it does not come from a pod (services.md D.5). */
  readonly traffic: 'internal' | 'external';
  readonly protocol: Protocol;
  /** `address . port` of each endpoint for new connections. */
  readonly endpoints: readonly string[];
  /** Of UDP: all from whom an answer is still right, for the clean-up of flows (services.md D.8). */
  readonly serving: readonly string[];
}

export interface ServiceWants {
  readonly clusterIPs: readonly string[];
  readonly addresses: readonly ServiceAddress[];
  /** Endpoint addresses that may call themselves through the Service, on this node. */
  readonly hairpins: readonly string[];
}

/** Selects at the API server what the proxy has to do with. */
export const proxiedServices = `!${serviceProxyNameLabel},!${headlessLabel}`;
export const proxiedSlices = `!${headlessLabel}`;

/** Undefined: the Service is not for the proxy (headless, ExternalName, in the care of another proxy). */
export function wantsOf(service: Service, slices: readonly EndpointSlice[], place: Place): ServiceWants | undefined {
  const { spec, metadata } = service;
  const labels = metadata.labels ?? {};
  if (serviceProxyNameLabel in labels || headlessLabel in labels || spec?.type === 'ExternalName') return undefined;
  const clusterIPs = (spec?.clusterIPs ?? [spec?.clusterIP ?? '']).filter(isIPv4);
  if (clusterIPs.length === 0) return undefined;
  const hairpins = new Set<string>();
  const addresses: ServiceAddress[] = [];
  for (const port of spec?.ports ?? []) {
    const protocol = protocols.find((one) => one.toUpperCase() === (port.protocol ?? 'TCP'));
    if (!protocol) continue;
    const known = endpointsOf(slices, port, place.nodeName);
    const pool = clusterPool(known);
    for (const { address, local } of pool) if (local !== false) hairpins.add(address);
    const rest = {
      protocol,
      comment: `${metadata.namespace}/${metadata.name}${port.name ? `:${port.name}` : ''}`,
      endpoints: pool.map(({ target }) => target),
      serving: protocol === 'udp' ? known.filter(({ serving }) => serving).map(({ target }) => target) : [],
    };
    for (const { address, number, traffic } of reachedAt(port, clusterIPs, place.nodeIPs)) {
      addresses.push({ key: `${address} . ${protocol} . ${number}`, address, port: number, traffic, ...rest });
    }
  }
  return { clusterIPs, addresses, hairpins: [...hairpins] };
}

interface Reached {
  readonly address: string;
  readonly number: number;
  readonly traffic: ServiceAddress['traffic'];
}

function reachedAt(
  { port, nodePort }: ServicePort,
  clusterIPs: readonly string[],
  nodeIPs: readonly string[],
): Reached[] {
  const inside = clusterIPs.map((address) => ({ address, number: port, traffic: 'internal' }) as const);
  if (!nodePort) return inside;
  return [...inside, ...nodeIPs.map((address) => ({ address, number: nodePort, traffic: 'external' }) as const)];
}
