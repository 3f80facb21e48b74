import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod, Service } from '#api/index.ts';
import { capacity, plan } from './plan.ts';

const service = (spec: Partial<Service['spec']> = {}): Service => ({
  metadata: { name: 'web', namespace: 'default', uid: 'svc', labels: { team: 'x' } },
  spec: {
    clusterIP: '10.96.0.9',
    ipFamilies: ['IPv4'],
    selector: { app: 'web' },
    ports: [
      { name: 'b', protocol: 'TCP', port: 81, targetPort: 'admin' },
      { name: 'a', protocol: 'TCP', port: 80, targetPort: 8080 },
    ],
    ...spec,
  },
});
const pod = (n: number, shape: { ready?: boolean; admin?: number; deleting?: boolean } = {}): Pod => ({
  metadata: {
    name: `p${n}`,
    namespace: 'default',
    uid: `u${n}`,
    labels: { app: 'web' },
    ...(shape.deleting && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
  },
  spec: {
    containers: [{ name: 'c', ports: [{ name: 'admin', containerPort: shape.admin ?? 9000, protocol: 'TCP' }] }],
  },
  status: {
    podIPs: [{ ip: `10.244.${n >> 8}.${n & 255}` }],
    conditions: [{ type: 'Ready', status: shape.ready === false ? 'False' : 'True' }],
  },
});
const brief = (of: Service, pods: Pod[]) =>
  plan(of, pods, undefined, undefined)?.subsets?.map(({ addresses, notReadyAddresses, ports }) => [
    (addresses ?? []).map(({ ip }) => ip).join(),
    (notReadyAddresses ?? []).map(({ ip }) => ip).join(),
    (ports ?? []).map(({ name, port }) => `${name ?? ''}:${port}`).join(),
  ]);

for (const { name, spec, pods, want } of [
  { name: 'nobody', pods: [], want: undefined },
  {
    name: 'addresses by number, ports by name, readiness apart',
    pods: [pod(10), pod(9), pod(3, { ready: false })],
    want: [['10.244.0.9,10.244.0.10', '10.244.0.3', 'a:8080,b:9000']],
  },
  {
    name: 'a port that differs between pods',
    pods: [pod(1), pod(2, { admin: 9001 })],
    want: [
      ['10.244.0.1,10.244.0.2', '', 'a:8080'],
      ['10.244.0.1', '', 'b:9000'],
      ['10.244.0.2', '', 'b:9001'],
    ],
  },
  {
    name: 'a pod that has none of the ports',
    spec: { ports: [{ name: 'x', port: 80, targetPort: 'nowhere' }] },
    pods: [pod(1)],
    want: undefined,
  },
  {
    name: 'terminating pods left out',
    pods: [pod(1), pod(2, { deleting: true })],
    want: [['10.244.0.1', '', 'a:8080,b:9000']],
  },
  {
    name: 'everybody, published',
    spec: { publishNotReadyAddresses: true },
    pods: [pod(1, { ready: false }), pod(2, { deleting: true })],
    want: [['10.244.0.1,10.244.0.2', '', 'a:8080,b:9000']],
  },
  {
    name: 'headless without ports',
    spec: { clusterIP: 'None', ports: [] },
    pods: [pod(1)],
    want: [['10.244.0.1', '', '']],
  },
]) {
  test(`Endpoints of ${name}`, () => {
    assert.deepEqual(brief(service(spec), pods), want);
  });
}

test('Endpoints are written once, with the labels of the Service', () => {
  const first = plan(service({ clusterIP: 'None' }), [pod(1)], undefined, '2026-01-01T00:00:00Z');
  assert.deepEqual(first?.metadata.labels, {
    team: 'x',
    'service.kubernetes.io/headless': '',
    'endpoints.kubernetes.io/managed-by': 'endpoint-controller',
  });
  assert.equal(plan(service({ clusterIP: 'None' }), [pod(1)], first, undefined), undefined);
});

test('Endpoints hold a thousand addresses, the ready ones first', () => {
  const pods = [pod(2000, { ready: false }), ...Array.from({ length: capacity + 9 }, (_, i) => pod(i + 1))];
  const result = plan(service(), pods, undefined, undefined);
  assert.equal(result?.metadata.annotations?.['endpoints.kubernetes.io/over-capacity'], 'truncated');
  assert.equal(result?.subsets?.[0]?.addresses?.length, capacity);
  assert.equal(result?.subsets?.[0]?.notReadyAddresses, undefined);
  assert.equal(plan(service(), pods.toReversed(), result, undefined), undefined, 'the same ones, whatever their order');
});
