// dns.md §14.1, row by row: host file and policy → the pod's file and the warnings. Services 172.30/16, nodes 192.168.0/24.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PodSpec } from '#api/index.ts';
import { type PodDnsInput, parseResolvConf, podDns, type ResolvConf } from './resolv-conf.ts';

const empty: ResolvConf = { nameservers: [], searches: [], options: [] };

describe('parseResolvConf', () => {
  const table: [string, Partial<ResolvConf>][] = [
    ['', {}],
    [' \t\n\t', {}],
    ['# a comment\n ; another', {}],
    ['nameserver 192.0.2.1', { nameservers: ['192.0.2.1'] }],
    ['\tnameserver \t 192.0.2.1 ', { nameservers: ['192.0.2.1'] }],
    ['nameserver 192.0.2.1 # ours', { nameservers: ['192.0.2.1'] }],
    ['nameserver 192.0.2.1\nnameserver 192.0.2.2\n', { nameservers: ['192.0.2.1', '192.0.2.2'] }],
    ['search a.example b.example', { searches: ['a.example', 'b.example'] }],
    ['search a.example\nsearch b.example', { searches: ['b.example'] }],
    ['search a.example. b.example .', { searches: ['a.example', 'b.example', '.'] }],
    ['search a.example\nsearch', {}],
    ['options ndots:1 edns0', { options: ['ndots:1', 'edns0'] }],
    ['options ndots:1\noptions timeout:2 attempts:3', { options: ['timeout:2', 'attempts:3'] }],
    ['domain a.example\nsortlist 192.0.2.0\nlookup file', {}],
  ];
  for (const [text, want] of table) {
    test(JSON.stringify(text), () => assert.deepEqual(parseResolvConf(text), { ...empty, ...want }));
  }
  test('a nameserver without an address is an error with its line', () => {
    assert.throws(
      () => parseResolvConf('search a\nnameserver\n'),
      /^Error: line 2 is a nameserver without an address$/,
    );
    assert.throws(() => parseResolvConf('nameserver # none'), /line 1/);
  });
});

const host = parseResolvConf('search corp.example. lab\nnameserver 192.168.0.53\noptions timeout:2\n');
const input: PodDnsInput = {
  spec: {},
  namespace: 'shop',
  clusterDNS: ['172.30.0.10'],
  clusterDomain: 'cluster.local',
  host,
  nodeIPs: ['192.168.0.2'],
};
const hostFile = 'search corp.example lab\nnameserver 192.168.0.53\noptions timeout:2\n';
const cluster = 'shop.svc.cluster.local svc.cluster.local cluster.local';
const clusterFile = `search ${cluster} corp.example lab\nnameserver 172.30.0.10\noptions ndots:5\n`;
const missing = (policy: string) =>
  `MissingClusterDNS The kubelet has no cluster DNS address and cannot apply the dnsPolicy "${policy}"; using "Default".`;
const omittedNameservers = (applied: string) =>
  `DNSConfigForming Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: ${applied}`;
const omittedSearches = (applied: string) =>
  `DNSConfigForming Search Line limits were exceeded, some search paths have been omitted, the applied search line is: ${applied}`;

interface Row {
  readonly name: string;
  readonly spec?: Partial<PodSpec>;
  readonly with?: Partial<PodDnsInput>;
  readonly want: string;
  readonly warnings?: readonly string[];
}
const check = (title: string, rows: readonly Row[]) =>
  describe(`podDns: ${title}`, () => {
    for (const { name, spec = {}, with: more = {}, want, warnings = [] } of rows) {
      test(name, () => {
        const dns = podDns({ ...input, ...more, spec });
        assert.equal(dns.text, want);
        assert.deepEqual(
          dns.warnings.map(({ reason, message }) => `${reason} ${message}`),
          warnings,
        );
      });
    }
  });

