// Each directive: what its lines say, and what is refused. A table of a directive's text → settings as the printer of
// ../testing/written.ts has them; values that are as by default are left out of the expectations.

import assert from 'node:assert/strict';
import { hostname, networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { settingsOf, written } from '../testing/written.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Of a block for example.org with these lines alone. */
async function said(lines: string): Promise<Record<string, unknown>> {
  const [, ...printed] = written(await settingsOf(`example.org {\n${lines}\n}\n`)).split('\n');
  const entries = printed.map((line) => /^ {2}(\w+) (.*)$/.exec(line) as unknown as [string, string, string]);
  return Object.fromEntries(entries.map(([, name, value]) => [name, JSON.parse(value)]));
}

/** A Kubernetes directive on top: others need one. */
const cluster = 'kubernetes cluster.local {\n pods verified\n}';

const values: readonly (readonly [lines: string, name: string, want: unknown])[] = [
  ['bufsize', 'bufsize', 1232],
  ['bufsize 512', 'bufsize', 512],
  ['bufsize 4096', 'bufsize', 4096],
  ['cancel', 'cancel', { timeoutMs: 5001 }],
  ['cancel 1.5s', 'cancel', { timeoutMs: 1500 }],
  ['chaos', 'chaos', { authors: [] }],
  ['chaos Portolan-1 z@test "a b"', 'chaos', { version: 'Portolan-1', authors: ['a b', 'z@test'] }],
  ['debug', 'debug', true],
  ['any\nany', 'any', true],
  ['local', 'local', true],
  ['minimal', 'minimal', true],
  ['errors', 'errors', { consolidate: [] }],
  [
    'errors stdout {\n stacktrace\n consolidate 5m ".* timeout$" warning show_first\n consolidate 30s ^x\n}',
    'errors',
    {
      consolidate: [
        { periodMs: 300_000, pattern: '/.* timeout$/u', level: 'warn', showFirst: true },
        { periodMs: 30_000, pattern: '/^x/u', level: 'error', showFirst: false },
      ],
    },
  ],
  ['health', 'health', { host: '', port: 8080, lameduckMs: 0 }],
  ['health [::1]:80 {\n lameduck 1m30s\n}', 'health', { host: '::1', port: 80, lameduckMs: 90_000 }],
  ['ready localhost:1', 'ready', { host: '127.0.0.1', port: 1, monitor: 'until-ready' }],
  ['ready {\n monitor continuously\n}', 'ready', { host: '', port: 8181, monitor: 'continuously' }],
  ['prometheus', 'prometheus', { host: '127.0.0.1', port: 9153 }],
  ['reload', 'reload', { intervalMs: 30_000, jitterMs: 15_000 }],
  ['reload 2s', 'reload', { intervalMs: 2000, jitterMs: 1000 }],
  ['reload 10s 0s', 'reload', { intervalMs: 10_000, jitterMs: 0 }],
  ['loop', 'loop', { zone: 'example.org.' }],
  ['multisocket 4', 'multisocket', { sockets: 4 }],
  ['nsid', 'nsid', { data: hostname() }],
  ['nsid local dns', 'nsid', { data: 'local dns' }],
  ['loadbalance round_robin', 'loadbalance', { policy: 'round_robin', prefer: [] }],
  [
    'loadbalance {\n prefer 10.0.0.0/8 fd00::/8\n prefer 192.0.2.0/24\n}',
    'loadbalance',
    {
      policy: 'round_robin',
      prefer: [
        { family: 'IPv4', base: String(10n << 24n), prefix: 8 },
        { family: 'IPv6', base: String(0xfdn << 120n), prefix: 8 },
        { family: 'IPv4', base: String(0xc0000200n), prefix: 24 },
      ],
    },
  ],
  ['tls cert.pem /key.pem', 'tls', { cert: 'cert.pem', key: '/key.pem', clientAuth: 'nocert' }],
  [
    'root /etc/tls\ntls cert.pem /key.pem ca.pem {\n client_auth require_and_verify\n}',
    'tls',
    { cert: '/etc/tls/cert.pem', key: '/key.pem', ca: '/etc/tls/ca.pem', clientAuth: 'require_and_verify' },
  ],
  [`${cluster}\nautopath @kubernetes`, 'autopath', { zones: ['example.org.'], search: { from: 'kubernetes' } }],
  [
    'autopath a.test b.test resolv.conf',
    'autopath',
    { zones: ['a.test.', 'b.test.'], search: { from: 'file', file: 'resolv.conf' } },
  ],
  [
    `${cluster}\ntransfer {\n to 192.0.2.1 [2001:db8::1]:54\n}`,
    'transfer',
    [
      {
        zones: ['example.org.'],
        to: [
          { host: '192.0.2.1', port: 53 },
          { host: '2001:db8::1', port: 54 },
        ],
      },
    ],
  ],
  [`${cluster}\ntransfer a.test {\n to 192.0.2.1\n to *\n}`, 'transfer', [{ zones: ['a.test.'], to: '*' }]],
  [
    `${cluster}\nk8s_external`,
    'k8s_external',
    { zones: ['example.org.'], ttl: 5, apex: 'dns', headless: false, fallthrough: [] },
  ],
  [
    `${cluster}\nk8s_external a.test {\n ttl 0\n apex NS\n headless\n fallthrough\n}`,
    'k8s_external',
    { zones: ['a.test.'], ttl: 0, apex: 'ns', headless: true, fallthrough: ['.'] },
  ],
];

/** For the name of a test. */
const inOneLine = (lines: string): string => lines.replaceAll(/\n\s*/g, '; ');

for (const [lines, name, want] of values) {
  test(inOneLine(lines), async () => assert.deepEqual((await said(lines))[name], want));
}

/** Those that have many defaults: only what differs from them is said here. */
async function differs(lines: string, plain: string, name: string): Promise<Fields> {
  const [of, ordinary] = [(await said(lines))[name], (await said(plain))[name]].map(
    (value) => (Array.isArray(value) ? value[0] : value) as Fields,
  ) as [Fields, Fields];
  const changed = Object.entries(of).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(ordinary[key]));
  return Object.fromEntries(changed);
}

