// dns.md §14.1.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type PodDnsInput, parseResolvConf, podDns } from './resolv-conf.ts';

const host = parseResolvConf(
  '# made by hand\nsearch old\nsearch corp.example. lab\nnameserver 192.168.0.53\noptions timeout:2\n',
);

test('parseResolvConf: last search wins, trailing dots and comments go', () => {
  assert.deepEqual(host, { nameservers: ['192.168.0.53'], searches: ['corp.example', 'lab'], options: ['timeout:2'] });
});
test('parseResolvConf: nameserver without address is an error', () => {
  assert.throws(() => parseResolvConf('nameserver\n'), /without an address/);
});

const input: PodDnsInput = {
  spec: {},
  namespace: 'shop',
  clusterDNS: ['172.30.0.10'],
  clusterDomain: 'cluster.local',
  host,
  nodeIP: '192.168.0.2',
};
const cases: { name: string; change: Partial<PodDnsInput>; want: string; reasons?: string[] }[] = [
  {
    name: 'ClusterFirst',
    change: {},
    want: 'search shop.svc.cluster.local svc.cluster.local cluster.local corp.example lab\nnameserver 172.30.0.10\noptions ndots:5\n',
  },
  {
    name: 'ClusterFirst on the host network is Default',
    change: { spec: { dnsPolicy: 'ClusterFirst', hostNetwork: true } },
    want: 'search corp.example lab\nnameserver 192.168.0.53\noptions timeout:2\n',
  },
  {
    name: 'ClusterFirstWithHostNet',
    change: { spec: { dnsPolicy: 'ClusterFirstWithHostNet', hostNetwork: true }, host: undefined },
    want: 'search shop.svc.cluster.local svc.cluster.local cluster.local\nnameserver 172.30.0.10\noptions ndots:5\n',
  },
  {
    name: 'Default without a host file',
    change: { spec: { dnsPolicy: 'Default' }, host: undefined },
    want: 'search .\nnameserver 127.0.0.1\n',
  },
  {
    name: 'None with dnsConfig',
    change: {
      spec: {
        dnsPolicy: 'None',
        dnsConfig: {
          nameservers: ['203.0.113.1'],
          searches: ['a.example'],
          options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }],
        },
      },
    },
    want: 'search a.example\nnameserver 203.0.113.1\noptions ndots:2 edns0\n',
  },
  {
    name: 'dnsConfig is appended without repeats, its options win',
    change: {
      spec: {
        dnsConfig: {
          nameservers: ['172.30.0.10', '203.0.113.1'],
          searches: ['cluster.local', 'x.example'],
          options: [{ name: 'ndots', value: '1' }],
        },
      },
      host: undefined,
    },
    want: 'search shop.svc.cluster.local svc.cluster.local cluster.local x.example\nnameserver 172.30.0.10\nnameserver 203.0.113.1\noptions ndots:1\n',
  },
  {
    name: 'no cluster DNS: Default and a warning',
    change: { clusterDNS: [] },
    want: 'search corp.example lab\nnameserver 192.168.0.53\noptions timeout:2\n',
    reasons: ['MissingClusterDNS'],
  },
  {
    name: 'more than three nameservers, and a search too long',
    change: {
      spec: {
        dnsPolicy: 'None',
        dnsConfig: { nameservers: ['1.1.1.1', '2.2.2.2', '3.3.3.3', '4.4.4.4'], searches: ['ok', 'x'.repeat(254)] },
      },
    },
    want: 'search ok\nnameserver 1.1.1.1\nnameserver 2.2.2.2\nnameserver 3.3.3.3\n',
    reasons: ['DNSConfigForming', 'DNSConfigForming'],
  },
];
for (const { name, change, want, reasons = [] } of cases) {
  test(`podDns: ${name}`, () => {
    const { text, warnings } = podDns({ ...input, ...change });
    assert.equal(text, want);
    assert.deepEqual(
      warnings.map(({ reason }) => reason),
      reasons,
    );
  });
}

test('podDns: the search line has at most 32 domains and 2048 characters', () => {
  const many = Array.from({ length: 40 }, (_, i) => `d${i}.example`);
  const long = Array.from({ length: 20 }, (_, i) => `${i}${'y'.repeat(200)}`);
  for (const [searches, want] of [
    [many, 32],
    [long, 10],
  ] as const) {
    const spec = { dnsPolicy: 'None', dnsConfig: { nameservers: ['1.1.1.1'], searches } };
    const line = podDns({ ...input, spec }).text.split('\n')[0] ?? '';
    assert.equal(line.split(' ').length - 1, want);
    assert.ok(line.length - 'search '.length <= 2048);
  }
});