check('policies', [
  { name: 'no policy is ClusterFirst', want: clusterFile },
  { name: 'ClusterFirst drops the options of the host', spec: { dnsPolicy: 'ClusterFirst' }, want: clusterFile },
  {
    name: 'ClusterFirst with several addresses of the cluster DNS',
    with: { clusterDNS: ['172.30.0.10', 'fd00:10:96::a'], host: undefined },
    want: `search ${cluster}\nnameserver 172.30.0.10\nnameserver fd00:10:96::a\noptions ndots:5\n`,
  },
  {
    name: 'ClusterFirst has what the host searches once',
    with: { host: parseResolvConf('search lab cluster.local. lab svc.cluster.local\n') },
    want: `search ${cluster} lab\nnameserver 172.30.0.10\noptions ndots:5\n`,
  },
  {
    name: 'ClusterFirst on the host network is Default',
    spec: { dnsPolicy: 'ClusterFirst', hostNetwork: true },
    want: hostFile,
  },
  {
    name: 'ClusterFirstWithHostNet on the host network is ClusterFirst',
    spec: { dnsPolicy: 'ClusterFirstWithHostNet', hostNetwork: true },
    want: clusterFile,
  },
  {
    name: 'ClusterFirstWithHostNet off the host network too',
    spec: { dnsPolicy: 'ClusterFirstWithHostNet' },
    want: clusterFile,
  },
  { name: 'Default is what the host has', spec: { dnsPolicy: 'Default' }, want: hostFile },
  {
    name: 'Default on the host network likewise',
    spec: { dnsPolicy: 'Default', hostNetwork: true },
    want: hostFile,
  },
  {
    name: 'Default leaves what the host repeats',
    spec: { dnsPolicy: 'Default' },
    with: { host: parseResolvConf('nameserver 192.0.2.1\nnameserver 192.0.2.1\nsearch a a\n') },
    want: 'search a a\nnameserver 192.0.2.1\nnameserver 192.0.2.1\n',
  },
  { name: 'Default of an empty file', spec: { dnsPolicy: 'Default' }, with: { host: empty }, want: '' },
  {
    name: 'Default without a host file: the machine itself',
    spec: { dnsPolicy: 'Default' },
    with: { host: undefined },
    want: 'search .\nnameserver 127.0.0.1\n',
  },
  {
    name: 'Default without a host file, on IPv6',
    spec: { dnsPolicy: 'Default' },
    with: { host: undefined, nodeIPs: ['fd00::2'] },
    want: 'search .\nnameserver ::1\n',
  },
  {
    name: 'Default without a host file, on both families',
    spec: { dnsPolicy: 'Default' },
    with: { host: undefined, nodeIPs: ['192.168.0.2', 'fd00::2'] },
    want: 'search .\nnameserver 127.0.0.1\nnameserver ::1\n',
  },
  {
    name: 'None is empty but for what the pod says',
    spec: {
      dnsPolicy: 'None',
      dnsConfig: {
        nameservers: ['203.0.113.1'],
        searches: ['a.example'],
        options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }],
      },
    },
    want: 'search a.example\nnameserver 203.0.113.1\noptions ndots:2 edns0\n',
  },
]);

check('a kubelet without a cluster DNS', [
  {
    name: 'ClusterFirst becomes Default with a warning',
    with: { clusterDNS: [] },
    want: hostFile,
    warnings: [missing('ClusterFirst')],
  },
  {
    name: 'ClusterFirstWithHostNet too',
    spec: { dnsPolicy: 'ClusterFirstWithHostNet', hostNetwork: true },
    with: { clusterDNS: [] },
    want: hostFile,
    warnings: [missing('ClusterFirstWithHostNet')],
  },
  {
    name: 'without a host file: the machine itself',
    with: { clusterDNS: [], host: undefined },
    want: 'search .\nnameserver 127.0.0.1\n',
    warnings: [missing('ClusterFirst')],
  },
  {
    name: 'what does not ask for it is not warned: the host network',
    spec: { hostNetwork: true },
    with: { clusterDNS: [] },
    want: hostFile,
  },
  {
    name: 'what does not ask for it is not warned: Default',
    spec: { dnsPolicy: 'Default' },
    with: { clusterDNS: [] },
    want: hostFile,
  },
  {
    name: 'what does not ask for it is not warned: None',
    spec: { dnsPolicy: 'None', dnsConfig: { nameservers: ['203.0.113.1'] } },
    with: { clusterDNS: [] },
    want: 'nameserver 203.0.113.1\n',
  },
]);

