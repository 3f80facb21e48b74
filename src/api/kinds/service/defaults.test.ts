import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serviceKind } from '../service.ts';
import { created } from '../testing.ts';
import { http, metadata } from './testing.ts';

const specOf = (spec: unknown) => created(serviceKind, { metadata, spec }).spec;

test('a Service that says nothing but its port', () => {
  assert.deepEqual(created(serviceKind, { metadata, spec: { ports: [http] } }), {
    metadata: { ...metadata },
    spec: {
      ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
      type: 'ClusterIP',
      sessionAffinity: 'None',
      internalTrafficPolicy: 'Cluster',
    },
    status: { loadBalancer: {} },
  });
});

test('what depends on the type: traffic policies, and node ports of load balancers', () => {
  const table: [spec: object, internal?: string, external?: string, allocate?: boolean][] = [
    [{}, 'Cluster'],
    [{ clusterIP: 'None' }, 'Cluster'],
    [{ externalIPs: ['198.51.100.1'] }, 'Cluster', 'Cluster'],
    [{ externalIPs: [] }, 'Cluster'],
    [{ type: 'NodePort' }, 'Cluster', 'Cluster'],
    [{ type: 'NodePort', externalTrafficPolicy: '' }, 'Cluster', 'Cluster'],
    [{ type: 'LoadBalancer' }, 'Cluster', 'Cluster', true],
    [{ type: 'LoadBalancer', allocateLoadBalancerNodePorts: false }, 'Cluster', 'Cluster', false],
    [{ type: 'LoadBalancer', externalTrafficPolicy: 'Local' }, 'Cluster', 'Local', true],
    [{ internalTrafficPolicy: 'Local' }, 'Local'],
    [{ type: 'ExternalName' }],
    [{ type: 'ExternalName', internalTrafficPolicy: 'Local', externalIPs: ['198.51.100.1'] }],
  ];
  for (const [spec, ...want] of table) {
    const { internalTrafficPolicy, externalTrafficPolicy, allocateLoadBalancerNodePorts } = specOf(spec);
    const found = [internalTrafficPolicy, externalTrafficPolicy, allocateLoadBalancerNodePorts];
    assert.deepEqual(found, [want[0], want[1], want[2]], JSON.stringify(spec));
  }
});

test('settings of session affinity are erased without it, and completed with it', () => {
  const table: [spec: object, affinity: string, config?: object][] = [
    [{}, 'None'],
    [{ sessionAffinity: '' }, 'None'],
    [{ sessionAffinityConfig: { clientIP: { timeoutSeconds: 5 } } }, 'None'],
    [{ sessionAffinity: 'ClientIP' }, 'ClientIP', { clientIP: { timeoutSeconds: 10800 } }],
    [{ sessionAffinity: 'ClientIP', sessionAffinityConfig: {} }, 'ClientIP', { clientIP: { timeoutSeconds: 10800 } }],
    [
      { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: {} } },
      'ClientIP',
      { clientIP: { timeoutSeconds: 10800 } },
    ],
    [
      { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 5 } } },
      'ClientIP',
      { clientIP: { timeoutSeconds: 5 } },
    ],
  ];
  for (const [spec, affinity, config] of table) {
    const { sessionAffinity, sessionAffinityConfig } = specOf(spec);
    assert.deepEqual([sessionAffinity, sessionAffinityConfig], [affinity, config], JSON.stringify(spec));
  }
});

test('a port leads to its own number over TCP', () => {
  const table: [port: object, protocol: string, targetPort: number | string][] = [
    [{ port: 80 }, 'TCP', 80],
    [{ port: 80, protocol: '', targetPort: 0 }, 'TCP', 80],
    [{ port: 80, protocol: 'UDP', targetPort: '' }, 'UDP', 80],
    [{ port: 80, targetPort: 'http' }, 'TCP', 'http'],
    [{ port: 80, targetPort: '8080' }, 'TCP', '8080'],
  ];
  for (const [port, protocol, targetPort] of table) {
    const [found] = specOf({ ports: [port] }).ports ?? [];
    assert.deepEqual([found?.protocol, found?.targetPort], [protocol, targetPort], JSON.stringify(port));
  }
});

test('nobody decides for the user what has no default', () => {
  const { spec } = created(serviceKind, { metadata, spec: { type: 'LoadBalancer', ports: [http] } });
  for (const field of [
    'publishNotReadyAddresses',
    'loadBalancerClass',
    'loadBalancerIP',
    'trafficDistribution',
    'externalIPs',
    'healthCheckNodePort',
    'clusterIP',
    'ipFamilies',
    'ipFamilyPolicy',
  ] as const) {
    assert.equal(spec[field], undefined, field);
  }
  assert.equal(spec.ports?.[0]?.appProtocol, undefined);
});

test('one address given is the first of all addresses; a status in a new Service is dropped', () => {
  assert.deepEqual(specOf({ clusterIP: '10.96.0.9' }).clusterIPs, ['10.96.0.9']);
  assert.equal(specOf({ clusterIPs: ['10.96.0.9'] }).clusterIP, undefined);
  const status = { loadBalancer: { ingress: [{ ip: '203.0.113.1' }] }, conditions: [] };
  const made = created(serviceKind, { metadata, spec: { type: 'LoadBalancer', ports: [http] }, status });
  assert.deepEqual(made.status, { loadBalancer: {} });
});
