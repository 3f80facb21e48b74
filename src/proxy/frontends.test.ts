// From a Service and its slices to the frontends of this node, each as a line: `key traffic → endpoints, local endpoints`,
// and what else there is to say. Endpoints `a` and `b` are on this node, `c` on another; `A` and `C` are their IPv6.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Endpoint, EndpointSlice, Service, ServiceSpec } from '#api/index.ts';
import { type Frontend, wantsOf } from './frontends.ts';
import { place, type ServiceShape, serviceOf, sliceOf } from './objects.testing.ts';

const addresses: Record<string, { ip: string; nodeName: string }> = {
  a: { ip: '10.244.1.1', nodeName: 'one' },
  b: { ip: '10.244.1.2', nodeName: 'one' },
  c: { ip: '10.244.2.3', nodeName: 'two' },
  A: { ip: 'fd00:244::1:1', nodeName: 'one' },
  C: { ip: 'fd00:244::2:3', nodeName: 'two' },
};
const draining = { conditions: { ready: false, serving: true, terminating: true } };

const slice = (names: string, more: Partial<Endpoint> = {}, addressType = 'IPv4'): EndpointSlice =>
  sliceOf({
    service: 'web',
    addressType,
    ports: [{ name: 'http', port: 8080 }],
    endpoints: [...names].map((name) => ({ ip: '', ...addresses[name], ...more })),
  });

const web = (spec: Partial<ServiceSpec> = {}, more: Partial<ServiceShape> = {}): Service =>
  serviceOf({
    name: 'web',
    clusterIP: '10.96.0.20',
    type: 'LoadBalancer',
    ports: [{ name: 'http', port: 80, nodePort: 30080 }],
    ingress: [{ ip: '203.0.113.7', ipMode: 'VIP' }],
    ...more,
    spec: { externalIPs: ['203.0.113.9'], ...spec },
  });

function line({ key, traffic, endpoints, localEndpoints, refusal, affinitySeconds, allowedSources }: Frontend): string {
  const names = (targets: readonly string[]) =>
    targets
      .map((target) => Object.keys(addresses).find((name) => target.startsWith(`${addresses[name]?.ip} `)))
      .join('');
  const pools = traffic === 'external-local' ? `${names(endpoints)}, ${names(localEndpoints)}` : names(endpoints);
  return [
    `${key} ${traffic} → ${pools}`,
    ...(refusal ? [refusal] : []),
    ...(affinitySeconds ? [`sticky ${affinitySeconds}`] : []),
    ...(allowedSources ? [`only ${allowedSources.join()}`] : []),
  ].join('; ');
}

const inside = '10.96.0.20 . tcp . 80 internal → ';
const outside = (how: string): string[] =>
  ['203.0.113.7 . tcp . 80', '203.0.113.9 . tcp . 80', 'tcp . 30080'].map((key) => `${key} ${how}`);

const table: { name: string; service: Service; slices?: EndpointSlice[]; want: string[] }[] = [
  {
    name: 'policy Cluster: everybody everywhere',
    service: web(),
    want: [`${inside}ac`, ...outside('external → ac')],
  },
  {
    name: 'internal policy Local: on this node, from inside only',
    service: web({ internalTrafficPolicy: 'Local' }),
    want: [`${inside}a`, ...outside('external → ac')],
  },
  {
    name: 'external policy Local: for those outside on this node',
    service: web({ externalTrafficPolicy: 'Local' }),
    want: [`${inside}ac`, ...outside('external-local → ac, a')],
  },
  {
    name: 'policies Local, nobody here: silence, but pods and the node get through from outside',
    service: web({ internalTrafficPolicy: 'Local', externalTrafficPolicy: 'Local' }),
    slices: [slice('c')],
    want: [`${inside}; drop`, ...outside('external-local → c, ; drop')],
  },
  {
    name: 'policies Local, nobody anywhere: refused',
    service: web({ internalTrafficPolicy: 'Local', externalTrafficPolicy: 'Local' }),
    slices: [],
    want: [`${inside}; reject`, ...outside('external-local → , ; reject')],
  },
  {
    name: 'nobody anywhere: refused',
    service: web(),
    slices: [],
    want: [`${inside}; reject`, ...outside('external → ; reject')],
  },
  {
    name: 'policies Local, somebody here is ending and others are ready elsewhere',
    service: web({ internalTrafficPolicy: 'Local', externalTrafficPolicy: 'Local' }),
    slices: [slice('a', draining), slice('c')],
    want: [`${inside}a`, ...outside('external-local → c, a')],
  },
  {
    name: 'session affinity, with its default timeout',
    service: web({ sessionAffinity: 'ClientIP' }),
    want: [`${inside}ac; sticky 10800`, ...outside('external → ac; sticky 10800')],
  },
  {
    name: 'session affinity, with a timeout of its own',
    service: web({ sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } } }),
    want: [`${inside}ac; sticky 60`, ...outside('external → ac; sticky 60')],
  },
  {
    name: 'source ranges: for the balancer alone',
    service: web({ loadBalancerSourceRanges: ['192.0.2.0/24', ' 198.51.100.0/24'] }),
    want: [
      `${inside}ac`,
      '203.0.113.7 . tcp . 80 external → ac; only 192.0.2.0/24,198.51.100.0/24',
      '203.0.113.9 . tcp . 80 external → ac',
      'tcp . 30080 external → ac',
    ],
  },
  {
    name: 'an address of the balancer that is an external IP too: the source ranges count',
    service: web({ externalIPs: ['203.0.113.7'], loadBalancerSourceRanges: ['192.0.2.0/24'] }),
    want: [`${inside}ac`, '203.0.113.7 . tcp . 80 external → ac; only 192.0.2.0/24', 'tcp . 30080 external → ac'],
  },
  {
    name: 'balancers that pass connections on themselves, or have a name only, are not ours',
    service: web(
      { externalIPs: [] },
      { ingress: [{ ip: '203.0.113.7', ipMode: 'Proxy' }, { ip: '' }, { ip: '203.0.113.8' }] },
    ),
    want: [`${inside}ac`, '203.0.113.8 . tcp . 80 external → ac', 'tcp . 30080 external → ac'],
  },
  {
    name: 'no balancer any more: what its status still says does not count',
    service: web({ externalIPs: [] }, { type: 'NodePort' }),
    want: [`${inside}ac`, 'tcp . 30080 external → ac'],
  },
  {
    name: 'an address that is given twice counts once; absurd ones not at all',
    service: web(
      { externalIPs: ['203.0.113.9', '203.0.113.9', '127.0.0.1', '0.0.0.0', 'x', '10.96.0.20'] },
      { type: 'ClusterIP', ports: [{ name: 'http', port: 80 }] },
    ),
    want: [`${inside}ac`, '203.0.113.9 . tcp . 80 external → ac'],
  },
  {
    name: 'ports that are none, and protocols that nobody knows',
    service: web(
      { externalIPs: [] },
      {
        type: 'NodePort',
        ports: [
          { name: 'http', port: 80, nodePort: 0 },
          { name: 'zero', port: 0 },
          { name: 'much', port: 70_000 },
          { name: 'dccp', port: 81, protocol: 'DCCP' },
        ],
      },
    ),
    want: [`${inside}ac`],
  },
];

