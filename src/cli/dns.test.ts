import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { formatName } from '#dns/wire/index.ts';
import { workersOf } from '#dns/workers/count.ts';
import { UserError } from '#lib/user-error.ts';
import { parseOptions } from './command.ts';
import { dns, sourceOf } from './dns.ts';

const source = (argv: readonly string[], env: NodeJS.ProcessEnv = {}) => sourceOf(parseOptions(dns, argv), env);
const serversOf = async (argv: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  (await source(argv, env).read()).settings.servers;

test('flags become settings, with defaults and the environment', async () => {
  const servers = await serversOf(['--listen', '10.96.0.10:53', '--listen', '[fd00::a]:53'], { KUBECONFIG: '/k' });
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

test('without resolvers only the zones of the cluster are served', async () => {
  const ranges = ['--reverse-cidrs', '10.96.0.0/16, 10.244.0.0/16', '--reverse-cidrs', 'fd00:96::/112'];
  const servers = await serversOf(['--kubeconfig', 'f', ...ranges, '--resolv-conf', '', '--ttl', '30']);
  const zones = [
    'cluster.local.',
    '96.10.in-addr.arpa.',
    '244.10.in-addr.arpa.',
    '0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.6.9.0.0.0.0.d.f.ip6.arpa.',
  ];
  assert.deepEqual(
    servers[0]?.keys.map(({ zone }) => formatName(zone)),
    zones,
  );
  assert.deepEqual(servers[0]?.directives.kubernetes?.zones.map(formatName), zones);
  assert.deepEqual([servers[0]?.directives.forward, servers[0]?.directives.kubernetes?.ttl], [undefined, 30]);
  assert.deepEqual([servers[0]?.keys[0]?.host, servers[0]?.keys[0]?.port], ['0.0.0.0', 53]);
});

test('what is served over HTTP beside DNS is told by flags, and nothing is without them', async () => {
  const flags = ['--metrics-bind-address', '0.0.0.0:9153', '--ready-bind-address', '[::]:8181'];
  const health = ['--health-bind-address', '127.0.0.1:8080', '--lameduck', '5s'];
  const directives = async (argv: string[]) => (await serversOf(['--kubeconfig', 'f', ...argv]))[0]?.directives;
  const told = await directives([...flags, ...health]);
  assert.deepEqual(told?.prometheus, { host: '0.0.0.0', port: 9153 });
  assert.deepEqual(told?.health, { host: '127.0.0.1', port: 8080, lameduckMs: 5000 });
  assert.deepEqual(told?.ready, { host: '::', port: 8181, monitor: 'until-ready' });
  const { prometheus, health: none, ready } = (await directives([])) ?? {};
  assert.deepEqual([prometheus, none, ready], [undefined, undefined, undefined]);
});

test('--workers says how many processes answer, also in place of what a Corefile says', async (t) => {
  const file = join(await mkdtemp(join(tmpdir(), 'dns-')), 'Corefile');
  t.after(() => rm(dirname(file), { recursive: true }));
  await writeFile(file, 'a.test {\n multisocket 3\n}\nb.test {\n}\n');
  const counted = async (...argv: string[]) => workersOf((await source(argv).read()).settings);
  assert.equal(await counted('--kubeconfig', 'f'), 1);
  assert.equal(await counted('--kubeconfig', 'f', '--workers', '2'), 2);
  assert.equal(await counted('--corefile', file), 3);
  assert.equal(await counted('--corefile', file, '--workers', '2'), 2);
});

test('wrong flags are refused with their name', () => {
  const cases: [argv: string[], want: RegExp][] = [
    [['--listen', 'localhost:53'], /^--listen: "localhost:53" is not an address with a port/],
    [['--listen', '10.0.0.1:70000'], /^--listen: "10\.0\.0\.1:70000" is not/],
    [['--listen', ''], /^--listen: an address with a port is missing/],
    [['--ttl', '3601'], /^--ttl 3601: must be a whole number from 0 to 3600/],
    [['--reverse-cidrs', '10.0.0.0'], /^--reverse-cidrs: "10\.0\.0\.0" is not an address range/],
    [['--domain', 'a..b'], /^--domain a\.\.b: is no name/],
    [['--lameduck', '5s'], /^--lameduck: needs --health-bind-address/],
    [['--lameduck', '5'], /^--lameduck 5: must be a duration such as/],
    [['--lameduck', '2h'], /^--lameduck 2h: must be 3600s or less\.$/],
    [['--health-bind-address', ':8080'], /^--health-bind-address: ":8080" is not an address with a port/],
    [['--workers', '0'], /^--workers 0: must be a whole number from 1 to 1024/],
    [['--nonsense'], /^portolan dns: Unknown option '--nonsense'/],
    [['--corefile', 'f', '--ttl', '5'], /^--ttl and --corefile exclude each other: say it in f\.$/],
    [['--corefile', 'f', '--listen', '10.0.0.1:53'], /^--listen and --corefile exclude each other/],
  ];
  for (const [argv, message] of cases) {
    assert.throws(
      () => source(argv),
      (error) => {
        assert.ok(error instanceof UserError);
        assert.match(error.message, message);
        return true;
      },
    );
  }
});

test('a Corefile says what to serve, the kubeconfig how to reach the API where the file does not', async (t) => {
  const file = join(await mkdtemp(join(tmpdir(), 'dns-')), 'Corefile');
  t.after(() => rm(dirname(file), { recursive: true }));
  const write = (text: string) => writeFile(file, text);
  await write('a.test {\n kubernetes\n}\nb.test {\n kubernetes {\n  endpoint {$API}\n }\n}\nc.test {\n}\n');
  const read = source(['--corefile', file], { KUBECONFIG: '/k', API: 'http://127.0.0.1:8080' });
  const { settings, digest } = await read.read();
  assert.deepEqual(
    settings.servers.map(({ directives }) => directives.kubernetes?.api),
    [{ by: 'kubeconfig', file: '/k' }, { by: 'endpoint', url: 'http://127.0.0.1:8080', tls: undefined }, undefined],
  );
  const [inCluster] = await serversOf(['--corefile', file], { API: 'http://127.0.0.1:8080' });
  assert.deepEqual(inCluster?.directives.kubernetes?.api, { by: 'service-account' });

  await write('a.test {\n}\n');
  assert.notEqual((await read.read()).digest, digest);
  await write('a.test {\n nonsense\n}\n');
  await assert.rejects(read.read(), { message: `${file}:2: unknown directive "nonsense"` });
});
