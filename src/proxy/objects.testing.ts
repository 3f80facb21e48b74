// Services and EndpointSlices for tests. Pods 10.244/16 (node one: .1, node two: .2), Services 10.96/12, nodes 10.254.0/24.

import type { Endpoint, EndpointSlice, Service } from '#api/index.ts';

export interface ServiceShape {
  readonly name: string;
  readonly clusterIP: string;
  readonly ports: readonly { name?: string; port: number; protocol?: string; nodePort?: number }[];
  readonly type?: string;
  readonly labels?: Record<string, string>;
}

export const serviceOf = ({ name, clusterIP, ports, type = 'ClusterIP', labels }: ServiceShape): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'default', ...(labels && { labels }) },
  spec: { type, clusterIP, clusterIPs: [clusterIP], ports: ports.map((port) => ({ protocol: 'TCP', ...port })) },
});

export interface SliceShape {
  readonly name?: string;
  readonly service: string;
  readonly ports: readonly { name?: string; port: number | undefined; protocol?: string }[];
  readonly endpoints: readonly (Partial<Endpoint> & { ip: string })[];
}

export const sliceOf = ({ service, name = `${service}-1`, ports, endpoints }: SliceShape): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name, namespace: 'default', labels: { 'kubernetes.io/service-name': service } },
  addressType: 'IPv4',
  ports: ports.map((port) => ({ name: '', protocol: 'TCP', ...port })),
  endpoints: endpoints.map(({ ip, ...rest }) => ({ addresses: [ip], conditions: { ready: true }, ...rest })),
});

export const place = { nodeName: 'one', nodeIPs: ['10.254.0.11'] };
export const ranges = { clusterCIDR: '10.244.0.0/16', serviceCIDR: '10.96.0.0/12' };
