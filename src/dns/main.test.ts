import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatCidr } from '#lib/cidr.ts';
import { parseDnsOptions } from './main.ts';

test('flags become options, with defaults and the environment', () => {
  const { reverseCidrs, ...options } = parseDnsOptions(['--listen', '10.96.0.10:53', '--listen', '[fd00::a]:53'], {
    KUBECONFIG: '/k',
  });
  assert.deepEqual(reverseCidrs, []);
  assert.deepEqual(options, {
    kubeconfig: '/k',
    listen: [
      { host: '10.96.0.10', port: 53 },
      { host: 'fd00::a', port: 53 },
    ],
    domain: 'cluster.local',
    resolvConf: '/etc/resolv.conf',
    ttl: 5,
  });
  const more = parseDnsOptions(
    ['--kubeconfig', 'f', '--reverse-cidrs', '10.96.0.0/12,10.244.0.0/16', '--resolv-conf', '', '--ttl', '30'],
    {},
  );
  assert.deepEqual(more.reverseCidrs?.map(formatCidr), ['10.96.0.0/12', '10.244.0.0/16']);
  assert.deepEqual([more.resolvConf, more.ttl, more.listen], [undefined, 30, [{ host: '0.0.0.0', port: 53 }]]);
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
