import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Kind } from '../kind.ts';
import type { Service, ServiceSpec } from '../schema/service.ts';
import { validateMetadata } from './metadata.ts';
import { serviceKind } from './service.ts';
import { cells, created, texts, updated } from './testing.ts';

const now = new Date('2026-01-01T01:00:00Z');
const metadata = { name: 'web', namespace: 'default', creationTimestamp: '2026-01-01T00:00:00Z' };
const http = { port: 80 };
/** A Service as it is after creation and allocation. */
function make(spec: unknown, address = '10.96.0.10'): Service {
  const service = created(serviceKind, { metadata, spec });
  if (service.spec.type !== 'ExternalName' && !service.spec.clusterIP) {
    Object.assign(service.spec, {
      clusterIP: address,
      clusterIPs: [address],
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
    });
  }
  return service;
}
const errorsOf = (spec: unknown): string[] => texts(serviceKind.validate?.(make(spec)) ?? []);

test('defaults of a Service depend on its type', () => {
  const cluster = created(serviceKind, { metadata, spec: { ports: [{ port: 80 }] } });
  assert.deepEqual(cluster, {
    metadata: { ...metadata },
    spec: {
      ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
      type: 'ClusterIP',
      sessionAffinity: 'None',
      internalTrafficPolicy: 'Cluster',
    },
    status: { loadBalancer: {} },
  });
  const balanced = make({ type: 'LoadBalancer', ports: [http], sessionAffinity: 'ClientIP' }).spec;
  assert.equal(balanced.externalTrafficPolicy, 'Cluster');
  assert.equal(balanced.allocateLoadBalancerNodePorts, true);
  assert.deepEqual(balanced.sessionAffinityConfig, { clientIP: { timeoutSeconds: 10800 } });
  assert.equal(make({ ports: [http], externalIPs: ['198.51.100.1'] }).spec.externalTrafficPolicy, 'Cluster');
  const external = make({ type: 'ExternalName', externalName: 'a.example', internalTrafficPolicy: 'Local' }).spec;
  assert.deepEqual(external, { type: 'ExternalName', externalName: 'a.example', sessionAffinity: 'None' });
  const erased = make({ ports: [http], sessionAffinityConfig: { clientIP: { timeoutSeconds: 5 } } }).spec;
  assert.equal(erased.sessionAffinityConfig, undefined);
  const given = created(serviceKind, { metadata, spec: { ports: [http], clusterIP: '10.96.0.9' } }).spec;
  assert.deepEqual(given.clusterIPs, ['10.96.0.9']);
});

test('a good Service has no errors', () => {
  for (const spec of [
    { ports: [http] },
    {
      ports: [
        { name: 'a', port: 53, protocol: 'UDP' },
        { name: 'b', port: 53 },
      ],
      selector: { app: 'dns' },
    },
    { clusterIP: 'None' },
    { clusterIP: 'None', clusterIPs: ['None'], ports: [http] },
    { type: 'ExternalName', externalName: 'db.example.com.' },
    { type: 'ExternalName', externalName: '10.0.0.1' },
    { type: 'NodePort', ports: [{ port: 80, targetPort: 'http', nodePort: 30080, appProtocol: 'kubernetes.io/h2c' }] },
    { type: 'LoadBalancer', ports: [http], loadBalancerSourceRanges: [' 10.0.0.0/8 '], loadBalancerClass: 'x.io/y' },
    { ports: [http], sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 86400 } } },
    { ports: [http], trafficDistribution: 'PreferSameZone' },
  ]) {
    assert.deepEqual(errorsOf(spec), [], JSON.stringify(spec));
  }
});

