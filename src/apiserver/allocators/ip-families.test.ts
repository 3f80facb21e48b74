// The rules of services.md A.6 as a table: what a client asks for, on clusters of one and of two families.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Service, ServiceSpec } from '#api/index.ts';
import { fieldErrorMessage } from '#api/index.ts';
import type { Family } from '#lib/cidr.ts';
import { decideFamilies } from './ip-families.ts';

const clusters: Readonly<Record<string, readonly Family[]>> = {
  '4': ['IPv4'],
  '6': ['IPv6'],
  '46': ['IPv4', 'IPv6'],
  '64': ['IPv6', 'IPv4'],
};
const none = 'not configured on this cluster';
const noDual =
  'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services';
const prefer = { ipFamilyPolicy: 'PreferDualStack' };
const require = { ipFamilyPolicy: 'RequireDualStack' };
const single = { ipFamilyPolicy: 'SingleStack' };
const headless = { clusterIP: 'None', clusterIPs: ['None'] };
const selector = { app: 'web' };
const ips = (...clusterIPs: string[]) => ({ clusterIP: clusterIPs[0], clusterIPs });
const families = (...ipFamilies: string[]) => ({ ipFamilies });

const serviceOf = (spec: ServiceSpec): Service => ({
  metadata: { name: 'web' },
  spec: { type: 'ClusterIP', ports: [{ port: 80 }], ...structuredClone(spec) },
});
/** `policy families`, or what is wrong. */
function decided(spec: ServiceSpec, cluster: string, old?: Service): string {
  const service = serviceOf(spec);
  const errors = decideFamilies(service, old, clusters[cluster] ?? []);
  if (errors.length > 0) return errors.map((error) => `${error.field}: ${fieldErrorMessage(error)}`).join('\n');
  return `${service.spec.ipFamilyPolicy} ${service.spec.ipFamilies?.join(',')}`;
}

