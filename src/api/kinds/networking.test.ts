// Ingress, IngressClass, NetworkPolicy, ServiceCIDR and IPAddress: defaults, every rule, rows.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Kind } from '../kind.ts';
import type { KubeObject } from '../object.ts';
import { ingressKind } from './ingress.ts';
import { ingressClassKind } from './ingress-class.ts';
import { ipAddressKind } from './ip-address.ts';
import { validateMetadata } from './metadata.ts';
import { networkPolicyKind } from './network-policy.ts';
import { serviceCIDRKind } from './service-cidr.ts';
import { cells, created, texts } from './testing.ts';

const now = new Date('2026-01-01T01:00:00Z');
const metadata = { name: 'web', namespace: 'default', creationTimestamp: '2026-01-01T00:00:00Z' };
const service = { service: { name: 'web', port: { number: 80 } } };
const subdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

type Table = readonly (readonly [string, object, ...string[]])[];
function check<T extends KubeObject>(kind: Kind<T>, table: Table): void {
  for (const [name, spec, ...want] of table) {
    const object = created(kind, { metadata, spec });
    assert.deepEqual(texts(kind.validate?.(object) ?? []), want, name);
  }
}

test('every rule of an Ingress names its field', () => {
  const path = (rest: object) => ({
    rules: [{ http: { paths: [{ pathType: 'Prefix', path: '/', backend: service, ...rest }] } }],
  });
  const at = 'spec.rules[0].http.paths[0]';
  check(ingressKind, [
    ['all for one', { defaultBackend: service }],
    ['by host and path', path({})],
    [
      'a whole domain, with a certificate',
      { rules: [{ host: '*.example.com' }], tls: [{ hosts: ['*.example.com'], secretName: 's' }] },
    ],
    ['nothing', {}, 'spec: Invalid value: null: either `defaultBackend` or `rules` must be specified'],
    [
      'an address',
      { rules: [{ host: '10.0.0.1' }] },
      'spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address',
    ],
    [
      'hosts of the wrong form',
      { rules: [{ host: 'A' }, { host: 'a.*' }], tls: [{ hosts: ['A'], secretName: 'A' }], ingressClassName: 'A' },
      `spec.rules[0].host: Invalid value: "A": ${subdomain}`,
      "spec.rules[1].host: Invalid value: \"a.*\": a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
      `spec.tls[0].hosts[0]: Invalid value: "A": ${subdomain}`,
      `spec.tls[0].secretName: Invalid value: "A": ${subdomain}`,
      `spec.ingressClassName: Invalid value: "A": ${subdomain}`,
    ],
    ['no paths', { rules: [{ http: {} }] }, 'spec.rules[0].http.paths: Required value'],
    ['no type of path', path({ pathType: null }), `${at}.pathType: Required value: pathType must be specified`],
    [
      'another type of path',
      path({ pathType: 'Regex' }),
      `${at}.pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"`,
    ],
    ['a relative path', path({ path: '' }), `${at}.path: Invalid value: "": must be an absolute path`],
    ['its own matter', path({ pathType: 'ImplementationSpecific', path: '' })],
    [
      'not even its own matter',
      path({ pathType: 'ImplementationSpecific', path: 'a' }),
      `${at}.path: Invalid value: "a": must be an absolute path`,
    ],
    [
      'a path that leads astray',
      path({ path: '/a//b/../%2f/..' }),
      `${at}.path: Invalid value: "/a//b/../%2f/..": must not contain '//'`,
      `${at}.path: Invalid value: "/a//b/../%2f/..": must not contain '/../'`,
      `${at}.path: Invalid value: "/a//b/../%2f/..": must not contain '%2f'`,
      `${at}.path: Invalid value: "/a//b/../%2f/..": cannot end with '/..'`,
    ],
    [
      'no backend',
      { defaultBackend: {} },
      'spec.defaultBackend: Invalid value: "": resource or service backend is required',
    ],
    [
      'two backends',
      { defaultBackend: { ...service, resource: { kind: 'Bucket', name: 'b' } } },
      'spec.defaultBackend: Invalid value: "": cannot set both resource and service backends',
    ],
    [
      'a resource without a name',
      { defaultBackend: { resource: { apiGroup: '', kind: 'a/b', name: '' } } },
      `spec.defaultBackend.resource.apiGroup: Invalid value: "": ${subdomain}`,
      'spec.defaultBackend.resource.kind: Invalid value: "a/b": may not contain \'/\'',
      'spec.defaultBackend.resource.name: Required value',
    ],
    [
      'a service without a name or port',
      { defaultBackend: { service: {} } },
      'spec.defaultBackend.service.name: Required value',
      'spec.defaultBackend: Required value: port name or number is required',
    ],
    [
      'two ports',
      { defaultBackend: { service: { name: 's', port: { name: 'http', number: 80 } } } },
      'spec.defaultBackend: Invalid value: "": cannot set both port name & port number',
    ],
    [
      'no such number',
      { defaultBackend: { service: { name: '1.s', port: { number: 65536 } } } },
      'spec.defaultBackend.service.name: Invalid value: "1.s": must not contain dots',
      'spec.defaultBackend.service.port.number: Invalid value: 65536: must be between 1 and 65535, inclusive',
    ],
  ]);
});