test('every rule of a Service names its field', () => {
  const table: [string, unknown, ...string[]][] = [
    ['no ports', {}, 'spec.ports: Required value'],
    ['two ports need names', { ports: [{ name: 'a', port: 1 }, { port: 2 }] }, 'spec.ports[1].name: Required value'],
    [
      'a port name is a DNS label',
      { ports: [{ name: 'A', port: 1 }] },
      `spec.ports[0].name: Invalid value: "A": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`,
    ],
    [
      'port names are unique',
      {
        ports: [
          { name: 'a', port: 1 },
          { name: 'a', port: 2 },
        ],
      },
      'spec.ports[1].name: Duplicate value: "a"',
    ],
    [
      'a port is in range',
      { ports: [{ port: 70000, targetPort: 1 }] },
      'spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive',
    ],
    [
      'a protocol is known',
      { ports: [{ port: 1, protocol: 'ICMP' }] },
      'spec.ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"',
    ],
    [
      'a named target is a service name',
      { ports: [{ port: 1, targetPort: 'a--b' }] },
      'spec.ports[0].targetPort: Invalid value: "a--b": must not contain consecutive hyphens',
    ],
    [
      'protocol and port are unique',
      {
        ports: [
          { name: 'a', port: 1 },
          { name: 'b', port: 1 },
        ],
      },
      'spec.ports[1]: Duplicate value: {"protocol":"TCP","port":1}',
    ],
    [
      'protocol and node port are unique',
      {
        type: 'NodePort',
        ports: [
          { name: 'a', port: 1, nodePort: 30001 },
          { name: 'b', port: 2, nodePort: 30001 },
        ],
      },
      'spec.ports[1].nodePort: Duplicate value: {"protocol":"TCP","nodePort":30001}',
    ],
    [
      'no node port inside of the cluster',
      { ports: [{ port: 1, nodePort: 30001 }] },
      "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
    ],
    [
      'the kubelet is not exposed',
      { type: 'LoadBalancer', ports: [{ port: 10250 }] },
      'spec.ports[0]: Invalid value: 10250: may not expose port 10250 externally since it is used by kubelet',
    ],
    [
      'a type is known',
      { type: 'Magic', ports: [http] },
      'spec.type: Unsupported value: "Magic": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
    ],
    [
      'headless has no node port',
      { type: 'NodePort', clusterIP: 'None', ports: [http] },
      `spec.clusterIPs[0]: Invalid value: "None": may not be set to 'None' for NodePort services`,
    ],
    ['ExternalName needs one', { type: 'ExternalName' }, 'spec.externalName: Required value'],
    [
      'ExternalName has no address',
      {
        type: 'ExternalName',
        externalName: 'a',
        clusterIP: '10.96.0.1',
        ipFamilies: ['IPv4'],
        ipFamilyPolicy: 'SingleStack',
      },
      'spec.clusterIPs: Forbidden: may not be set for ExternalName services',
      'spec.ipFamilies: Forbidden: may not be set for ExternalName services',
      'spec.ipFamilyPolicy: Forbidden: may not be set for ExternalName services',
    ],
    [
      'affinity is known',
      { ports: [http], sessionAffinity: 'Cookie' },
      'spec.sessionAffinity: Unsupported value: "Cookie": supported values: "ClientIP", "None"',
    ],
    [
      'affinity ends within a day',
      { ports: [http], sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 86401 } } },
      'spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 86401: must be greater than 0 and less than 86400',
    ],
    [
      'external addresses are ordinary',
      {
        ports: [http],
        externalIPs: ['127.0.0.1', '0.0.0.0', '169.254.1.1', '010.0.0.1', 'x', '::ffff:1.2.3.4', '224.0.0.1'],
      },
      'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
      'spec.externalIPs[1]: Invalid value: "0.0.0.0": may not be unspecified (0.0.0.0)',
      'spec.externalIPs[2]: Invalid value: "169.254.1.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)',
      'spec.externalIPs[3]: Invalid value: "010.0.0.1": must not have leading 0s',
      'spec.externalIPs[4]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      'spec.externalIPs[5]: Invalid value: "::ffff:1.2.3.4": must not be an IPv4-mapped IPv6 address',
      'spec.externalIPs[6]: Invalid value: "224.0.0.1": may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)',
    ],
    [
      'source ranges are for load balancers',
      { ports: [http], loadBalancerSourceRanges: ['10.0.0.0/8', 'x'] },
      "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
      'spec.LoadBalancerSourceRanges[1]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
    ],
    [
      'what is for load balancers only',
      { ports: [http], allocateLoadBalancerNodePorts: true, loadBalancerClass: 'x.io/y' },
      "allocateLoadBalancerNodePorts: Forbidden: may only be used when `type` is 'LoadBalancer'",
      "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
    ],
    [
      'external policy needs an outside',
      { ports: [http], externalTrafficPolicy: 'Local' },
      'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
    ],
    [
      'policies are known',
      { type: 'NodePort', ports: [http], externalTrafficPolicy: 'Near', internalTrafficPolicy: 'Far' },
      'spec.externalTrafficPolicy: Unsupported value: "Near": supported values: "Cluster", "Local"',
      'spec.internalTrafficPolicy: Unsupported value: "Far": supported values: "Cluster", "Local"',
    ],
    [
      'a health check port is for local load balancers',
      { type: 'LoadBalancer', ports: [http], healthCheckNodePort: 30000 },
      "spec.healthCheckNodePort: Invalid value: 30000: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
    ],
    [
      'a distribution is known',
      { ports: [http], trafficDistribution: 'Nearest' },
      'spec.trafficDistribution: Unsupported value: "Nearest": supported values: "PreferClose", "PreferSameNode", "PreferSameZone"',
    ],
    [
      'clusterIPs follow clusterIP',
      { ports: [http], clusterIP: '10.96.0.1', clusterIPs: ['10.96.0.2'] },
      'spec.clusterIPs[0]: Invalid value: ["10.96.0.2"]: first value must match `clusterIP`',
    ],
    [
      'None stands alone',
      { ports: [http], clusterIP: 'None', clusterIPs: ['None', '10.96.0.2'] },
      `spec.clusterIPs[0]: Invalid value: ["None","10.96.0.2"]: 'None' must be the first and only value`,
    ],
    [
      'at most two addresses',
      { ports: [http], clusterIP: '10.96.0.1', clusterIPs: ['10.96.0.1', 'fd00::1', '10.96.0.2'] },
      'spec.clusterIPs: Invalid value: ["10.96.0.1","fd00::1","10.96.0.2"]: may only hold up to 2 values',
    ],
    [
      'one address a family',
      { ports: [http], clusterIP: '10.96.0.1', clusterIPs: ['10.96.0.1', '10.96.0.2'] },
      'spec.clusterIPs: Invalid value: ["10.96.0.1","10.96.0.2"]: may specify no more than one IP for each IP family',
    ],
    [
      'addresses are of their families',
      { ports: [http], clusterIP: 'fd00::1', clusterIPs: ['fd00::1'], ipFamilies: ['IPv4'] },
      'spec.clusterIPs[0]: Invalid value: "fd00::1": expected an IPv4 value as indicated by `ipFamilies[0]`',
    ],
    [
      'families are known and differ',
      { ports: [http], clusterIP: '10.96.0.1', ipFamilies: ['IPv4', 'IPv4', 'IPX'] },
      'spec.ipFamilies[1]: Duplicate value: "IPv4"',
      'spec.ipFamilies[2]: Unsupported value: "IPX": supported values: "IPv4", "IPv6"',
    ],
  ];
  for (const [name, spec, ...want] of table) assert.deepEqual(errorsOf(spec), want, name);
});

