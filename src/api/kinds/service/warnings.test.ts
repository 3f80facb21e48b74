import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serviceKind } from '../service.ts';
import { http, make } from './testing.ts';

const hints = 'service.kubernetes.io/topology-aware-hints';
const deprecated = 'spec.externalIPs is deprecated and may no longer be implemented in some clusters';

test('warnings tell what is ignored, what will go, and what is written oddly', () => {
  const table: [spec: object, ...warnings: string[]][] = [
    [{ ports: [http] }],
    [{ ports: [http], trafficDistribution: 'PreferSameZone' }],
    [
      { ports: [http], trafficDistribution: 'PreferClose' },
      'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
    ],
    [{ ports: [http], externalName: 'a' }, 'spec.externalName is ignored when spec.type is not "ExternalName"'],
    [{ ports: [http], externalIPs: ['198.51.100.1'] }, deprecated],
    [
      { type: 'ExternalName', externalName: 'a', externalIPs: ['198.51.100.1'] },
      'spec.externalIPs is ignored when spec.type is "ExternalName"',
    ],
    [
      { clusterIP: 'None', sessionAffinity: 'ClientIP', externalIPs: ['198.51.100.1'], loadBalancerIP: '198.51.100.2' },
      'spec.loadBalancerIP is ignored for headless services',
      'spec.externalIPs is ignored for headless services',
      'spec.SessionAffinity is ignored for headless services',
    ],
    [
      { ports: [http], clusterIP: '010.0.0.1' },
      'spec.clusterIPs[0]: non-standard IP address "010.0.0.1" is invalid: use "10.0.0.1"',
    ],
    [
      { ports: [http], clusterIP: 'FD00::1', clusterIPs: ['FD00::1', '10.0.0.1'] },
      'spec.clusterIPs[0]: IPv6 address "FD00::1" should be in RFC 5952 canonical format ("fd00::1")',
    ],
    [
      {
        type: 'LoadBalancer',
        ports: [http],
        externalIPs: ['2001:DB8::1'],
        loadBalancerIP: '198.51.100.01',
        loadBalancerSourceRanges: ['10.0.0.0/8', '10.1.2.3/8'],
      },
      'spec.externalIPs[0]: IPv6 address "2001:DB8::1" should be in RFC 5952 canonical format ("2001:db8::1")',
      deprecated,
      'spec.loadBalancerIP: non-standard IP address "198.51.100.01" is invalid: use "198.51.100.1"',
      'spec.loadBalancerSourceRanges[1]: CIDR value "10.1.2.3/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.1.2.3/32"?)',
    ],
    // What is no address at all was never looked at: other programs read it.
    [{ type: 'LoadBalancer', ports: [http], loadBalancerIP: 'anything' }],
  ];
  for (const [spec, ...want] of table) {
    assert.deepEqual(serviceKind.warnings?.(make(spec), undefined), want, JSON.stringify(spec));
  }
  assert.deepEqual(serviceKind.warnings?.(make({ ports: [http] }, { [hints]: 'auto' }), undefined), [
    `annotation ${hints} is deprecated, please use service.kubernetes.io/topology-mode instead`,
  ]);
});