test('the class of an Ingress is named once; the old way is warned of', () => {
  const annotations = { 'kubernetes.io/ingress.class': 'a' };
  const ingress = (ingressClassName?: string) =>
    created(ingressKind, {
      metadata: { ...metadata, annotations },
      spec: { defaultBackend: service, ingressClassName },
    });
  assert.deepEqual(texts(ingressKind.validateCreate?.(ingress('b')) ?? []), [
    'annotations.kubernetes.io/ingress.class: Invalid value: "a": must match `ingressClassName` when both are specified',
  ]);
  assert.deepEqual(ingressKind.validateCreate?.(ingress('a')), []);
  const text = 'annotation "kubernetes.io/ingress.class" is deprecated, please use \'spec.ingressClassName\' instead';
  assert.deepEqual(ingressKind.warnings?.(ingress(), undefined), [text]);
  assert.deepEqual(ingressKind.warnings?.(ingress(), ingress()), []);
});

test('the status of an Ingress has addresses and names', () => {
  const ingress = created(ingressKind, { metadata, spec: { defaultBackend: service } });
  assert.deepEqual(ingress.status, { loadBalancer: {} });
  ingress.status = {
    loadBalancer: { ingress: [{ ip: 'x' }, { hostname: '10.0.0.1' }, { ip: '10.0.0.1', hostname: 'a' }] },
  };
  assert.deepEqual(texts(ingressKind.validateStatusUpdate?.(ingress, ingress) ?? []), [
    'status.loadBalancer.ingress[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    'status.loadBalancer.ingress[1].hostname: Invalid value: "10.0.0.1": must be a DNS name, not an IP address',
  ]);
});

test('the row of an Ingress', () => {
  const rule = (host?: string) => ({ host });
  const table: [string, object, object | undefined, ...unknown[]][] = [
    ['least', { defaultBackend: service }, undefined, 'web', '<none>', '*', '', '80', '60m'],
    [
      'most',
      { ingressClassName: 'nginx', rules: ['a', 'b', 'c', 'd', 'e'].map(rule), tls: [{}] },
      { loadBalancer: { ingress: [{ ip: '10.0.0.2' }, { hostname: 'lb' }, { ip: '10.0.0.1' }, { ip: '10.0.0.2' }] } },
      'web',
      'nginx',
      'a,b,c + 2 more...',
      '10.0.0.1,10.0.0.2,lb',
      '80, 443',
      '60m',
    ],
    [
      'three hosts and no more',
      { rules: [rule(), ...['a', 'b', 'c'].map(rule)] },
      undefined,
      'web',
      '<none>',
      'a,b,c',
      '',
      '80',
      '60m',
    ],
  ];
  for (const [name, spec, status, ...want] of table) {
    const ingress = created(ingressKind, { metadata, spec });
    if (status) Object.assign(ingress, { status });
    assert.deepEqual(cells(ingressKind.columns, ingress, now), want, name);
  }
});