test('names of Services are DNS-1035 labels', () => {
  const errors = validateMetadata(serviceKind as unknown as Kind, { metadata: { name: '1abc', namespace: 'default' } });
  assert.deepEqual(texts(errors), [
    `metadata.name: Invalid value: "1abc": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')`,
  ]);
});

test('a change of type wipes what the old type needed, if the user left it alone', () => {
  const nodePort = make({ type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] });
  const back = updated(serviceKind, nodePort, ({ spec }) => {
    spec.type = 'ClusterIP';
  });
  assert.equal(back.spec.ports?.[0]?.nodePort, undefined);
  assert.equal(back.spec.externalTrafficPolicy, undefined);
  assert.equal(back.spec.clusterIP, '10.96.0.10');
  assert.deepEqual(serviceKind.validate?.(back), []);

  const external = updated(serviceKind, nodePort, ({ spec }) => {
    Object.assign(spec, { type: 'ExternalName', externalName: 'a.example' });
  });
  assert.deepEqual(external.spec, {
    ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
    type: 'ExternalName',
    externalName: 'a.example',
    sessionAffinity: 'None',
  });
  assert.deepEqual(serviceKind.validate?.(external), []);

  const changedToo = updated(serviceKind, nodePort, ({ spec }) => {
    spec.type = 'ClusterIP';
    spec.ports = [{ port: 80, nodePort: 30081 }];
  });
  assert.equal(changedToo.spec.ports?.[0]?.nodePort, 30081);

  const balanced = make({ type: 'LoadBalancer', ports: [http], loadBalancerClass: 'x.io/y' });
  balanced.status = { loadBalancer: { ingress: [{ ip: '203.0.113.1', ipMode: 'VIP' }] } };
  const plain = updated(serviceKind, balanced, ({ spec }) => {
    spec.type = 'ClusterIP';
  });
  assert.equal(plain.spec.allocateLoadBalancerNodePorts, undefined);
  assert.equal(plain.spec.loadBalancerClass, undefined);
  assert.deepEqual(plain.status, { loadBalancer: {} });
});

