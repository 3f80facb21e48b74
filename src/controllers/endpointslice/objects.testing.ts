// Services, pods and slices for the tests of this folder. Pods 10.244/16, nodes n1 (zone a), n2 (no zone).

import type { EndpointSlice, Node, Pod, Service } from '#api/index.ts';
import { plan, type SliceInput } from './plan.ts';

const nodes: Record<string, Node> = {
  n1: { metadata: { name: 'n1', labels: { 'topology.kubernetes.io/zone': 'a' } }, spec: {} },
  n2: { metadata: { name: 'n2' }, spec: {} },
};
export const nodeOf = (name: string) => nodes[name];

export const service = (spec: Partial<Service['spec']> = {}, metadata: Partial<Service['metadata']> = {}): Service => ({
  metadata: { name: 'web', namespace: 'default', uid: 'svc', labels: { team: 'x' }, ...metadata },
  spec: {
    type: 'ClusterIP',
    clusterIP: '10.96.0.9',
    ipFamilies: ['IPv4'],
    selector: { app: 'web' },
    ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 'http' }],
    ...spec,
  },
});

export interface Shape {
  node?: string;
  ready?: boolean;
  port?: number;
  deleting?: boolean;
  phase?: string;
  spec?: Partial<Pod['spec']>;
  ips?: string[];
  labels?: Record<string, string>;
}
export const pod = (
  n: number,
  { node = 'n1', ready = true, port = 8080, deleting, phase, spec, ips, labels }: Shape = {},
): Pod => ({
  metadata: {
    name: `p${n}`,
    namespace: 'default',
    uid: `uid-${n}`,
    labels: labels ?? { app: 'web' },
    ...(deleting && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
  },
  spec: {
    nodeName: node,
    containers: [{ name: 'c', ports: port ? [{ name: 'http', containerPort: port, protocol: 'TCP' }] : [] }],
    ...spec,
  },
  status: {
    phase: phase ?? 'Running',
    podIPs: (ips ?? [`10.244.${Math.floor(n / 250)}.${(n % 250) + 1}`]).map((ip) => ({ ip })),
    conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
  },
});
export const pods = (from: number, to: number, shape: Shape = {}): Pod[] =>
  Array.from({ length: to - from }, (_, i) => pod(from + i, shape));

let serial = 0;
/** As the server would store it. */
export const stored = (slice: EndpointSlice): EndpointSlice => {
  serial += 1;
  const name = slice.metadata.name ?? `web-${serial}`;
  const { uid = `slice-${serial}`, generation = 0 } = slice.metadata;
  return structuredClone({
    ...slice,
    metadata: { ...slice.metadata, name, uid, generation: generation + 1, resourceVersion: String(serial) },
  });
};
/** Plans, writes, and returns what is there then. */
export function settle(
  of: Service,
  selected: Pod[],
  slices: EndpointSlice[] = [],
  more: Pick<SliceInput, 'trigger' | 'zones' | 'maxPerSlice'> = {},
) {
  const result = plan({ service: of, pods: selected, nodeOf, slices, ...more });
  const replaced = new Set([...result.update, ...result.delete].map(({ metadata }) => metadata.uid));
  const kept = slices.filter(({ metadata }) => !replaced.has(metadata.uid));
  return { result, slices: [...kept, ...result.update.map(stored), ...result.create.map(stored)] };
}