check('dnsConfig', [
  {
    name: 'nameservers and searches are appended in order, without repeats',
    spec: {
      dnsConfig: {
        nameservers: ['203.0.113.1', '172.30.0.10', '203.0.113.1'],
        searches: ['x.example', 'cluster.local', 'lab'],
      },
    },
    want: `search ${cluster} corp.example lab x.example\nnameserver 172.30.0.10\nnameserver 203.0.113.1\noptions ndots:5\n`,
  },
  {
    name: 'options of the pod win by name; others are added',
    spec: { dnsConfig: { options: [{ name: 'edns0' }, { name: 'ndots', value: '1' }] } },
    want: `search ${cluster} corp.example lab\nnameserver 172.30.0.10\noptions ndots:1 edns0\n`,
  },
  {
    name: 'an empty value is none',
    spec: { dnsConfig: { options: [{ name: 'use-vc', value: '' }] } },
    want: `search ${cluster} corp.example lab\nnameserver 172.30.0.10\noptions ndots:5 use-vc\n`,
  },
  {
    name: 'of an option that is given twice the last value counts',
    spec: {
      dnsConfig: {
        options: [
          { name: 'ndots', value: '1' },
          { name: 'ndots', value: '2' },
        ],
      },
    },
    want: `search ${cluster} corp.example lab\nnameserver 172.30.0.10\noptions ndots:2\n`,
  },
  {
    name: 'is added to what the host has, too',
    spec: { dnsPolicy: 'Default', dnsConfig: { searches: ['_x.example', '.'], options: [{ name: 'timeout' }] } },
    want: 'search corp.example lab _x.example .\nnameserver 192.168.0.53\noptions timeout\n',
  },
]);

const nameservers = (count: number) => Array.from({ length: count }, (_, i) => `203.0.113.${i + 1}`);
const none = (dnsConfig: NonNullable<PodSpec['dnsConfig']>): Partial<PodSpec> => ({
  dnsPolicy: 'None',
  dnsConfig: { nameservers: ['203.0.113.1'], ...dnsConfig },
});
const file = (searches: readonly string[]) => `search ${searches.join(' ')}\nnameserver 203.0.113.1\n`;
const domains = (count: number) => Array.from({ length: count }, (_, i) => `d${i + 1}.example`);
const long = (length: number) => 'x'.repeat(length);
/** 2048 characters with the spaces between. */
const fullLine = [
  long(128),
  ...Array.from({ length: 15 }, () => long(127)).map((name, i) => `${name.slice(2)}${10 + i}`),
];

check('limits', [
  {
    name: 'three nameservers',
    spec: none({ nameservers: nameservers(3) }),
    want: nameservers(3)
      .map((ip) => `nameserver ${ip}\n`)
      .join(''),
  },
  {
    name: 'four nameservers are three',
    with: { clusterDNS: nameservers(2), host: undefined },
    spec: { dnsConfig: { nameservers: ['203.0.113.8', '203.0.113.9'] } },
    want: `search ${cluster}\nnameserver 203.0.113.1\nnameserver 203.0.113.2\nnameserver 203.0.113.8\noptions ndots:5\n`,
    warnings: [omittedNameservers('203.0.113.1 203.0.113.2 203.0.113.8')],
  },
  {
    name: 'of the host too',
    spec: { dnsPolicy: 'Default' },
    with: { host: { ...empty, nameservers: nameservers(5) } },
    want: nameservers(3)
      .map((ip) => `nameserver ${ip}\n`)
      .join(''),
    warnings: [omittedNameservers(nameservers(3).join(' '))],
  },
  { name: '32 searches', spec: none({ searches: domains(32) }), want: file(domains(32)) },
  {
    name: 'the 33rd search goes',
    spec: none({ searches: domains(33) }),
    want: file(domains(32)),
    warnings: [omittedSearches(domains(32).join(' '))],
  },
  { name: 'a search of 253 characters', spec: none({ searches: [long(253), 'a'] }), want: file([long(253), 'a']) },
  {
    name: 'a search of 254 characters goes',
    spec: none({ searches: ['a', long(254), 'b'] }),
    want: file(['a', 'b']),
    warnings: [omittedSearches('a b')],
  },
  {
    name: 'what is too long counts among the 32',
    spec: none({ searches: [long(254), ...domains(32)] }),
    want: file(domains(31)),
    warnings: [omittedSearches(domains(31).join(' '))],
  },
  { name: 'a line of 2048 characters', spec: none({ searches: fullLine }), want: file(fullLine) },
  {
    name: 'of a longer line domains are cut from the end',
    spec: none({ searches: [...fullLine, 'b', 'c'] }),
    want: file(fullLine),
    warnings: [omittedSearches(fullLine.join(' '))],
  },
  {
    name: 'each breach has its warning',
    spec: none({ nameservers: nameservers(4), searches: [long(254)] }),
    want: nameservers(3)
      .map((ip) => `nameserver ${ip}\n`)
      .join(''),
    warnings: [omittedNameservers(nameservers(3).join(' ')), omittedSearches('')],
  },
]);

test('fullLine is a full line', () => assert.equal(fullLine.join(' ').length, 2048));
