// What a pod may say of names and resolvers (dns.md §14.1, §14.2).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { podKind } from '../pod.ts';
import { created, texts } from '../testing.ts';

const metadata = { name: 'web', namespace: 'default' };
const containers = [{ name: 'app', image: 'nginx:1.27' }];
const errorsOf = (spec: object): string[] =>
  texts(podKind.validate?.(created(podKind, { metadata, spec: { containers, ...spec } })) ?? []);

const nameservers = ['192.0.2.1', '192.0.2.2', '2001:db8::3'];
const domains = (count: number) => Array.from({ length: count }, (_, i) => `s${i}.example`);
const label = (length: number) => 'a'.repeat(length);
/** Of four labels. */
const domain = (length: number) => [label(63), label(63), label(63), label(length - 3 * 64)].join('.');
/** 2048 characters with the spaces between. */
const fullLine = [...Array<string>(8).fill(domain(226)), domain(232)];

for (const [name, spec] of [
  ['nothing', {}],
  ['each policy', { dnsPolicy: 'ClusterFirst' }],
  ['each policy', { dnsPolicy: 'ClusterFirst', hostNetwork: true }],
  ['each policy', { dnsPolicy: 'ClusterFirstWithHostNet', hostNetwork: true }],
  ['each policy', { dnsPolicy: 'ClusterFirstWithHostNet' }],
  ['each policy', { dnsPolicy: 'Default' }],
  ['None with one nameserver', { dnsPolicy: 'None', dnsConfig: { nameservers: ['10.96.0.10'] } }],
  ['three nameservers of both families', { dnsConfig: { nameservers } }],
  ['an empty dnsConfig', { dnsConfig: {} }],
  ['32 searches', { dnsConfig: { searches: domains(32) } }],
  ['2048 characters of searches', { dnsConfig: { searches: fullLine } }],
  ['a search of 253 characters', { dnsConfig: { searches: [domain(253)] } }],
  ['a search with a dot at its end', { dnsConfig: { searches: ['a.example.', `${domain(253)}.`] } }],
  ['a lone dot', { dnsConfig: { searches: ['.', 'a.example'] } }],
  ['underscores', { dnsConfig: { searches: ['_a.svc', '_http._tcp.x', 'a_b.c', '_a-b_c.d'] } }],
  ['options with and without values', { dnsConfig: { options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }] } }],
  ['host aliases of both families', { hostAliases: [{ ip: '10.0.0.1', hostnames: ['a.b', 'c'] }, { ip: 'fd00::1' }] }],
  ['a host name and a subdomain', { hostname: 'h', subdomain: 's', setHostnameAsFQDN: true }],
  ['long names', { hostname: label(63), subdomain: label(63) }],
] satisfies [string, object][]) {
  test(`fine: ${name} ${name === 'each policy' ? JSON.stringify(spec) : ''}`, () =>
    assert.deepEqual(errorsOf(spec), []));
}

const notAnAddress = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
const notALabel =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const notASubdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const notASearch =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')";
const searches = (...values: string[]) => ({ dnsConfig: { searches: values } });
const badSearch = (value: string) => `spec.dnsConfig.searches[0]: Invalid value: "${value}": ${notASearch}`;

for (const [name, spec, ...want] of [
  [
    'another policy',
    { dnsPolicy: 'Magic' },
    'spec.dnsPolicy: Unsupported value: "Magic": supported values: "ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"',
  ],
  [
    'None without a configuration',
    { dnsPolicy: 'None' },
    'spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None',
  ],
  [
    'None without a nameserver',
    { dnsPolicy: 'None', dnsConfig: { searches: ['a.example'] } },
    'spec.dnsConfig.nameservers: Required value: must provide at least one DNS nameserver when `dnsPolicy` is None',
  ],
  [
    'four nameservers',
    { dnsConfig: { nameservers: [...nameservers, '192.0.2.4'] } },
    'spec.dnsConfig.nameservers: Invalid value: ["192.0.2.1","192.0.2.2","2001:db8::3","192.0.2.4"]: must not have more than 3 nameservers',
  ],
  [
    'nameservers by name, or with a port',
    { dnsConfig: { nameservers: ['dns.example', '192.0.2.1:53', ''] } },
    `spec.dnsConfig.nameservers[0]: Invalid value: "dns.example": ${notAnAddress}`,
    `spec.dnsConfig.nameservers[1]: Invalid value: "192.0.2.1:53": ${notAnAddress}`,
    `spec.dnsConfig.nameservers[2]: Invalid value: "": ${notAnAddress}`,
  ],
  [
    '33 searches',
    searches(...domains(33)),
    `spec.dnsConfig.searches: Invalid value: ${JSON.stringify(domains(33))}: must not have more than 32 search paths`,
  ],
  [
    '2050 characters of searches',
    searches(...fullLine, 'a'),
    `spec.dnsConfig.searches: Invalid value: ${JSON.stringify([...fullLine, 'a'])}: must not have more than 2048 characters (including spaces) in the search list`,
  ],
  [
    'a search of 254 characters',
    searches(domain(254)),
    `spec.dnsConfig.searches[0]: Invalid value: "${domain(254)}": must be no more than 253 characters`,
  ],
  ['a search in capitals', searches('A.example'), badSearch('A.example')],
  ['an empty search', searches(''), badSearch('')],
  ['a search with an empty label', searches('a..b'), badSearch('a..b')],
  ['two dots at the end', searches('a..'), badSearch('a.')],
  ['a dash at the beginning', searches('-a.b'), badSearch('-a.b')],
  ['an underscore at the end', searches('a_.b'), badSearch('a_.b')],
  ['two underscores at the beginning', searches('__a.b'), badSearch('__a.b')],
  ['an underscore alone', searches('_.b'), badSearch('_.b')],
  [
    'an option without a name',
    { dnsConfig: { options: [{ name: 'ndots' }, { value: '5' }, { name: '' }] } },
    'spec.dnsConfig.options[1]: Required value: must not be empty',
    'spec.dnsConfig.options[2]: Required value: must not be empty',
  ],
  [
    'aliases that are none',
    { hostAliases: [{ ip: 'x', hostnames: ['a'] }, { hostnames: ['a', 'A'] }] },
    `spec.hostAliases[0].ip: Invalid value: "x": ${notAnAddress}`,
    `spec.hostAliases[1].ip: Invalid value: "": ${notAnAddress}`,
    `spec.hostAliases[1].hostnames[1]: Invalid value: "A": ${notASubdomain}`,
  ],
  [
    'names that are no labels',
    { hostname: 'a.b', subdomain: 'A' },
    'spec.hostname: Invalid value: "a.b": must not contain dots',
    `spec.subdomain: Invalid value: "A": ${notALabel}`,
  ],
  [
    'names that are too long',
    { hostname: label(64), subdomain: label(64) },
    `spec.hostname: Invalid value: "${label(64)}": must be no more than 63 characters`,
    `spec.subdomain: Invalid value: "${label(64)}": must be no more than 63 characters`,
  ],
] satisfies [string, object, ...string[]][]) {
  test(`refused: ${name}`, () => assert.deepEqual(errorsOf(spec), want));
}

test('fullLine is a full line', () => assert.equal(fullLine.join(' ').length, 2048));