test('an IngressClass has a controller for good, and settings of the cluster unless it says', () => {
  const parameters = (rest: object) => ({ controller: 'example.com/c', parameters: { kind: 'K', name: 'n', ...rest } });
  const made = created(ingressClassKind, { metadata, spec: parameters({ apiGroup: 'example.com' }) });
  assert.equal(made.spec.parameters?.scope, 'Cluster');
  assert.deepEqual(cells(ingressClassKind.columns, made, now), ['web', 'example.com/c', 'K.example.com/n', '60m']);
  assert.deepEqual(
    cells(ingressClassKind.columns, created(ingressClassKind, { metadata, spec: { controller: 'a/b' } }), now),
    ['web', 'a/b', '<none>', '60m'],
  );
  const domain = 'must be a domain-prefixed path (such as "acme.io/foo")';
  check(ingressClassKind, [
    ['good', parameters({ scope: 'Namespace', namespace: 'a' })],
    ['no controller', {}, 'spec.controller: Required value'],
    ['no path', { controller: 'example.com' }, `spec.controller: Invalid value: "example.com": ${domain}`],
    [
      'odd letters',
      { controller: 'A/ä' },
      `spec.controller: Invalid value: "A": ${subdomain}`,
      "spec.controller: Invalid value: \"ä\": Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')",
    ],
    ['long', { controller: `a/${'b'.repeat(249)}` }, 'spec.controller: Too long: may not be more than 250 bytes'],
    [
      'settings in no namespace',
      parameters({ scope: 'Namespace', kind: '', name: '' }),
      'spec.parameters.kind: Required value',
      'spec.parameters.name: Required value',
      "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'",
    ],
    [
      'settings in a namespace after all',
      parameters({ namespace: 'a' }),
      "spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'",
    ],
    [
      'settings elsewhere',
      parameters({ scope: 'World' }),
      'spec.parameters.scope: Unsupported value: "World": supported values: "Cluster", "Namespace"',
    ],
  ]);
  const other = created(ingressClassKind, { metadata, spec: { controller: 'a/c' } });
  assert.deepEqual(texts(ingressClassKind.validateUpdate?.(other, made) ?? []), [
    'spec.controller: Invalid value: "a/c": field is immutable',
  ]);
});

test('a NetworkPolicy isolates one direction, or both when it has rules for both', () => {
  const types = (spec: object) => created(networkPolicyKind, { metadata, spec }).spec.policyTypes;
  assert.deepEqual(types({}), ['Ingress']);
  assert.deepEqual(types({ egress: [{}] }), ['Ingress', 'Egress']);
  assert.deepEqual(types({ egress: [{}], policyTypes: ['Egress'] }), ['Egress']);
  const made = created(networkPolicyKind, {
    metadata,
    spec: { podSelector: { matchLabels: { app: 'web' } }, ingress: [{ ports: [{ port: 80 }] }] },
  });
  assert.equal(made.spec.ingress?.[0]?.ports?.[0]?.protocol, 'TCP');
  assert.deepEqual(cells(networkPolicyKind.columns, made, now), ['web', 'app=web', '60m']);
  assert.deepEqual(cells(networkPolicyKind.columns, created(networkPolicyKind, { metadata }), now), [
    'web',
    '<none>',
    '60m',
  ]);
});