describe('a new Service', () => {
  const table: [asks: string, spec: ServiceSpec, want: Readonly<Record<string, string>>][] = [
    [
      'nothing',
      { selector },
      { 4: 'SingleStack IPv4', 6: 'SingleStack IPv6', 46: 'SingleStack IPv4', 64: 'SingleStack IPv6' },
    ],
    ['headless', { selector, ...headless }, { 4: 'SingleStack IPv4', 46: 'SingleStack IPv4', 64: 'SingleStack IPv6' }],
    [
      'headless, without a selector',
      headless,
      { 4: 'RequireDualStack IPv4,IPv6', 6: 'RequireDualStack IPv6,IPv4', 64: 'RequireDualStack IPv6,IPv4' },
    ],
    [
      'that, with an empty selector and a family',
      { selector: {}, ...headless, ...families('IPv6') },
      { 4: 'RequireDualStack IPv6,IPv4' },
    ],
    ['that, with one family', { ...headless, ...single }, { 4: 'SingleStack IPv4', 46: 'SingleStack IPv4' }],
    ['two, if there are', { selector, ...prefer }, { 4: 'PreferDualStack IPv4', 46: 'PreferDualStack IPv4,IPv6' }],
    [
      'two',
      { selector, ...require },
      { 4: noDual, 46: 'RequireDualStack IPv4,IPv6', 64: 'RequireDualStack IPv6,IPv4' },
    ],
    [
      'two, the other first',
      { selector, ...prefer, ...families('IPv6') },
      { 46: 'PreferDualStack IPv6,IPv4', 4: `spec.ipFamilies[0]: Invalid value: "IPv6": ${none}` },
    ],
    [
      'one, the second of the cluster',
      { selector, ...families('IPv6') },
      { 46: 'SingleStack IPv6', 4: `spec.ipFamilies[0]: Invalid value: "IPv6": ${none}` },
    ],
    [
      'two families by name, one of them not there',
      { selector, ...require, ...families('IPv4', 'IPv6') },
      { 4: `${noDual}\nspec.ipFamilies[1]: Invalid value: "IPv6": ${none}` },
    ],
    [
      'an address',
      { selector, ...ips('fd00::7') },
      { 46: 'SingleStack IPv6', 4: `spec.clusterIPs[0]: Invalid value: ["fd00::7"]: IPv6 is ${none}` },
    ],
    [
      'an address and its family',
      { selector, ...ips('fd00::7'), ...families('IPv6') },
      { 4: `spec.ipFamilies[0]: Invalid value: "IPv6": ${none}` },
    ],
    [
      'two addresses',
      { selector, ...prefer, ...ips('fd00::7', '10.96.0.7') },
      {
        46: 'PreferDualStack IPv6,IPv4',
        4: `spec.clusterIPs[0]: Invalid value: ["fd00::7","10.96.0.7"]: IPv6 is ${none}`,
      },
    ],
    [
      'an address, and another family',
      { selector, ...require, ...ips('10.96.0.7') },
      { 46: 'RequireDualStack IPv4,IPv6' },
    ],
    [
      'two of everything, and one',
      { selector, ...single, ...ips('10.96.0.7', 'fd00::7'), ...families('IPv4', 'IPv6') },
      {
        46: [
          `spec.ipFamilyPolicy: Invalid value: "SingleStack": must be 'RequireDualStack' or 'PreferDualStack' when multiple cluster IPs are specified`,
          `spec.ipFamilyPolicy: Invalid value: "SingleStack": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified`,
        ].join('\n'),
      },
    ],
    [
      'what is malformed, before all else',
      { selector, ...require, ...ips('x') },
      {
        4: 'spec.clusterIPs[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      },
    ],
  ];
  for (const [asks, spec, wants] of table) {
    for (const [cluster, want] of Object.entries(wants)) {
      test(`${asks}, on IPv${[...cluster].join(' and IPv')}`, () => assert.equal(decided(spec, cluster), want));
    }
  }
});

describe('a Service that is changed', () => {
  const four = { selector, ...single, ...ips('10.96.0.7'), ...families('IPv4') };
  const both = { selector, ...prefer, ...ips('10.96.0.7', 'fd00::7'), ...families('IPv4', 'IPv6') };
  const preferring = { ...four, ...prefer };
  const mustRelease = (what: string) =>
    `spec.ipFamilyPolicy: Invalid value: "PreferDualStack": must be 'SingleStack' to release the secondary ${what}`;
  const table: [does: string, old: ServiceSpec, change: ServiceSpec, cluster: string, want: string][] = [
    ['says nothing of families', four, { ipFamilyPolicy: undefined, ipFamilies: undefined }, '46', 'SingleStack IPv4'],
    ['keeps two', both, { ipFamilyPolicy: undefined, ipFamilies: undefined }, '46', 'PreferDualStack IPv4,IPv6'],
    ['prefers two although it had no second', preferring, {}, '46', 'PreferDualStack IPv4'],
    ['does so, not repeating its families', preferring, { ipFamilies: undefined }, '46', 'PreferDualStack IPv4'],
    ['has two although the cluster has no more', both, {}, '4', 'PreferDualStack IPv4,IPv6'],
    ['asks for two, if there are', four, prefer, '46', 'PreferDualStack IPv4,IPv6'],
    ['asks for two, if there are', four, prefer, '4', 'PreferDualStack IPv4'],
    ['asks for two', four, require, '46', 'RequireDualStack IPv4,IPv6'],
    ['asks for two', four, require, '4', noDual],
    ['names a second family', preferring, families('IPv4', 'IPv6'), '46', 'PreferDualStack IPv4,IPv6'],
    ['names a second address', preferring, ips('10.96.0.7', 'fd00::8'), '46', 'PreferDualStack IPv4,IPv6'],
    [
      'names a second family only',
      four,
      families('IPv4', 'IPv6'),
      '46',
      `spec.ipFamilyPolicy: Invalid value: "SingleStack": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified`,
    ],
    ['asks for one', both, single, '46', 'SingleStack IPv4'],
    ['asks for one, naming the family', both, { ...single, ...families('IPv4') }, '46', 'SingleStack IPv4'],
    ['asks for one, naming the address', both, { ...single, ...ips('10.96.0.7') }, '46', 'SingleStack IPv4'],
    ['drops the second address', both, ips('10.96.0.7'), '46', mustRelease('cluster IP')],
    ['drops the second family', both, families('IPv4'), '46', mustRelease('IP family')],
    [
      'drops the second of both',
      both,
      { ...ips('10.96.0.7'), ...families('IPv4') },
      '46',
      `${mustRelease('cluster IP')}\n${mustRelease('IP family')}`,
    ],
    ['is no alias any more', { type: 'ExternalName', externalName: 'a' }, { selector }, '46', 'SingleStack IPv4'],
    [
      'is headless, in another family',
      { selector, ...headless, ...single, ...families('IPv4') },
      families('IPv6'),
      '46',
      'SingleStack IPv6',
    ],
  ];
  for (const [does, old, change, cluster, want] of table) {
    test(`${does}, on IPv${[...cluster].join(' and IPv')}`, () => {
      const spec = { ...old, type: 'ClusterIP', ...change };
      const before = serviceOf({ type: 'ClusterIP', ...old });
      assert.equal(decided(spec, cluster, before), want);
      assert.deepEqual(before, serviceOf({ type: 'ClusterIP', ...old }), 'the old one is left alone');
    });
  }

  test('a single family leaves one address', () => {
    const service = serviceOf({ ...both, ...single });
    assert.deepEqual(decideFamilies(service, serviceOf(both), ['IPv4', 'IPv6']), []);
    assert.deepEqual([service.spec.clusterIPs, service.spec.ipFamilies], [['10.96.0.7'], ['IPv4']]);
  });
});