const share = { capacity: 9984, minTtl: 5, disabled: [] };
const stale = {
  durationMs: 3_600_000,
  refresh: 'immediate',
  verifyTimeoutMs: 0,
  ttl: 0,
  recheckMs: 0,
  preferPositive: false,
};

const caches: readonly (readonly [lines: string, want: Fields])[] = [
  ['cache 60', { success: { ...share, maxTtl: 60 }, denial: { ...share, maxTtl: 60 } }],
  ['cache 3600 1a.test b.test', { zones: ['1a.test.', 'b.test.'], denial: { ...share, maxTtl: 3600 } }],
  ['cache a.test', { zones: ['a.test.'] }],
  [
    'cache {\n success 5000\n denial 2000 10 0\n}',
    {
      success: { ...share, capacity: 5000, maxTtl: 3600 },
      denial: { ...share, capacity: 2000, maxTtl: 10, minTtl: 0 },
    },
  ],
  ['cache {\n success 1\n}', { success: { ...share, capacity: 1024, maxTtl: 3600 } }],
  [
    'cache {\n disable success\n disable denial a.test 10.0.0.0/8\n}',
    {
      success: { ...share, maxTtl: 3600, disabled: ['.'] },
      denial: { ...share, maxTtl: 1800, disabled: ['a.test.', '10.in-addr.arpa.'] },
    },
  ],
  ['cache {\n prefetch 0\n}', {}],
  ['cache {\n prefetch 5\n}', { prefetch: { amount: 5, durationMs: 60_000, percentage: 10 } }],
  ['cache {\n prefetch 5 2m 25%\n}', { prefetch: { amount: 5, durationMs: 120_000, percentage: 25 } }],
  ['cache {\n servfail 0\n keepttl\n}', { servfailMs: 0, keepTtl: true }],
  ['cache {\n serve_stale\n}', { serveStale: stale }],
  [
    'cache {\n serve_stale 10m IMMEDIATE 30s 1m\n}',
    { serveStale: { ...stale, durationMs: 600_000, ttl: 30, recheckMs: 60_000 } },
  ],
  [
    'cache {\n serve_stale 1h verify 500ms 30s 5m\n serve_stale_policy prefer_positive\n}',
    {
      serveStale: {
        ...stale,
        refresh: 'verify',
        verifyTimeoutMs: 500,
        ttl: 30,
        recheckMs: 300_000,
        preferPositive: true,
      },
    },
  ],
];