test('every rule of a NetworkPolicy names its field', () => {
  const port = (...ports: object[]) => ({ ingress: [{ ports }] });
  const peer = (...to: object[]) => ({ egress: [{ to }] });
  check(networkPolicyKind, [
    [
      'good',
      {
        ...port({ port: 'http', protocol: 'UDP' }, { port: 80, endPort: 90 }),
        ...peer({ podSelector: {}, namespaceSelector: {} }),
      },
    ],
    ['a range with a hole', peer({ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } })],
    [
      'ports',
      port(
        { protocol: 'X', port: 0 },
        { port: 80, endPort: 79 },
        { port: 'http', endPort: 1 },
        { endPort: 1 },
        { port: 'HTTP_' },
      ),
      'spec.ingress[0].ports[0].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"',
      'spec.ingress[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
      'spec.ingress[0].ports[1].endPort: Invalid value: 79: must be greater than or equal to `port`',
      'spec.ingress[0].ports[2].endPort: Invalid value: 1: may not be specified when `port` is non-numeric',
      'spec.ingress[0].ports[3].endPort: Invalid value: 1: may not be specified when `port` is not specified',
      'spec.ingress[0].ports[4].port: Invalid value: "HTTP_": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
      'spec.ingress[0].ports[4].port: Invalid value: "HTTP_": must contain at least one letter (a-z)',
    ],
    ['nobody', peer({}), 'spec.egress[0].to[0]: Required value: must specify a peer'],
    [
      'two at once',
      peer({ podSelector: { matchExpressions: [{ key: 'a', operator: 'Is' }] }, ipBlock: { cidr: '10.0.0.0/8' } }),
      'spec.egress[0].to[0].podSelector.matchExpressions[0].operator: Invalid value: "Is": not a valid selector operator',
      'spec.egress[0].to[0]: Forbidden: may not specify both ipBlock and another peer',
    ],
    ['no range', peer({ ipBlock: {} }), 'spec.egress[0].to[0].ipBlock.cidr: Required value'],
    [
      'a bad range',
      peer({ ipBlock: { cidr: '10.0.0.0/33', except: ['x'] } }),
      'spec.egress[0].to[0].ipBlock.cidr: Invalid value: "10.0.0.0/33": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
    ],
    [
      'holes that are none',
      peer({ ipBlock: { cidr: '10.0.0.0/8', except: ['x', '11.0.0.0/16', '10.0.0.0/8', '::/0'] } }),
      'spec.egress[0].to[0].ipBlock.except[0]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
      'spec.egress[0].to[0].ipBlock.except[1]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`',
      'spec.egress[0].to[0].ipBlock.except[2]: Invalid value: "10.0.0.0/8": must be a strict subset of `cidr`',
      'spec.egress[0].to[0].ipBlock.except[3]: Invalid value: "::/0": must be a strict subset of `cidr`',
    ],
    [
      'another direction',
      { policyTypes: ['Up'] },
      'spec.policyTypes[0]: Unsupported value: "Up": supported values: "Egress", "Ingress"',
    ],
    [
      'too many directions',
      { policyTypes: ['Ingress', 'Egress', 'Up'] },
      'spec.policyTypes: Invalid value: ["Ingress","Egress","Up"]: may not specify more than two policyTypes',
    ],
  ]);
  const vague = created(networkPolicyKind, {
    metadata,
    spec: { ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.5/24', except: ['10.0.0.8/30'] } }] }] },
  });
  assert.deepEqual(networkPolicyKind.warnings?.(vague, undefined), [
    'spec.ingress[0].from[0].ipBlock.cidr: CIDR value "10.0.0.5/24" is ambiguous in this context (should be "10.0.0.0/24" or "10.0.0.5/32"?)',
  ]);
});

