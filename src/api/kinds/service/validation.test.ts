import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Service } from '../../schema/service.ts';
import { validateMetadata } from '../metadata.ts';
import { serviceKind } from '../service.ts';
import { created, texts } from '../testing.ts';
import { errorsOf, errorsOfChange, http, make, metadata, put, type Refusal } from './testing.ts';

const only = "may only be used when `type` is 'LoadBalancer'";
const outside = 'may only be set for externally-accessible services';
const healthOnly = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
const seconds = 'must be greater than 0 and less than 86400';
const label = `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`;
const subdomain = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`;
const labelValue = `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?'`;
const qualified = `name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`;
const loopback = 'may not be in the loopback range (127.0.0.0/8, ::1/128)';
const noRange = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';

const plain = (rest: object) => ({ ports: [http], ...rest });
const balancer = (rest: object = {}) => ({ type: 'LoadBalancer', ports: [http], ...rest });
const sticky = (timeoutSeconds: number) =>
  plain({ sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds } } });
const alias = (externalName: string) => ({ type: 'ExternalName', externalName });
const timeout = 'spec.sessionAffinityConfig.clientIP.timeoutSeconds';
const ranges = 'spec.LoadBalancerSourceRanges';

const table: Refusal[] = [
  [
    'a type is known',
    plain({ type: 'Magic' }),
    'spec.type: Unsupported value: "Magic": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
  ],
  ['an alias needs a name', { type: 'ExternalName' }, 'spec.externalName: Required value'],
  ['a dot is none', alias('.'), 'spec.externalName: Required value'],
  ['its name may end in one dot', alias('db.example.com.')],
  ['not two', alias('db.example..'), `spec.externalName: Invalid value: "db.example.": ${subdomain}`],
  ['in lower case', alias('DB.example'), `spec.externalName: Invalid value: "DB.example": ${subdomain}`],
  ['an address looks like a name', alias('10.0.0.1')],
  ['labels of a selector', plain({ selector: { 'example.com/app': 'web', tier: '' } })],
  ['its keys', plain({ selector: { '-a': 'b' } }), `spec.selector: Invalid value: "-a": ${qualified}`],
  ['its values', plain({ selector: { a: '-' } }), `spec.selector: Invalid value: "-": ${labelValue})`],
  [
    'an affinity is known',
    plain({ sessionAffinity: 'Cookie' }),
    'spec.sessionAffinity: Unsupported value: "Cookie": supported values: "ClientIP", "None"',
  ],
  ['it ends within a day', sticky(86400)],
  ['not later', sticky(86401), `${timeout}: Invalid value: 86401: ${seconds}`],
  ['nor at once', sticky(0), `${timeout}: Invalid value: 0: ${seconds}`],
  ['nor before', sticky(-1), `${timeout}: Invalid value: -1: ${seconds}`],
  ['external addresses', plain({ externalIPs: ['198.51.100.1', '2001:db8::1'] })],
  [
    'that can be reached',
    plain({ externalIPs: ['127.0.0.1'] }),
    `spec.externalIPs[0]: Invalid value: "127.0.0.1": ${loopback}`,
  ],
  [
    'and are read by all alike',
    plain({ externalIPs: ['198.51.100.1', '198.51.100.02'] }),
    'spec.externalIPs[1]: Invalid value: "198.51.100.02": must not have leading 0s',
  ],
  ['source ranges, with blanks', balancer({ loadBalancerSourceRanges: [' 10.0.0.0/8 ', '2001:db8::/32'] })],
  [
    'that are none',
    balancer({ loadBalancerSourceRanges: [' 10.0.0.0 '] }),
    `${ranges}[0]: Invalid value: "10.0.0.0": ${noRange}`,
  ],
  [
    'with more than the prefix',
    balancer({ loadBalancerSourceRanges: ['10.0.0.1/8'] }),
    `${ranges}[0]: Invalid value: "10.0.0.1/8": must not have bits set beyond the prefix length`,
  ],
  [
    'of no load balancer',
    plain({ loadBalancerSourceRanges: ['10.0.0.0/8', 'x'] }),
    `${ranges}: Forbidden: ${only}`,
    `${ranges}[1]: Invalid value: "x": ${noRange}`,
  ],
  [
    'node ports of no load balancer',
    plain({ allocateLoadBalancerNodePorts: false }),
    `allocateLoadBalancerNodePorts: Forbidden: ${only}`,
  ],
  ['a class', balancer({ loadBalancerClass: 'x.io/y' })],
  [
    'that is a name',
    balancer({ loadBalancerClass: '' }),
    'spec.loadBalancerClass: Invalid value: "": name part must be non-empty',
    `spec.loadBalancerClass: Invalid value: "": ${qualified}`,
  ],
  ['a class of no load balancer', plain({ loadBalancerClass: '' }), `spec.loadBalancerClass: Forbidden: ${only}`],
  [
    'an external policy needs an outside',
    plain({ externalTrafficPolicy: 'Local' }),
    `spec.externalTrafficPolicy: Invalid value: "Local": ${outside}`,
  ],
  ['as external addresses are', plain({ externalTrafficPolicy: 'Local', externalIPs: ['198.51.100.1'] })],
  [
    'an alias has none',
    { ...alias('a'), externalTrafficPolicy: 'Local' },
    `spec.externalTrafficPolicy: Invalid value: "Local": ${outside}`,
  ],
  [
    'policies are known',
    plain({ type: 'NodePort', externalTrafficPolicy: 'Near', internalTrafficPolicy: 'Far' }),
    'spec.externalTrafficPolicy: Unsupported value: "Near": supported values: "Cluster", "Local"',
    'spec.internalTrafficPolicy: Unsupported value: "Far": supported values: "Cluster", "Local"',
  ],
  [
    'and not empty',
    plain({ internalTrafficPolicy: '' }),
    'spec.internalTrafficPolicy: Unsupported value: "": supported values: "Cluster", "Local"',
  ],
  ['a health-check port', balancer({ externalTrafficPolicy: 'Local', healthCheckNodePort: 30000 })],
  ['is needed for Local', balancer({ externalTrafficPolicy: 'Local' }), 'spec.healthCheckNodePort: Required value'],
  [
    'is a port',
    balancer({ externalTrafficPolicy: 'Local', healthCheckNodePort: 70000 }),
    'spec.healthCheckNodePort: Invalid value: 70000: must be between 1 and 65535, inclusive',
  ],
  [
    'not for Cluster',
    balancer({ healthCheckNodePort: 30000 }),
    `spec.healthCheckNodePort: Invalid value: 30000: ${healthOnly}`,
  ],
  [
    'nor without a load balancer',
    plain({ type: 'NodePort', externalTrafficPolicy: 'Local', healthCheckNodePort: 30000 }),
    `spec.healthCheckNodePort: Invalid value: 30000: ${healthOnly}`,
  ],
  ...['PreferClose', 'PreferSameZone', 'PreferSameNode'].map(
    (trafficDistribution): Refusal => [trafficDistribution, plain({ trafficDistribution })],
  ),
  [
    'a distribution is known',
    plain({ trafficDistribution: 'Nearest' }),
    'spec.trafficDistribution: Unsupported value: "Nearest": supported values: "PreferClose", "PreferSameNode", "PreferSameZone"',
  ],
];

