// What a PUT makes of a Service before it is allocated and checked (services.md A.3, A.5).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Service, ServiceSpec } from '../../schema/service.ts';
import { serviceKind } from '../service.ts';
import { updated } from '../testing.ts';
import { errorsOfChange, http, ingressOf, make, makeDual, put } from './testing.ts';

const alias = { type: 'ExternalName', externalName: 'a.example' } as const;
const withNodePort = { ports: [{ port: 80, nodePort: 30080 }] };
const local = { externalTrafficPolicy: 'Local', healthCheckNodePort: 30090 } as const;
const onlyForLoadBalancer = "may only be used when `type` is 'LoadBalancer'";
const nodePort = () => make({ type: 'NodePort', ...withNodePort });
const balancer = (spec: object = {}): Service => ({
  ...make({ type: 'LoadBalancer', ...withNodePort, ...spec }),
  status: ingressOf('203.0.113.1'),
});

test('a change of type wipes what only the old type needed', () => {
  const table: [name: string, old: Service, change: Partial<ServiceSpec>, gone: (keyof ServiceSpec)[]][] = [
    [
      'to ExternalName',
      makeDual(),
      alias,
      ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy'],
    ],
    [
      'from a node port to ExternalName',
      nodePort(),
      alias,
      ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy', 'externalTrafficPolicy'],
    ],
    ['from a node port to ClusterIP', nodePort(), { type: 'ClusterIP' }, ['externalTrafficPolicy']],
    [
      'from a load balancer to a node port',
      balancer({ ...local, loadBalancerClass: 'x.io/y' }),
      { type: 'NodePort' },
      ['healthCheckNodePort', 'allocateLoadBalancerNodePorts', 'loadBalancerClass'],
    ],
    [
      'from a load balancer to ClusterIP',
      balancer({ ...local, loadBalancerClass: 'x.io/y' }),
      { type: 'ClusterIP' },
      ['healthCheckNodePort', 'allocateLoadBalancerNodePorts', 'loadBalancerClass', 'externalTrafficPolicy'],
    ],
    ['from Local to Cluster', balancer(local), { externalTrafficPolicy: 'Cluster' }, ['healthCheckNodePort']],
    [
      'without its external addresses',
      make({ ports: [http], externalIPs: ['198.51.100.1'] }),
      { externalIPs: undefined },
      ['externalTrafficPolicy'],
    ],
  ];
  for (const [name, old, change, gone] of table) {
    const service = put(old, change);
    const kept = Object.fromEntries(
      Object.entries(old.spec).filter(([field]) => !gone.includes(field as keyof ServiceSpec)),
    );
    const want = { ...kept, ...change };
    const hasNodePorts = service.spec.type === 'NodePort' || service.spec.type === 'LoadBalancer';
    if (!hasNodePorts) want.ports = old.spec.ports?.map(({ nodePort: _, ...port }) => port);
    assert.deepEqual(JSON.parse(JSON.stringify(service.spec)), JSON.parse(JSON.stringify(want)), name);
    if (service.spec.type !== 'LoadBalancer') assert.deepEqual(service.status?.loadBalancer, {}, name);
    assert.deepEqual(errorsOfChange(service, old), [], name);
  }
});

test('what the user changed with the type is kept, and refused', () => {
  const table: [name: string, old: Service, change: Partial<ServiceSpec>, ...errors: string[]][] = [
    [
      'addresses of an alias',
      makeDual(),
      {
        ...alias,
        clusterIP: '10.96.0.11',
        clusterIPs: ['10.96.0.11'],
        ipFamilies: ['IPv6'],
        ipFamilyPolicy: 'RequireDualStack',
      },
      'spec.clusterIPs: Forbidden: may not be set for ExternalName services',
      'spec.ipFamilies: Forbidden: may not be set for ExternalName services',
      'spec.ipFamilyPolicy: Forbidden: may not be set for ExternalName services',
    ],
    [
      'a node port that was not there',
      nodePort(),
      { type: 'ClusterIP', ports: [{ port: 80, nodePort: 30081 }] },
      "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
    ],
    [
      'a health-check port',
      balancer(local),
      { externalTrafficPolicy: 'Cluster', healthCheckNodePort: 30091 },
      "spec.healthCheckNodePort: Invalid value: 30091: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
    ],
    [
      'settings of a load balancer',
      balancer({ loadBalancerClass: 'x.io/y' }),
      { type: 'NodePort', allocateLoadBalancerNodePorts: false, loadBalancerClass: 'x.io/z' },
      `allocateLoadBalancerNodePorts: Forbidden: ${onlyForLoadBalancer}`,
      `spec.loadBalancerClass: Forbidden: ${onlyForLoadBalancer}`,
    ],
    [
      'an external policy',
      nodePort(),
      { type: 'ClusterIP', externalTrafficPolicy: 'Local' },
      'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
    ],
    [
      'source ranges, which nobody takes away',
      balancer({ loadBalancerSourceRanges: ['10.0.0.0/8'] }),
      { type: 'ClusterIP' },
      `spec.LoadBalancerSourceRanges: Forbidden: ${onlyForLoadBalancer}`,
    ],
  ];
  for (const [name, old, change, ...want] of table) {
    assert.deepEqual(errorsOfChange(put(old, change), old), want, name);
  }
});

test('fewer of the node ports than before count as left alone', () => {
  const ports = [
    { name: 'a', port: 80, nodePort: 30080 },
    { name: 'b', port: 81, nodePort: 30081 },
  ];
  const service = put(make({ type: 'NodePort', ports }), { type: 'ClusterIP', ports: ports.slice(1) });
  assert.deepEqual(service.spec.ports, [{ name: 'b', port: 81, protocol: 'TCP', targetPort: 81 }]);
});