test('what was allocated and left out is put back', () => {
  const old = make({
    type: 'NodePort',
    ports: [
      { name: 'a', port: 80, nodePort: 30080 },
      { name: 'b', port: 81, nodePort: 30081 },
    ],
  });
  const replaced = updated(serviceKind, old, (service) => {
    service.spec = {
      type: 'NodePort',
      ports: [
        { name: 'b', port: 8081 },
        { name: 'c', port: 82, nodePort: 30080 },
        { name: 'a', port: 80 },
      ],
    };
  });
  assert.equal(replaced.spec.clusterIP, '10.96.0.10');
  assert.deepEqual(replaced.spec.clusterIPs, ['10.96.0.10']);
  assert.deepEqual(
    replaced.spec.ports?.map(({ nodePort }) => nodePort),
    [30081, 30080, undefined],
  );
});

test('clusterIP and clusterIPs are kept in step', () => {
  const old = make({ ports: [http] });
  const change = (spec: Partial<ServiceSpec>) =>
    updated(serviceKind, old, (service) => {
      Object.assign(service.spec, spec);
    }).spec;
  assert.deepEqual(change({ clusterIPs: undefined }).clusterIPs, ['10.96.0.10']);
  assert.deepEqual(change({ clusterIP: '10.96.0.11' }).clusterIPs, ['10.96.0.11']);
  assert.deepEqual(change({ clusterIP: 'None' }).clusterIPs, ['None']);
});