test('a Service besides its ports and addresses', () => {
  for (const [name, spec, ...want] of table) assert.deepEqual(errorsOf(spec), want, name);
});

test('what defaults always fill in is required all the same', () => {
  const bare = (spec: object): Service => ({ metadata, spec: { ports: [{ port: 80 }], ...spec } });
  const required = texts(serviceKind.validate?.(bare({})) ?? []);
  assert.deepEqual(required, [
    'spec.ports[0].protocol: Required value',
    'spec.sessionAffinity: Required value',
    'spec.type: Required value',
    'spec.internalTrafficPolicy: Required value',
  ]);
  const balanced = texts(serviceKind.validate?.(bare({ type: 'LoadBalancer' })) ?? []);
  assert.ok(balanced.includes('allocateLoadBalancerNodePorts: Required value'));
  assert.ok(balanced.includes('spec.externalTrafficPolicy: Required value'));
  const config = 'spec.sessionAffinityConfig';
  const why = 'when session affinity type is ClientIP';
  for (const [spec, want] of [
    [{ sessionAffinity: 'ClientIP' }, `${config}: Required value: ${why}`],
    [{ sessionAffinity: 'ClientIP', sessionAffinityConfig: {} }, `${config}.clientIP: Required value: ${why}`],
    [
      { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: {} } },
      `${config}.clientIP.timeoutSeconds: Required value: ${why}`,
    ],
    [
      { sessionAffinity: 'None', sessionAffinityConfig: {} },
      `${config}: Forbidden: must not be set when session affinity is None`,
    ],
  ] as const) {
    assert.ok(texts(serviceKind.validate?.(bare(spec)) ?? []).includes(want), want);
  }
});

test('the annotation for source ranges counts where the field is empty', () => {
  const key = 'service.beta.kubernetes.io/load-balancer-source-ranges';
  const path = `metadata.annotations[${key}]`;
  const cases: [spec: object, annotation: string, ...errors: string[]][] = [
    [balancer(), ' 10.0.0.0/8, 2001:db8::/32 '],
    [balancer(), ''],
    [balancer(), '10.0.0.0/8,', `${path}: Invalid value: "": ${noRange}`],
    [balancer({ loadBalancerSourceRanges: ['10.0.0.0/8'] }), 'x'],
    [plain({}), ' ', `${path}: Forbidden: ${only}`],
  ];
  for (const [spec, annotation, ...want] of cases) {
    assert.deepEqual(errorsOf(spec, { [key]: annotation }), want, `${annotation} ${JSON.stringify(spec)}`);
  }
});

