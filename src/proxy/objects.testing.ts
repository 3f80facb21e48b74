// Services and EndpointSlices for tests. Pods 10.244/16 (node one: .1, node two: .2), Services 10.96/12, nodes 10.254.0/24,
// outside 203.0.113/24; of IPv6 pods fd00:244::/64, Services fd00:96::/108, nodes fd00:254::/64.

import type { Endpoint, EndpointSlice, Service, ServiceSpec } from '#api/index.ts';

export interface ServiceShape {
  readonly name: string;
  /** One, or one of each family. */
  readonly clusterIP: string | readonly string[];
  readonly ports: readonly { name?: string; port: number; protocol?: string; nodePort?: number }[];
  readonly type?: string;
  readonly labels?: Record<string, string>;
  readonly created?: string;
  readonly spec?: Partial<ServiceSpec>;
  /** Addresses that a load balancer gave. */
  readonly ingress?: readonly { ip: string; ipMode?: string }[];
}

export function serviceOf({ name, clusterIP, ports, type, labels, created, spec, ingress }: ServiceShape): Service {
  const clusterIPs = typeof clusterIP === 'string' ? [clusterIP] : [...clusterIP];
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name,
      namespace: 'default',
      ...(labels && { labels }),
      ...(created && { creationTimestamp: created }),
    },
    spec: {
      type: type ?? 'ClusterIP',
      clusterIP: clusterIPs[0],
      clusterIPs,
      ports: ports.map((port) => ({ protocol: 'TCP', ...port })),
      ...spec,
    },
    ...(ingress && { status: { loadBalancer: { ingress: [...ingress] } } }),
  };
}

export interface SliceShape {
  readonly name?: string;
  readonly service: string;
  readonly ports: readonly { name?: string; port: number | undefined; protocol?: string }[];
  readonly endpoints: readonly (Partial<Endpoint> & { ip: string })[];
  readonly addressType?: string;
}

export const sliceOf = ({ service, name, ports, endpoints, addressType = 'IPv4' }: SliceShape): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: name ?? `${service}-1`, namespace: 'default', labels: { 'kubernetes.io/service-name': service } },
  addressType,
  ports: ports.map((port) => ({ name: '', protocol: 'TCP', ...port })),
  endpoints: endpoints.map(({ ip, ...rest }) => ({ addresses: [ip], conditions: { ready: true }, ...rest })),
});

export const place = { nodeName: 'one', nodeIPs: ['10.254.0.11', 'fd00:254::11'] };
export const ranges = {
  clusterCIDRs: ['10.244.0.0/16', 'fd00:244::/64'],
  serviceCIDRs: ['10.96.0.0/12', 'fd00:96::/108'],
  nodePortIPs: place.nodeIPs,
};