for (const [lines, want] of caches) {
  test(inOneLine(lines), async () => assert.deepEqual(await differs(lines, 'cache', 'cache'), want));
}

const dns = (host: string, port = 53): Fields => ({ transport: 'dns', host, port });

const forwards: readonly (readonly [lines: string, want: Fields])[] = [
  ['forward a.test 192.0.2.9', { zone: 'a.test.' }],
  ['forward 10.0.0.0/8 192.0.2.9', { zone: '10.in-addr.arpa.' }],
  ['forward . 192.0.2.1 192.0.2.2:54', { to: [dns('192.0.2.1'), dns('192.0.2.2', 54)] }],
  [
    'forward . dns://2001:db8::1 [2001:db8::2]:54 fe80::1%eth0',
    { to: [dns('2001:db8::1'), dns('2001:db8::2', 54), dns('fe80::1%eth0')] },
  ],
  [
    'forward . tls://192.0.2.1 tls://192.0.2.2%dns.test:8853 tls://[2001:db8::1%dns.test]:854 https://192.0.2.3',
    {
      to: [
        { transport: 'tls', host: '192.0.2.1', port: 853 },
        { transport: 'tls', host: '192.0.2.2', port: 8853, serverName: 'dns.test' },
        { transport: 'tls', host: '2001:db8::1', port: 854, serverName: 'dns.test' },
        { transport: 'https', host: '192.0.2.3', port: 443 },
      ],
    },
  ],
  ['forward . /etc/resolv.conf 192.0.2.9', { to: [{ file: '/etc/resolv.conf' }, dns('192.0.2.9')] }],
  ['root /etc\nforward . resolv.conf', { to: [{ file: '/etc/resolv.conf' }] }],
  ['forward . 192.0.2.9 {\n except a.test b.test\n except c.test\n}', { except: ['a.test.', 'b.test.', 'c.test.'] }],
  [
    'forward . 192.0.2.9 {\n policy round_robin\n force_tcp\n prefer_udp\n}',
    { policy: 'round_robin', forceTcp: true, preferUdp: true },
  ],
  [
    'forward . 192.0.2.9 {\n expire 20s\n max_fails 0\n max_concurrent 10\n}',
    { expireMs: 20_000, maxFails: 0, maxConcurrent: 10 },
  ],
  ['forward . 192.0.2.9 {\n max_connect_attempts 3\n}', { maxConnectAttempts: 3 }],
  ['forward . 192.0.2.9 {\n tls\n tls_servername dns.test\n}', { tlsServerName: 'dns.test' }],
  ['forward . 192.0.2.9 {\n tls ca\n}', { tls: { ca: 'ca' } }],
  ['forward . 192.0.2.9 {\n tls cert key\n}', { tls: { cert: 'cert', key: 'key' } }],
  ['root /r\nforward . 192.0.2.9 {\n tls cert key ca\n}', { tls: { cert: '/r/cert', key: '/r/key', ca: '/r/ca' } }],
  [
    'forward . 192.0.2.9 {\n health_check 1s\n}',
    { healthCheck: { intervalMs: 1000, recursionDesired: true, domain: '.' } },
  ],
  [
    'forward . 192.0.2.9 {\n health_check 1s domain a.test no_rec\n}',
    { healthCheck: { intervalMs: 1000, recursionDesired: false, domain: 'a.test.' } },
  ],
  [
    'forward . 192.0.2.9 {\n next nxdomain NOERROR\n failover SERVFAIL REFUSED\n failfast_all_unhealthy_upstreams\n}',
    { next: [3, 0], failover: [2, 5], failfastAllUnhealthyUpstreams: true },
  ],
];