test('addresses do not change once set', () => {
  const old = make({ ports: [http] });
  const dual = make({ ports: [http] });
  Object.assign(dual.spec, {
    clusterIPs: ['10.96.0.10', 'fd00::1'],
    ipFamilies: ['IPv4', 'IPv6'],
    ipFamilyPolicy: 'PreferDualStack',
  });
  const table: [string, Service, Partial<ServiceSpec>, ...string[]][] = [
    [
      'another address',
      old,
      { clusterIP: '10.96.0.5', clusterIPs: ['10.96.0.5'] },
      'spec.clusterIPs[0]: Invalid value: ["10.96.0.5"]: may not change once set',
    ],
    ['to headless', old, { clusterIP: 'None' }, 'spec.clusterIPs[0]: Invalid value: ["None"]: may not change once set'],
    ['a second one', old, { clusterIPs: ['10.96.0.10', 'fd00::1'], ipFamilies: ['IPv4', 'IPv6'] }],
    [
      'the other family',
      old,
      { ipFamilies: ['IPv6'] },
      'spec.ipFamilies[0]: Invalid value: ["IPv6"]: may not change once set',
    ],
    [
      'the second one dropped',
      dual,
      { clusterIPs: ['10.96.0.10'] },
      `spec.ipFamilyPolicy: Invalid value: "PreferDualStack": must be set to 'SingleStack' when releasing the secondary clusterIP`,
    ],
    [
      'the second one released',
      dual,
      { clusterIPs: ['10.96.0.10'], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' },
    ],
  ];
  for (const [name, from, spec, ...want] of table) {
    const service = updated(serviceKind, from, (object) => {
      Object.assign(object.spec, spec);
    });
    assert.deepEqual(texts(serviceKind.validateUpdate?.(service, from) ?? []), want, name);
  }
  const headless = make({ clusterIP: 'None', ipFamilies: ['IPv4'] });
  const other = updated(serviceKind, headless, ({ spec }) => {
    spec.ipFamilies = ['IPv6', 'IPv4'];
  });
  assert.deepEqual(serviceKind.validateUpdate?.(other, headless), []);
});

test('a load balancer keeps its class and its health check port', () => {
  const old = make({ type: 'LoadBalancer', ports: [http], externalTrafficPolicy: 'Local', healthCheckNodePort: 30001 });
  const service = updated(serviceKind, old, ({ spec }) => {
    Object.assign(spec, { healthCheckNodePort: 30002, loadBalancerClass: 'x.io/y' });
  });
  assert.deepEqual(texts(serviceKind.validateUpdate?.(service, old) ?? []), [
    'spec.healthCheckNodePort: Forbidden: field is immutable',
    'spec.loadBalancerClass: Invalid value: "x.io/y": may not change once set',
  ]);
});

test('a status is for load balancers, with addresses and names in their places', () => {
  const cluster = make({ ports: [http] });
  cluster.status = { loadBalancer: { ingress: [{ ip: '203.0.113.1' }] } };
  assert.deepEqual(texts(serviceKind.validateStatusUpdate?.(cluster, cluster) ?? []), [
    "status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is 'LoadBalancer'",
  ]);
  const balanced = make({ type: 'LoadBalancer', ports: [http] });
  balanced.status = {
    loadBalancer: {
      ingress: [
        { ip: 'x', ipMode: 'VIP' },
        { hostname: 'a', ipMode: 'VIP' },
        { ip: '1.2.3.4', ipMode: 'Odd' },
        { hostname: '1.2.3.4' },
      ],
    },
  };
  assert.deepEqual(
    serviceKind.validateStatusUpdate?.(balanced, balanced).map(({ field, type }) => `${field} ${type}`),
    [
      'status.loadBalancer.ingress[0].ip Invalid',
      'status.loadBalancer.ingress[1].ipMode Forbidden',
      'status.loadBalancer.ingress[2].ipMode NotSupported',
      'status.loadBalancer.ingress[3].hostname Invalid',
    ],
  );
});

test('a load balancer that reports an address owns it, unless it says otherwise', () => {
  const balanced = make({ type: 'LoadBalancer', ports: [http] });
  balanced.status = { loadBalancer: { ingress: [{ ip: '203.0.113.1' }, { hostname: 'a.example' }] } };
  serviceKind.prepareForStatusUpdate?.(balanced, balanced, new Date(0));
  assert.deepEqual(balanced.status.loadBalancer?.ingress, [
    { ip: '203.0.113.1', ipMode: 'VIP' },
    { hostname: 'a.example' },
  ]);
  assert.deepEqual(serviceKind.validateStatusUpdate?.(balanced, balanced), []);
});

test('warnings tell what is ignored', () => {
  const warnings = (spec: unknown) => serviceKind.warnings?.(make(spec), undefined);
  assert.deepEqual(warnings({ ports: [http] }), []);
  assert.deepEqual(warnings({ ports: [http], externalName: 'a' }), [
    'spec.externalName is ignored when spec.type is not "ExternalName"',
  ]);
  assert.deepEqual(
    warnings({
      clusterIP: 'None',
      sessionAffinity: 'ClientIP',
      externalIPs: ['198.51.100.1'],
      loadBalancerIP: '198.51.100.2',
    }),
    [
      'spec.loadBalancerIP is ignored for headless services',
      'spec.externalIPs is ignored for headless services',
      'spec.SessionAffinity is ignored for headless services',
      'spec.externalIPs is deprecated and may no longer be implemented in some clusters',
    ],
  );
});

test('the table of Services', () => {
  const row = (spec: unknown, ingress: object[] = []) => {
    const service = make(spec);
    service.status = { loadBalancer: { ingress } };
    return cells(serviceKind.columns, service, now, true).join(' ');
  };
  assert.equal(row({ ports: [http] }), 'web ClusterIP 10.96.0.10 <none> 80/TCP 60m <none>');
  assert.equal(row({ clusterIP: 'None' }), 'web ClusterIP None <none> <none> 60m <none>');
  assert.equal(
    row({
      type: 'NodePort',
      ports: [
        { name: 'a', port: 80, nodePort: 30080 },
        { name: 'b', port: 53, protocol: 'UDP', nodePort: 30053 },
      ],
      selector: { b: '2', a: '1' },
    }),
    'web NodePort 10.96.0.10 <none> 80:30080/TCP,53:30053/UDP 60m a=1,b=2',
  );
  assert.equal(row({ type: 'LoadBalancer', ports: [http] }), 'web LoadBalancer 10.96.0.10 <pending> 80/TCP 60m <none>');
  assert.equal(
    row({ type: 'LoadBalancer', ports: [http], externalIPs: ['198.51.100.9'] }, [
      { ip: '203.0.113.2' },
      { hostname: 'a.example' },
      { ip: '203.0.113.2' },
      { ip: '203.0.113.1' },
    ]),
    'web LoadBalancer 10.96.0.10 203.0.113.1,203.0.113.2,a.example,198.51.100.9 80/TCP 60m <none>',
  );
  assert.equal(
    row({ type: 'ExternalName', externalName: 'db.example' }),
    'web ExternalName <none> db.example <none> 60m <none>',
  );
  assert.equal(
    row({ ports: [http], externalIPs: ['198.51.100.9', '198.51.100.8'] }),
    'web ClusterIP 10.96.0.10 198.51.100.9,198.51.100.8 80/TCP 60m <none>',
  );
});
