import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Service, ServiceSpec } from '../../schema/service.ts';
import { errorsOf, errorsOfChange, http, make, makeDual, put, type Refusal } from './testing.ts';

const ips = (...clusterIPs: string[]) => ({ ports: [http], clusterIP: clusterIPs[0], clusterIPs });
const noAddress = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';

const refusals: Refusal[] = [
  [
    'one of each family',
    { ...ips('10.96.0.1', 'fd00::1'), ipFamilies: ['IPv4', 'IPv6'], ipFamilyPolicy: 'PreferDualStack' },
  ],
  ['none yet', { ports: [http] }],
  [
    'a list without its first',
    { ports: [http], clusterIPs: ['10.96.0.1'] },
    'spec.clusterIPs: Invalid value: ["10.96.0.1"]: must be empty when `clusterIP` is not specified',
  ],
  [
    'the list and its first differ',
    { ports: [http], clusterIP: '10.96.0.1', clusterIPs: ['10.96.0.2'] },
    'spec.clusterIPs[0]: Invalid value: ["10.96.0.2"]: first value must match `clusterIP`',
  ],
  [
    'None stands alone',
    ips('None', '10.96.0.2'),
    `spec.clusterIPs[0]: Invalid value: ["None","10.96.0.2"]: 'None' must be the first and only value`,
  ],
  ['None is the first', ips('10.96.0.2', 'None'), `spec.clusterIPs[1]: Invalid value: "None": ${noAddress}`],
  [
    'at most two addresses',
    ips('10.96.0.1', 'fd00::1', '10.96.0.2'),
    'spec.clusterIPs: Invalid value: ["10.96.0.1","fd00::1","10.96.0.2"]: may only hold up to 2 values',
  ],
  [
    'one address a family',
    ips('10.96.0.1', '10.96.0.2'),
    'spec.clusterIPs: Invalid value: ["10.96.0.1","10.96.0.2"]: may specify no more than one IP for each IP family',
  ],
  ['leading zeros', ips('010.96.0.1'), 'spec.clusterIPs[0]: Invalid value: "010.96.0.1": must not have leading 0s'],
  [
    'an address of the other family',
    { ...ips('fd00::1'), ipFamilies: ['IPv4'] },
    'spec.clusterIPs[0]: Invalid value: "fd00::1": expected an IPv4 value as indicated by `ipFamilies[0]`',
  ],
  [
    'both the wrong way round',
    { ...ips('10.96.0.1', 'fd00::1'), ipFamilies: ['IPv6', 'IPv4'] },
    'spec.clusterIPs[0]: Invalid value: "10.96.0.1": expected an IPv6 value as indicated by `ipFamilies[0]`',
    'spec.clusterIPs[1]: Invalid value: "fd00::1": expected an IPv4 value as indicated by `ipFamilies[1]`',
  ],
  [
    'families that are known and differ',
    { ...ips('10.96.0.1'), ipFamilies: ['IPv4', 'IPv4', 'IPX', 'IPX'] },
    'spec.ipFamilies[1]: Duplicate value: "IPv4"',
    'spec.ipFamilies[2]: Unsupported value: "IPX": supported values: "IPv4", "IPv6"',
    'spec.ipFamilies[3]: Unsupported value: "IPX": supported values: "IPv4", "IPv6"',
    'spec.ipFamilies[3]: Duplicate value: "IPX"',
  ],
  [
    'a policy that is known',
    { ...ips('10.96.0.1'), ipFamilyPolicy: 'Dual' },
    'spec.ipFamilyPolicy: Unsupported value: "Dual": supported values: "PreferDualStack", "RequireDualStack", "SingleStack"',
  ],
  [
    'a headless node port',
    { type: 'NodePort', ...ips('None') },
    `spec.clusterIPs[0]: Invalid value: "None": may not be set to 'None' for NodePort services`,
  ],
  [
    'a headless load balancer',
    { type: 'LoadBalancer', ...ips('None') },
    `spec.clusterIPs[0]: Invalid value: "None": may not be set to 'None' for LoadBalancer services`,
  ],
  [
    'an alias with addresses',
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
];

test('cluster IPs, families and their policy', () => {
  for (const [name, spec, ...want] of refusals) assert.deepEqual(errorsOf(spec), want, name);
});

test('addresses and primary families do not change; second ones come and go', () => {
  const single = make({ ports: [http] });
  const dual = makeDual();
  const headless = make({ ...ips('None'), ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' });
  const twoFamilies = { clusterIPs: ['10.96.0.10', 'fd00::10'], ipFamilies: ['IPv4', 'IPv6'] };
  const changed = 'may not change once set';
  const table: [name: string, old: Service, change: Partial<ServiceSpec>, ...errors: string[]][] = [
    ['nothing', single, {}],
    ['a second one', single, { ...twoFamilies, ipFamilyPolicy: 'PreferDualStack' }],
    ['a second family', single, { ipFamilies: ['IPv4', 'IPv6'] }],
    [
      'another address',
      single,
      { clusterIP: '10.96.0.5' },
      `spec.clusterIPs[0]: Invalid value: ["10.96.0.5"]: ${changed}`,
    ],
    [
      'another second address',
      dual,
      { clusterIPs: ['10.96.0.10', 'fd00::11'] },
      `spec.clusterIPs[1]: Invalid value: ["10.96.0.10","fd00::11"]: ${changed}`,
    ],
    [
      'another address with a second one',
      single,
      { clusterIP: '10.96.0.5', clusterIPs: ['10.96.0.5', 'fd00::1'] },
      `spec.clusterIPs[0]: Invalid value: ["10.96.0.5","fd00::1"]: ${changed}`,
    ],
    ['to headless', single, { clusterIP: 'None' }, `spec.clusterIPs[0]: Invalid value: ["None"]: ${changed}`],
    [
      'to headless, in other families',
      single,
      { clusterIP: 'None', ipFamilies: ['IPv6'] },
      `spec.clusterIPs[0]: Invalid value: ["None"]: ${changed}`,
    ],
    [
      'from headless',
      headless,
      { clusterIP: '10.96.0.5' },
      `spec.clusterIPs[0]: Invalid value: ["10.96.0.5"]: ${changed}`,
    ],
    ['headless in other families', headless, { ipFamilies: ['IPv6', 'IPv4'] }],
    ['headless in none', headless, { ipFamilies: undefined }],
    ['another family', headless, { ipFamilies: ['IPv6'] }],
    [
      'the other family',
      single,
      { ipFamilies: ['IPv6'] },
      'spec.clusterIPs[0]: Invalid value: "10.96.0.10": expected an IPv6 value as indicated by `ipFamilies[0]`',
      `spec.ipFamilies[0]: Invalid value: ["IPv6"]: ${changed}`,
    ],
    [
      'no family',
      single,
      { ipFamilies: undefined },
      'spec.ipFamilies[0]: Invalid value: []: primary ipFamily can not be unset',
    ],
    [
      'the second one dropped',
      dual,
      { clusterIPs: ['10.96.0.10'] },
      `spec.ipFamilyPolicy: Invalid value: "PreferDualStack": must be set to 'SingleStack' when releasing the secondary clusterIP`,
    ],
    [
      'the second family dropped',
      dual,
      { ipFamilies: ['IPv4'] },
      `spec.ipFamilyPolicy: Invalid value: "PreferDualStack": must be set to 'SingleStack' when releasing the secondary ipFamily`,
    ],
    [
      'the second one released',
      dual,
      { clusterIPs: ['10.96.0.10'], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' },
    ],
    ['everything, to an alias', dual, { type: 'ExternalName', externalName: 'a' }],
    [
      'anything, from an alias',
      make({ type: 'ExternalName', externalName: 'a' }),
      { type: 'ClusterIP', ...ips('10.96.0.7') },
    ],
  ];
  for (const [name, old, change, ...want] of table) {
    assert.deepEqual(errorsOfChange(put(old, change), old), want, name);
  }
  // Allocation puts back what a PUT leaves out, so this one is not seen by clients.
  const unset = { ...single, spec: { ...single.spec, clusterIP: '', clusterIPs: [] } };
  assert.deepEqual(errorsOfChange(unset, single), [
    'spec.clusterIPs[0]: Invalid value: []: primary clusterIP can not be unset',
  ]);
});

test('an address that is stored in a spelling that is no longer allowed stays', () => {
  const old = make({ ...ips('010.96.0.1'), ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' });
  assert.deepEqual(errorsOfChange(put(old, { sessionAffinity: 'ClientIP' }), old), []);
});

test('whatever is mutable changes without a word', () => {
  const old = make({ ports: [http], selector: { app: 'a' } });
  for (const change of [
    { selector: { app: 'b' } },
    { selector: undefined },
    { ports: [{ port: 81, targetPort: 'http', appProtocol: 'http' }] },
    { sessionAffinity: 'ClientIP' },
    { internalTrafficPolicy: 'Local' },
    { type: 'NodePort', externalTrafficPolicy: 'Local' },
    { externalIPs: ['198.51.100.1'], externalTrafficPolicy: 'Local' },
    { publishNotReadyAddresses: true },
    { trafficDistribution: 'PreferSameNode' },
  ] as Partial<ServiceSpec>[]) {
    assert.deepEqual(errorsOfChange(put(old, change), old), [], JSON.stringify(change));
  }
});