for (const [lines, want] of forwards) {
  test(inOneLine(lines), async () => assert.deepEqual(await differs(lines, 'forward . 192.0.2.9', 'forward'), want));
}

test('several forwards stay in their order', async () => {
  const lines = 'forward . 192.0.2.1\nforward a.test 192.0.2.2';
  const { forward } = await said(lines);
  assert.deepEqual(
    (forward as Fields[]).map(({ zone }) => zone),
    ['.', 'a.test.'],
  );
});

const kubernetes: readonly (readonly [properties: string, want: Fields])[] = [
  ['pods insecure', { pods: 'insecure' }],
  ['endpoint http://127.0.0.1:8080 http://127.0.0.2:8080', { api: { by: 'endpoint', url: 'http://127.0.0.1:8080' } }],
  [
    'tls cert key ca\n endpoint https://api.test:6443',
    { api: { by: 'endpoint', url: 'https://api.test:6443', tls: { cert: 'cert', key: 'key', ca: 'ca' } } },
  ],
  ['tls cert key ca', {}],
  ['kubeconfig /k', { api: { by: 'kubeconfig', file: '/k' } }],
  ['kubeconfig /k admin\n endpoint http://127.0.0.1', { api: { by: 'kubeconfig', file: '/k', context: 'admin' } }],
  ['apiserver_qps 2.5\n apiserver_burst 10\n apiserver_max_inflight 0', { apiserverQps: 2.5, apiserverBurst: 10 }],
  ['namespaces a b\n namespaces c', { namespaces: ['a', 'b', 'c'] }],
  ['labels environment in (staging, qa),app=nginx', { labels: 'environment in (staging, qa),app=nginx' }],
  ['namespace_labels istio-injection=enabled', { namespaceLabels: 'istio-injection=enabled' }],
  [
    'endpoint_pod_names\n noendpoints\n ignore empty_service',
    { endpointPodNames: true, endpoints: false, ignoreEmptyService: true },
  ],
  ['ttl 0\n fallthrough\n startup_timeout 1m', { ttl: 0, fallthrough: ['.'], startupTimeoutMs: 60_000 }],
  ['fallthrough 10.0.0.0/15 a.test', { fallthrough: ['0.10.in-addr.arpa.', '1.10.in-addr.arpa.', 'a.test.'] }],
  ['zonal\n multicluster', { zonal: true }],
  ['multicluster example.org', { multicluster: ['example.org.'] }],
];

for (const [properties, want] of kubernetes) {
  test(inOneLine(`kubernetes {\n ${properties}\n}`), async () => {
    assert.deepEqual(await differs(`kubernetes {\n ${properties}\n}`, 'kubernetes', 'kubernetes'), want);
  });
}

const hosts: readonly (readonly [lines: string, want: Fields])[] = [
  ['hosts /a a.test b.test', { file: '/a', zones: ['a.test.', 'b.test.'] }],
  ['root /r\nhosts a', { file: '/r/a' }],
  [
    'hosts {\n 192.0.2.1 a.test b.test\n no_reverse\n ttl 1\n reload 0s\n fallthrough a.test\n 2001:db8::1 c.test\n}',
    {
      inline: ['192.0.2.1 a.test b.test', '2001:db8::1 c.test'],
      reverse: false,
      ttl: 1,
      reloadMs: 0,
      fallthrough: ['a.test.'],
    },
  ],
];

for (const [lines, want] of hosts) {
  test(inOneLine(lines), async () => assert.deepEqual(await differs(lines, 'hosts', 'hosts'), want));
}

test('log: zones, a format, classes', async () => {
  const { log } = await said(
    'log a.test b.test "{combined} {name}" {\n class denial error\n class error\n}\nlog\nlog "{name}"',
  );
  const common =
    '{remote}:{port} - {>id} "{type} {class} {name} {proto} {size} {>do} {>bufsize}" {rcode} {>rflags} {rsize} {duration}';
  const format = `${common} "{>opcode}" {name}`;
  const classes = ['denial', 'error'];
  assert.deepEqual(log, [
    { zone: 'a.test.', format, classes },
    { zone: 'b.test.', format, classes },
    { zone: '.', format: common, classes: ['all'] },
    { zone: '.', format: '{name}', classes: ['all'] },
  ]);
});