test('a ServiceCIDR has one range a family, which stay', () => {
  check(serviceCIDRKind, [
    ['one', { cidrs: ['10.96.0.0/12'] }],
    ['two', { cidrs: ['10.96.0.0/12', 'fd00:10::/112'] }],
    ['none', {}, 'spec.cidrs: Required value: at least one CIDR required'],
    [
      'three',
      { cidrs: ['10.96.0.0/12', 'fd00::/112', '10.0.0.0/24'] },
      'spec.cidrs: Invalid value: {"CIDRs":["10.96.0.0/12","fd00::/112","10.0.0.0/24"]}: may only hold up to 2 values',
    ],
    [
      'two of one family',
      { cidrs: ['10.96.0.0/24', '10.97.0.0/24'] },
      'spec.cidrs: Invalid value: ["10.96.0.0/24","10.97.0.0/24"]: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
    ],
    [
      'not as they are spelled',
      { cidrs: ['10.96.0.1/24', 'FD00::/112'] },
      'spec.cidrs[0]: Invalid value: "10.96.0.1/24": must not have bits set beyond the prefix length',
      'spec.cidrs[1]: Invalid value: "FD00::/112": must be in canonical form ("fd00::/112")',
    ],
    [
      'no range',
      { cidrs: ['x'] },
      'spec.cidrs[0]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
    ],
  ]);
  const make = (...cidrs: string[]) => created(serviceCIDRKind, { metadata, spec: { cidrs } });
  const one = make('10.96.0.0/24');
  const two = make('10.96.0.0/24', 'fd00::/112');
  assert.deepEqual(serviceCIDRKind.validateUpdate?.(two, one), []);
  assert.deepEqual(texts(serviceCIDRKind.validateUpdate?.(one, two) ?? []), [
    'spec.cidrs: Invalid value: ["10.96.0.0/24"]: field is immutable',
  ]);
  assert.deepEqual(texts(serviceCIDRKind.validateUpdate?.(make('10.97.0.0/24', 'fd00::/112'), one) ?? []), [
    'spec.cidrs[0]: Invalid value: "10.97.0.0/24": field is immutable',
  ]);
  assert.deepEqual(cells(serviceCIDRKind.columns, two, now), ['web', '10.96.0.0/24,fd00::/112', '60m']);
});

test('an IPAddress is called what it is, and belongs to one object for good', () => {
  const parentRef = { resource: 'services', namespace: 'default', name: 'web' };
  check(ipAddressKind, [
    ['good', { parentRef }],
    ['of the cluster', { parentRef: { group: 'gateway.networking.k8s.io', resource: 'gateways', name: 'g' } }],
    ['nobody', {}, 'spec.parentRef: Required value'],
    [
      'nobody in particular',
      { parentRef: { group: 'A', namespace: 'a/b' } },
      `spec.parentRef.group: Invalid value: "A": ${subdomain}`,
      'spec.parentRef.resource: Required value',
      'spec.parentRef.name: Required value',
      'spec.parentRef.namespace: Invalid value: "a/b": may not contain \'/\'',
    ],
  ]);
  const named = (name: string) => created(ipAddressKind, { metadata: { name }, spec: { parentRef } });
  const names: [string, ...string[]][] = [
    ['10.96.0.10'],
    ['2001:db8::1'],
    ['web', 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
    ['010.96.0.10', 'must not have leading 0s'],
    ['::ffff:10.0.0.1', 'must not be an IPv4-mapped IPv6 address'],
    ['2001:DB8::0:1', 'must be in canonical form ("2001:db8::1")'],
  ];
  for (const [name, ...want] of names) {
    const errors = validateMetadata(ipAddressKind as unknown as Kind, named(name));
    assert.deepEqual(
      texts(errors),
      want.map((text) => `metadata.name: Invalid value: ${JSON.stringify(name)}: ${text}`),
    );
  }
  const other = created(ipAddressKind, { metadata, spec: { parentRef: { ...parentRef, name: 'db' } } });
  assert.deepEqual(texts(ipAddressKind.validateUpdate?.(other, named('10.96.0.10')) ?? []), [
    'spec.parentRef: Invalid value: {"resource":"services","namespace":"default","name":"db"}: field is immutable',
  ]);
  assert.deepEqual(cells(ipAddressKind.columns, named('10.96.0.10'), now), ['10.96.0.10', 'services/default/web']);
});
