// dns.md §14.2.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PodSpec } from '#api/index.ts';
import { type HostAliases, hostNetworkHostsFile, hostsFile, podNames } from './hosts.ts';

const pod = (name: string, spec: Partial<PodSpec> = {}) => ({
  metadata: { name, namespace: 'shop' },
  spec: { containers: [], ...spec },
});
const domain = 'db.shop.svc.cluster.local';
const cases: { name: string; pod: ReturnType<typeof pod>; want: ReturnType<typeof podNames> }[] = [
  { name: 'pod name', pod: pod('web-1'), want: { hostname: 'web-1', domain: '', kernelHostname: 'web-1' } },
  {
    name: 'cut to 63, no dash at the end',
    pod: pod(`${'a'.repeat(62)}-bcd`),
    want: { hostname: 'a'.repeat(62), domain: '', kernelHostname: 'a'.repeat(62) },
  },
  {
    name: 'of a longer name all dashes and dots that would be last go',
    pod: pod(`${'a'.repeat(60)}.-.bcd`),
    want: { hostname: 'a'.repeat(60), domain: '', kernelHostname: 'a'.repeat(60) },
  },
  {
    name: '63 characters stay',
    pod: pod('a'.repeat(63)),
    want: { hostname: 'a'.repeat(63), domain: '', kernelHostname: 'a'.repeat(63) },
  },
  { name: 'dots', pod: pod('web.v1'), want: { hostname: 'web.v1', domain: '', kernelHostname: 'web.v1' } },
  {
    name: 'hostname without subdomain',
    pod: pod('db-0', { hostname: 'first' }),
    want: { hostname: 'first', domain: '', kernelHostname: 'first' },
  },
  {
    name: 'subdomain without hostname',
    pod: pod('db-0', { subdomain: 'db' }),
    want: { hostname: 'db-0', domain, kernelHostname: 'db-0' },
  },
  {
    name: 'hostname and subdomain',
    pod: pod('db-0', { hostname: 'first', subdomain: 'db' }),
    want: { hostname: 'first', domain, kernelHostname: 'first' },
  },
  {
    name: 'setHostnameAsFQDN',
    pod: pod('db-0', { subdomain: 'db', setHostnameAsFQDN: true }),
    want: { hostname: 'db-0', domain, kernelHostname: `db-0.${domain}` },
  },
  {
    name: 'setHostnameAsFQDN without subdomain does nothing',
    pod: pod('db-0', { setHostnameAsFQDN: true }),
    want: { hostname: 'db-0', domain: '', kernelHostname: 'db-0' },
  },
];
for (const { name, pod, want } of cases) {
  test(`podNames: ${name}`, () => assert.deepEqual(podNames(pod, 'cluster.local'), want));
}
test('podNames: an FQDN of 64 characters fits into the kernel, a longer one is refused', () => {
  const named = (length: number, spec: Partial<PodSpec>) =>
    podNames(pod('a'.repeat(length - domain.length - 1), { subdomain: 'db', ...spec }), 'cluster.local');
  assert.equal(named(64, { setHostnameAsFQDN: true }).kernelHostname.length, 64);
  assert.throws(
    () => named(65, { setHostnameAsFQDN: true }),
    /"a{39}\.db\.shop\.svc\.cluster\.local".* longer than 64/,
  );
  for (const setHostnameAsFQDN of [false, undefined]) {
    assert.equal(named(65, { setHostnameAsFQDN }).kernelHostname, 'a'.repeat(65 - domain.length - 1));
  }
});

const header = `# Kubernetes-managed hosts file.
127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
fe00::0\tip6-mcastprefix
fe00::1\tip6-allnodes
fe00::2\tip6-allrouters
`;
const files: { name: string; names: [string, string]; ips: string[]; aliases?: HostAliases; want: string }[] = [
  { name: 'a host name', names: ['web', ''], ips: ['10.0.0.5'], want: '10.0.0.5\tweb\n' },
  { name: 'a domain', names: ['db-0', domain], ips: ['10.0.0.5'], want: `10.0.0.5\tdb-0.${domain}\tdb-0\n` },
  {
    name: 'an address of each family',
    names: ['db-0', domain],
    ips: ['10.0.0.5', 'fd00::5'],
    want: `10.0.0.5\tdb-0.${domain}\tdb-0\nfd00::5\tdb-0.${domain}\tdb-0\n`,
  },
  { name: 'no aliases', names: ['web', ''], ips: ['10.0.0.5'], aliases: [], want: '10.0.0.5\tweb\n' },
  {
    name: 'aliases, a line each',
    names: ['web', ''],
    ips: ['10.0.0.5'],
    aliases: [
      { ip: '203.0.113.9', hostnames: ['a.example', 'b.example'] },
      { ip: 'fd00::9', hostnames: ['c'] },
    ],
    want: `10.0.0.5\tweb\n\n# Entries added by HostAliases.\n203.0.113.9\ta.example\tb.example\nfd00::9\tc\n`,
  },
];
for (const { name, names, ips, aliases, want } of files) {
  test(`hostsFile: ${name}`, () => {
    const [hostname, domain] = names;
    assert.equal(hostsFile({ hostname, domain }, ips, aliases), header + want);
  });
}
test('hostNetworkHostsFile', () => {
  const header = '# Kubernetes-managed hosts file (host network).\n';
  const node = { addresses: ['10.254.0.11', 'fd00:10:254::b'], name: 'n1' };
  for (const [nodeFile, aliases, want] of [
    ['127.0.0.1 localhost\n', undefined, '127.0.0.1 localhost\n10.254.0.11\tn1\nfd00:10:254::b\tn1\n'],
    ['127.0.0.1 localhost', undefined, '127.0.0.1 localhost\n10.254.0.11\tn1\nfd00:10:254::b\tn1\n'],
    ['', undefined, '10.254.0.11\tn1\nfd00:10:254::b\tn1\n'],
    [
      '127.0.0.1 localhost\n',
      [{ ip: '203.0.113.9', hostnames: ['a.example'] }],
      '127.0.0.1 localhost\n10.254.0.11\tn1\nfd00:10:254::b\tn1\n\n# Entries added by HostAliases.\n203.0.113.9\ta.example\n',
    ],
  ] satisfies [string, HostAliases | undefined, string][]) {
    assert.equal(hostNetworkHostsFile(nodeFile, node, aliases), header + want);
  }
});