for (const { name, service, slices = [slice('ac')], want } of table) {
  test(name, () => {
    const wants = wantsOf(service, slices, 'IPv4', place);
    assert.deepEqual(wants?.frontends.map(line), want);
  });
}

test('two families: each has its own addresses, endpoints and source ranges', () => {
  const service = serviceOf({
    name: 'web',
    clusterIP: ['10.96.0.20', 'FD00:96::20'],
    type: 'LoadBalancer',
    ports: [{ name: 'http', port: 80, nodePort: 30080 }],
    ingress: [{ ip: '203.0.113.7' }, { ip: '2001:db8::7' }],
    spec: { externalIPs: ['2001:db8::9'], loadBalancerSourceRanges: ['2001:db8:1::/48'] },
  });
  const slices = [slice('ac'), slice('AC', {}, 'IPv6')];
  assert.deepEqual(wantsOf(service, slices, 'IPv4', place)?.frontends.map(line), [
    `${inside}ac`,
    '203.0.113.7 . tcp . 80 external → ac',
    'tcp . 30080 external → ac',
  ]);
  assert.deepEqual(wantsOf(service, slices, 'IPv6', place)?.frontends.map(line), [
    'fd00:96::20 . tcp . 80 internal → AC',
    '2001:db8::7 . tcp . 80 external → AC; only 2001:db8:1::/48',
    '2001:db8::9 . tcp . 80 external → AC',
    'tcp . 30080 external → AC',
  ]);
});

test('only endpoints on this node, or nobody knows where, may be their own callers', () => {
  const nowhere = sliceOf({ service: 'web', ports: [{ name: 'http', port: 8080 }], endpoints: [{ ip: '10.9.9.9' }] });
  assert.deepEqual(wantsOf(web(), [slice('ac'), nowhere], 'IPv4', place)?.hairpins, ['10.244.1.1', '10.9.9.9']);
});

describe('not for this proxy', () => {
  const others: { name: string; service: Service }[] = [
    { name: 'headless', service: serviceOf({ name: 'a', clusterIP: 'None', ports: [] }) },
    { name: 'not allocated yet', service: serviceOf({ name: 'a', clusterIP: '', ports: [] }) },
    {
      name: 'ExternalName',
      service: serviceOf({ name: 'a', clusterIP: '10.96.0.9', ports: [], type: 'ExternalName' }),
    },
    {
      name: 'another proxy',
      service: serviceOf({
        name: 'a',
        clusterIP: '10.96.0.9',
        ports: [],
        labels: { 'service.kubernetes.io/service-proxy-name': '' },
      }),
    },
    {
      name: 'headless by its label',
      service: serviceOf({
        name: 'a',
        clusterIP: '10.96.0.9',
        ports: [],
        labels: { 'service.kubernetes.io/headless': '' },
      }),
    },
    { name: 'only of the other family', service: serviceOf({ name: 'a', clusterIP: 'fd00:96::9', ports: [] }) },
  ];
  for (const { name, service } of others) {
    test(name, () => assert.equal(wantsOf(service, [], 'IPv4', place), undefined));
  }
});