test('both annotations of topology say the same', () => {
  const mode = 'service.kubernetes.io/topology-mode';
  const hints = 'service.kubernetes.io/topology-aware-hints';
  assert.deepEqual(errorsOf(plain({}), { [mode]: 'auto' }), []);
  assert.deepEqual(errorsOf(plain({}), { [mode]: 'auto', [hints]: 'auto' }), []);
  assert.deepEqual(errorsOf(plain({}), { [mode]: 'auto', [hints]: 'disabled' }), [
    `metadata.annotations[${mode}]: Invalid value: "auto": must match annotations[${hints}] when both are specified`,
  ]);
});

test('names are labels, a digit may be the first', () => {
  const named = (name: string) =>
    texts(validateMetadata(serviceKind as never, { metadata: { name, namespace: 'default' } }));
  for (const name of ['web', '1abc', 'a'.repeat(63)]) assert.deepEqual(named(name), []);
  assert.deepEqual(named('Web'), [`metadata.name: Invalid value: "Web": ${label}`]);
  assert.deepEqual(named('a.b'), ['metadata.name: Invalid value: "a.b": must not contain dots']);
  const long = 'a'.repeat(64);
  assert.deepEqual(named(long), [`metadata.name: Invalid value: "${long}": must be no more than 63 characters`]);
});

test('spellings that are stored are accepted where they are, new ones are not', () => {
  const old = make(balancer({ externalIPs: ['198.51.100.01'], loadBalancerSourceRanges: ['10.0.0.1/8'] }));
  assert.deepEqual(errorsOfChange(put(old, { sessionAffinity: 'ClientIP' }), old), []);
  const changed = put(old, { externalIPs: ['198.51.100.02'], loadBalancerSourceRanges: ['10.0.0.1/8', '010.0.0.0/8'] });
  assert.deepEqual(errorsOfChange(changed, old), [
    'spec.externalIPs[0]: Invalid value: "198.51.100.02": must not have leading 0s',
    `${ranges}[1]: Invalid value: "010.0.0.0/8": must not have leading 0s in IP or prefix length`,
  ]);
});

test('a load balancer keeps its class, and its health-check port while it needs one', () => {
  const local = { externalTrafficPolicy: 'Local', healthCheckNodePort: 30001 } as const;
  const old = make(balancer({ ...local, loadBalancerClass: 'x.io/y' }));
  const kept = 'may not change once set';
  for (const [spec, ...want] of [
    [{ healthCheckNodePort: 30002 }, 'spec.healthCheckNodePort: Forbidden: field is immutable'],
    [{ externalTrafficPolicy: 'Cluster' }],
    [{ loadBalancerClass: 'x.io/z' }, `spec.loadBalancerClass: Invalid value: "x.io/z": ${kept}`],
    [{ loadBalancerClass: undefined }, `spec.loadBalancerClass: Invalid value: null: ${kept}`],
    [{ type: 'NodePort', loadBalancerClass: undefined }],
  ] as [object, ...string[]][]) {
    assert.deepEqual(errorsOfChange(put(old, spec), old), want, JSON.stringify(spec));
  }
  const without = make(balancer());
  assert.deepEqual(errorsOfChange(put(without, { loadBalancerClass: 'x.io/y' }), without), [
    `spec.loadBalancerClass: Invalid value: "x.io/y": ${kept}`,
  ]);
  const nodePort = make(plain({ type: 'NodePort' }));
  const balanced = put(nodePort, { type: 'LoadBalancer', loadBalancerClass: 'x.io/y' });
  assert.deepEqual(errorsOfChange(balanced, nodePort), []);
});

test('errors come in upstream’s order', () => {
  const spec = {
    type: 'NodePort',
    clusterIP: 'None',
    ports: [{ port: 0, targetPort: 1 }],
    selector: { '-': '' },
    sessionAffinity: 'x',
    externalIPs: ['x'],
    loadBalancerSourceRanges: ['10.0.0.0/8'],
    loadBalancerClass: 'x',
    healthCheckNodePort: 1,
    externalTrafficPolicy: 'x',
    trafficDistribution: 'x',
    ipFamilies: ['x'],
  };
  const fields = serviceKind.validate?.(created(serviceKind, { metadata, spec })).map(({ field }) => field);
  assert.deepEqual(fields, [
    'spec.clusterIPs[0]',
    'spec.ports[0].port',
    'spec.selector',
    'spec.sessionAffinity',
    'spec.ipFamilies[0]',
    'spec.externalIPs[0]',
    'spec.LoadBalancerSourceRanges',
    'spec.loadBalancerClass',
    'spec.externalTrafficPolicy',
    'spec.healthCheckNodePort',
    'spec.trafficDistribution',
  ]);
});