test('rewrite: each match, in a line or in a block, with what becomes of the answer', async () => {
  const { rewrite } = await said(`
    rewrite name A.test b.test.
    rewrite continue name prefix a b
    rewrite name suffix .a.test .b.test answer auto
    rewrite stop {
      name regex (.*)-(eu)\\.a\\.test\\.$ {1}.{2}.b.test
      answer name (.*)\\.b\\.test {1}.a.test value x y
    }`);
  const rule = { field: 'name', answers: [], next: 'stop' };
  assert.deepEqual(rewrite, [
    { ...rule, match: { type: 'exact', from: 'a.test.', to: 'b.test.' } },
    { ...rule, match: { type: 'prefix', from: 'a.', to: 'b.' }, next: 'continue' },
    { ...rule, match: { type: 'suffix', from: '.a.test.', to: '.b.test.' }, answers: [{ type: 'auto' }] },
    {
      ...rule,
      match: { type: 'regex', from: '/(.*)-(eu)\\.a\\.test\\.$/u', to: '{1}.{2}.b.test.' },
      answers: [
        { type: 'name', from: '/(.*)\\.b\\.test/u', to: '{1}.a.test.' },
        { type: 'value', from: '/x/u', to: 'y.' },
      ],
    },
  ]);
});

test('acl: actions with types and ranges', async () => {
  const { acl } = await said('acl a.test {\n allow net 10.0.0.0/8 192.0.2.1\n block type AAAA TYPE65 net *\n drop\n}');
  assert.deepEqual(acl, [
    {
      zones: ['a.test.'],
      policies: [
        {
          action: 'allow',
          sources: [
            { family: 'IPv4', base: String(10n << 24n), prefix: 8 },
            { family: 'IPv4', base: String(0xc0000201n), prefix: 32 },
          ],
        },
        { action: 'block', types: [28, 65] },
        { action: 'drop' },
      ],
    },
  ]);
});

test('template: class, type, and records as they are', async () => {
  const { template } = await said(
    'template IN AAAA\ntemplate ANY TYPE65 a.test {\n match ^x\n answer "{{ .Name }} 60 IN A 192.0.2.1"\n rcode REFUSED\n fallthrough\n}',
  );
  const none = { match: [], answer: [], authority: [], additional: [], rcode: 0, fallthrough: [] };
  assert.deepEqual(template, [
    { ...none, zones: ['example.org.'], class: 1, type: 28 },
    {
      ...none,
      zones: ['a.test.'],
      type: 65,
      match: ['/^x/u'],
      answer: ['{{ .Name }} 60 IN A 192.0.2.1'],
      rcode: 5,
      fallthrough: ['.'],
    },
  ]);
});

test('bind: addresses and interfaces, without those excepted', async () => {
  const loopback = networkInterfaces().lo?.map(({ address }) => address) ?? [];
  const hostsOf = async (lines: string) =>
    (await settingsOf(`a.test {\n${lines}\n}\n`)).servers[0]?.keys.map(({ host }) => host);
  assert.deepEqual(await hostsOf('bind 192.0.2.1 2001:db8::1\nbind 192.0.2.1 192.0.2.2'), [
    '192.0.2.1',
    '2001:db8::1',
    '192.0.2.2',
  ]);
  assert.deepEqual(await hostsOf('bind lo'), loopback);
  assert.deepEqual(await hostsOf('bind lo 192.0.2.1 {\n except lo\n}'), ['192.0.2.1']);
  await assert.rejects(hostsOf('bind lo {\n except lo\n}'), {
    message: 'Corefile:2: bind: no address is left after except',
  });
});

test('directives of a block come in the order in which queries pass them', async () => {
  const { servers } = await settingsOf('. {\n forward . 192.0.2.1\n cache\n kubernetes a.test\n errors\n log\n}\n');
  assert.deepEqual(Object.keys(servers[0]?.directives ?? {}), ['errors', 'log', 'cache', 'kubernetes', 'forward']);
});