test('a change of type keeps what both have, and what means nothing any more', () => {
  const old = balancer({ selector: { app: 'web' }, loadBalancerIP: '203.0.113.9' });
  const service = put(old, { type: 'NodePort' });
  for (const field of ['clusterIP', 'ports', 'selector', 'loadBalancerIP', 'internalTrafficPolicy'] as const) {
    assert.deepEqual(service.spec[field], old.spec[field], field);
  }
  const balanced = put(nodePort(), { type: 'LoadBalancer' }).spec;
  assert.deepEqual(balanced.ports?.[0]?.nodePort, 30080);
  assert.deepEqual([balanced.clusterIP, balanced.allocateLoadBalancerNodePorts], ['10.96.0.10', true]);
  const back = put(make({ ...alias, ports: [http], selector: { app: 'web' } }), { type: 'ClusterIP' }).spec;
  assert.deepEqual([back.externalName, back.clusterIP, back.selector], ['a.example', undefined, { app: 'web' }]);
});

test('a load balancer that wants no node ports any more keeps those that the user repeats', () => {
  const old = balancer();
  const ports = (service: Service) => service.spec.ports?.map((port) => port.nodePort);
  assert.deepEqual(ports(put(old, { allocateLoadBalancerNodePorts: false })), [30080]);
  assert.deepEqual(ports(put(old, { allocateLoadBalancerNodePorts: false, ports: [http] })), [undefined]);
  assert.deepEqual(ports(put(old, { ports: [http] })), [30080]);
});

test('node ports that were left out are put back, by the name of the port', () => {
  const old = make({
    type: 'NodePort',
    ports: [
      { name: 'a', port: 80, nodePort: 30080 },
      { name: 'b', port: 81, nodePort: 30081 },
      { name: 'u', port: 80, protocol: 'UDP', nodePort: 30080 },
    ],
  });
  const table: [name: string, ports: ServiceSpec['ports'], ...nodePorts: (number | undefined)[]][] = [
    [
      'in another order and with another number',
      [
        { name: 'b', port: 8081 },
        { name: 'a', port: 80 },
      ],
      30081,
      30080,
    ],
    [
      'two protocols that share one',
      [
        { name: 'a', port: 80 },
        { name: 'u', port: 80, protocol: 'UDP' },
      ],
      30080,
      30080,
    ],
    [
      'a new port gets none',
      [
        { name: 'a', port: 80 },
        { name: 'c', port: 82 },
      ],
      30080,
      undefined,
    ],
    [
      'not where the number is elsewhere',
      [
        { name: 'c', port: 82, nodePort: 30080 },
        { name: 'a', port: 80 },
      ],
      30080,
      undefined,
    ],
    ['nor over what the user says', [{ name: 'a', port: 80, nodePort: 30099 }], 30099],
  ];
  for (const [name, ports, ...want] of table) {
    assert.deepEqual(
      put(old, { ports }).spec.ports?.map((port) => port.nodePort),
      want,
      name,
    );
  }
  const single = make({ type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] });
  assert.equal(put(single, { ports: [{ port: 8080 }] }).spec.ports?.[0]?.nodePort, 30080);
  assert.equal(put(make({ ports: [http] }), { type: 'NodePort', ports: [http] }).spec.ports?.[0]?.nodePort, undefined);
});

test('the health-check port that was left out is put back as long as it is needed', () => {
  const old = balancer(local);
  assert.equal(put(old, { healthCheckNodePort: undefined }).spec.healthCheckNodePort, 30090);
  assert.equal(put(old, { healthCheckNodePort: 0 }).spec.healthCheckNodePort, 30090);
  const cluster = put(old, { healthCheckNodePort: undefined, externalTrafficPolicy: 'Cluster' });
  assert.equal(cluster.spec.healthCheckNodePort, undefined);
});

test('addresses that were left out are put back, whether the PUT has a spec of its own or none of them', () => {
  const old = makeDual();
  const replaced = updated(serviceKind, old, (service) => {
    service.spec = { ports: [http] };
  });
  assert.deepEqual([replaced.spec.clusterIP, replaced.spec.clusterIPs], ['10.96.0.10', ['10.96.0.10', 'fd00::10']]);
});

test('clusterIP and clusterIPs are brought in step', () => {
  const dual = ['10.96.0.10', 'fd00::10'];
  const table: [did: string, change: Partial<ServiceSpec>, clusterIP?: string, clusterIPs?: string[]][] = [
    ['nothing', {}, '10.96.0.10', dual],
    ['cleared clusterIPs', { clusterIPs: undefined }, '10.96.0.10', dual],
    ['cleared clusterIP', { clusterIP: undefined }, '10.96.0.10', dual],
    ['cleared both', { clusterIP: '', clusterIPs: [] }, '10.96.0.10', dual],
    ['changed clusterIP', { clusterIP: '10.96.0.11' }, '10.96.0.11', ['10.96.0.11']],
    [
      'changed clusterIP, cleared clusterIPs',
      { clusterIP: '10.96.0.11', clusterIPs: [] },
      '10.96.0.11',
      ['10.96.0.11'],
    ],
    ['to headless', { clusterIP: 'None' }, 'None', ['None']],
    ['changed clusterIPs', { clusterIPs: ['10.96.0.11'] }, '10.96.0.10', ['10.96.0.11']],
    ['an alias without clusterIP', { ...alias, clusterIP: '' }],
    ['an alias without either', { ...alias, clusterIP: undefined, clusterIPs: undefined }],
  ];
  for (const [did, change, clusterIP, clusterIPs] of table) {
    const { spec } = put(makeDual(), change);
    assert.deepEqual([spec.clusterIP || undefined, spec.clusterIPs], [clusterIP, clusterIPs], did);
  }
});
