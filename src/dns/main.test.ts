import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDnsOptions } from './main.ts';
import { formatName } from './wire/index.ts';

test('flags become settings, with defaults and the environment', () => {
  const flags = ['--listen', '10.96.0.10:53', '--listen', '[fd00::a]:53'];
  const { servers } = parseDnsOptions(flags, { KUBECONFIG: '/k' });
  assert.deepEqual(servers[0]?.keys, [
    { transport: 'dns', zone: '', host: '10.96.0.10', port: 53 },
    { transport: 'dns', zone: '', host: 'fd00::a', port: 53 },
  ]);
  const { kubernetes, forward } = servers[0]?.directives ?? {};
  assert.deepEqual(kubernetes?.api, { by: 'kubeconfig', file: '/k' });
  assert.deepEqual(kubernetes?.zones.map(formatName), ['cluster.local.']);
  assert.equal(kubernetes?.ttl, 5);
  assert.deepEqual(forward?.[0]?.to, [{ file: '/etc/resolv.conf' }]);
});

test('without resolvers only the zones of the cluster are served', () => {
  const { servers } = parseDnsOptions(
    ['--kubeconfig', 'f', '--reverse-cidrs', '10.96.0.0/16,10.244.0.0/16', '--resolv-conf', '', '--ttl', '30'],
    {},
  );
  const zones = ['cluster.local.', '96.10.in-addr.arpa.', '244.10.in-addr.arpa.'];
  assert.deepEqual(
    servers[0]?.keys.map(({ zone }) => formatName(zone)),
    zones,
  );
  assert.deepEqual(servers[0]?.directives.kubernetes?.zones.map(formatName), zones);
  assert.deepEqual([servers[0]?.directives.forward, servers[0]?.directives.kubernetes?.ttl], [undefined, 30]);
  assert.deepEqual([servers[0]?.keys[0]?.host, servers[0]?.keys[0]?.port], ['0.0.0.0', 53]);
});

test('wrong flags are refused with their name', () => {
  const cases: [argv: string[], want: RegExp][] = [
    [[], /--kubeconfig is missing/],
    [['--kubeconfig', 'f', '--listen', 'localhost:53'], /--listen "localhost:53"/],
    [['--kubeconfig', 'f', '--listen', '10.0.0.1:70000'], /--listen/],
    [['--kubeconfig', 'f', '--ttl', '3601'], /--ttl "3601"/],
    [['--kubeconfig', 'f', '--reverse-cidrs', '10.0.0.0'], /--reverse-cidrs "10.0.0.0"/],
    [['--kubeconfig', 'f', '--nonsense'], /nonsense/],
  ];
  for (const [argv, want] of cases) assert.throws(() => parseDnsOptions(argv, {}), want);
});
