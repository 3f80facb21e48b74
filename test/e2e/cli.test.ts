// The command line, as people meet it: what it prints, what it refuses, and that it leaves nothing behind.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { tryRun } from '#lib/run.ts';
import {
  eventually,
  portolan,
  portolanPath,
  statusOf,
  supervisorOf,
  TestCluster,
  traces,
  whyNoCluster,
} from './harness.ts';

const skip = whyNoCluster();

test('every command has a --help, and refusals are one readable line with exit code 1', async () => {
  const commands = 'up down status kubeconfig echo proxy controllers dns node-dns announcer'.split(' ');
  for (const command of commands) {
    const { code, stdout } = await portolan([command, '--help']);
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`^portolan ${command}: `));
    assert.match(stdout, /--help/);
    assert.doesNotMatch(stdout, /\(default \)/);
  }
  const refusals = [
    {
      args: ['fly'],
      want: /unknown command "fly"\. Commands: up, down, status, kubeconfig, controllers, proxy, dns, announcer, node-dns, echo\.$/,
    },
    { args: ['up', '--nodes', 'many'], want: /^--nodes many: must be a whole number from 1 to \d+\.$/ },
    { args: ['up', '--ip-family', 'both'], want: /^--ip-family both: must be one of ipv4, ipv6, dual\.$/ },
    { args: ['up', '--storage', 'etcd'], want: /^--storage etcd: must be one of lmdb, memory\.$/ },
    {
      args: ['up', '--storage', 'memory', '--fresh'],
      want: /^--fresh: a cluster with --storage memory is always fresh/,
    },
    { args: ['up', '--nodes', '0'], want: /^--nodes 0: must be a whole number/ },
    { args: ['up', '--name', 'Big_Name'], want: /^Cannot call a cluster "Big_Name": use 1 to 32 lower-case/ },
    { args: ['up', '--color'], want: /^portolan up: Unknown option '--color'.*portolan up --help/ },
    { args: ['down', '--name', 'nobody'], want: /^No cluster named nobody is running\./ },
    { args: ['kubeconfig', '--name', 'nobody'], want: /^No cluster named nobody is running\./ },
    { args: ['echo', '--protocol', 'sctp'], want: /^--protocol sctp: must be one of http, tcp, udp\.$/ },
  ];
  for (const { args, want } of refusals) {
    const { code, stderr } = await portolan(args);
    assert.equal(code, 1, args.join(' '));
    assert.match(stderr.trim(), want);
    assert.equal(stderr.trim().split('\n').length, 1, stderr);
  }
});

test('up without privilege says what it needs', { skip }, async () => {
  const { code, stderr } = await tryRun('setpriv', [
    '--bounding-set=-net_admin',
    '--inh-caps=-net_admin',
    portolanPath,
    'up',
  ]);
  assert.equal(code, 1);
  assert.match(stderr, /needs CAP_NET_ADMIN/);
});

test('up with IPv6 where it is switched off says so, before anything is made', { skip }, async () => {
  for (const ipFamily of ['ipv6', 'dual']) {
    const off = 'echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6';
    const up = `${portolanPath} up --name e2e-no-six --storage memory --ip-family ${ipFamily}`;
    const { code, stdout, stderr } = await tryRun('unshare', ['--net', 'sh', '-c', `${off} && exec ${up}`]);
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(
      stderr,
      /^Cannot give a cluster IPv6 addresses: IPv6 is switched off here \(net\.ipv6\.conf\.default\.disable_ipv6 is not 0\)\. Switch it on .*, or use --ip-family ipv4\.$/m,
    );
  }
  assert.equal(await statusOf('e2e-no-six'), '');
});

test('a pool that overlaps with something is refused before anything is made, or forgotten', { skip }, async () => {
  const name = 'e2e-pool';
  const start = ['up', '--detach', '--name', name, '--nodes', '1'];
  assert.equal((await portolan([...start, '--ip-family', 'dual'])).code, 0);
  const file = join(process.env.PORTOLAN_DATA_DIR ?? '', name, 'cluster.json');
  const { ranges } = JSON.parse(readFileSync(file, 'utf8'));
  await portolan(['down', '--name', name]);
  const stored = readFileSync(file, 'utf8');
  const before = await traces(name);
  const link = ['link', 'add', 'e2epool0', 'type', 'bridge'];
  await tryRun('ip', link);
  await tryRun('ip', ['addr', 'add', '10.233.0.1/24', 'dev', 'e2epool0']);
  try {
    for (const [pool, why] of [
      ...ranges.families.flatMap(({ podCIDR, serviceCIDR, fabricCIDR }: Record<string, string>) => [
        [podCIDR, `taken by the cluster's pods (${podCIDR})`],
        [serviceCIDR, `taken by the cluster IPs of Services (${serviceCIDR})`],
        [fabricCIDR, 'taken by this machine on the network of the nodes'],
      ]),
      ['10.233.0.0/24', 'this machine uses 10.233.0.0/24 (the address 10.233.0.1/24 of e2epool0)'],
    ] as [string, string][]) {
      // It goes on, starts over, or is another one in memory: each would take the same addresses.
      for (const way of [[], ['--fresh'], ['--storage', 'memory']]) {
        const ipFamily = way.length > 0 ? ['--ip-family', 'dual'] : [];
        const { code, stdout, stderr } = await portolan([...start, ...ipFamily, ...way, '--load-balancer-pool', pool]);
        assert.deepEqual([code, stdout], [1, ''], stderr);
        assert.ok(stderr.startsWith('--load-balancer-pool: ') && stderr.includes(why), stderr);
        assert.match(stderr, /^[^\n]* Choose other addresses[^\n]*\.\n$/);
        assert.equal(readFileSync(file, 'utf8'), stored, `${pool} ${way}`);
      }
    }
  } finally {
    await tryRun('ip', ['link', 'del', 'e2epool0']);
  }
  assert.deepEqual(await traces(name), before);
  await portolan(['down', '--delete-data', '--name', name]);
});

test('up, status, kubeconfig and down; nothing stays behind', { skip }, async () => {
  const before = await traces('e2e-cli');
  {
    await using cluster = await TestCluster.start('e2e-cli');
    assert.match(await statusOf(cluster.name), /2 of 2 nodes ready/);
    assert.match((await portolan(['kubeconfig', '--name', cluster.name])).stdout, /^kind: Config$/m);

    const again = await portolan(['up', '--name', cluster.name]);
    assert.equal(again.code, 1);
    assert.match(again.stderr, /^A cluster named e2e-cli is already running \(process \d+\)\. Stop it with/);
  }
  assert.deepEqual(await traces('e2e-cli'), before);
  assert.equal(await statusOf('e2e-cli'), '');
});

test('two clusters live side by side, each with addresses of its own', { skip }, async () => {
  const before = await traces('e2e-one', 'e2e-two');
  {
    await using one = await TestCluster.start('e2e-one', ['--nodes', '1']);
    await using two = await TestCluster.start('e2e-two', ['--nodes', '1']);
    const [first, second] = await Promise.all([one, two].map(({ name }) => portolan(['kubeconfig', '--name', name])));
    const server = /server: (\S+)/;
    assert.notEqual(server.exec(first?.stdout ?? '')?.[1], server.exec(second?.stdout ?? '')?.[1]);
    for (const { name } of [one, two]) assert.match(await statusOf(name), /running/);
  }
  assert.deepEqual(await traces('e2e-one', 'e2e-two'), before);
});

test('up in the foreground stays until Ctrl-C and then removes every trace', { skip }, async () => {
  const before = await traces('e2e-fg');
  const args = ['up', '--name', 'e2e-fg', '--nodes', '1', '--storage', 'memory'];
  const child = spawn(portolanPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  await eventually('the cluster is up', async () => /Press Ctrl-C/.test(output));
  assert.match(output, /export KUBECONFIG=\/run\/portolan\/e2e-fg\/kubeconfig/);
  child.kill('SIGINT');
  const [code] = await once(child, 'exit');
  assert.equal(code, 0);
  assert.deepEqual(await traces('e2e-fg'), before);
});

test('the next up removes what a killed run left, and so does down', { skip }, async () => {
  const before = await traces('e2e-kill');
  const kill = async () => {
    process.kill(supervisorOf('e2e-kill'), 'SIGKILL');
    await eventually('its processes have ended', async () =>
      (await traces('e2e-kill')).processes?.every((line) => !/server|dns/.test(line)),
    );
  };
  await TestCluster.start('e2e-kill', ['--nodes', '1']);
  await kill();
  const again = await portolan(['up', '--detach', '--name', 'e2e-kill', '--nodes', '1']);
  assert.match(
    again.stdout,
    /Removing what an earlier run of the cluster e2e-kill left behind\nContinuing the cluster/,
  );
  assert.equal(again.code, 0, again.stderr);
  await kill();
  assert.match(await statusOf('e2e-kill'), /killed; `portolan down`/);
  const down = await portolan(['down', '--delete-data', '--name', 'e2e-kill']);
  assert.match(down.stdout, /Removed what a killed run.*\nDeleted the data of the cluster e2e-kill/);
  assert.deepEqual(await traces('e2e-kill'), before);
});

test('down removes what an up left that was killed while it looked whether its name is free', { skip }, async () => {
  const before = await traces('e2e-lock');
  mkdirSync('/run/portolan', { recursive: true, mode: 0o700 });
  writeFileSync(
    '/run/portolan/e2e-lock.lock',
    JSON.stringify({ pid: process.pid, startTime: 'of an earlier process' }),
  );
  const { code, stdout } = await portolan(['down', '--name', 'e2e-lock']);
  assert.deepEqual([code, stdout], [0, 'Removed what a killed run of the cluster e2e-lock had left behind.\n']);
  assert.deepEqual(await traces('e2e-lock'), before);
});

test('a port that is in use is named, with what to do', { skip }, async () => {
  const server = createServer().listen(6443, '0.0.0.0');
  await once(server, 'listening');
  try {
    const before = await traces('e2e-port');
    const { code, stderr } = await portolan(['up', '--name', 'e2e-port', '--nodes', '1', '--storage', 'memory']);
    assert.equal(code, 1);
    assert.match(stderr, /Cannot listen on 10\.254\.\d+\.1:6443 .*--api-port/);
    assert.deepEqual(await traces('e2e-port'), before);
  } finally {
    server.close();
  }
});

test('SIGKILL while starting leaves nothing that down cannot remove', { skip }, async () => {
  const before = await traces('e2e-early');
  for (const afterMs of [50, 200, 500, 900]) {
    const child = spawn(portolanPath, ['up', '--name', 'e2e-early', '--nodes', '2'], { stdio: 'ignore' });
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    child.kill('SIGKILL');
    await once(child, 'exit');
    await eventually(
      'its processes have ended',
      async () => (await traces('e2e-early')).processes?.length === before.processes?.length,
    );
    await portolan(['down', '--delete-data', '--name', 'e2e-early']);
    assert.deepEqual(await traces('e2e-early'), before, `killed after ${afterMs} ms`);
  }
});

test('Ctrl-C and down are answered at any moment of the start, and leave nothing', { skip }, async () => {
  const before = await traces('e2e-int');
  for (const afterMs of [0, 30, 100, 250, 500, 800]) {
    const child = spawn(portolanPath, ['up', '--name', 'e2e-int', '--nodes', '2'], { stdio: 'ignore' });
    const exited = once(child, 'exit');
    // From here on it has claimed its name, and soon its addresses.
    await eventually('it has begun', async () => existsSync('/run/portolan/e2e-int/cluster.json'));
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    const begin = performance.now();
    if (afterMs % 100 === 0) child.kill('SIGINT');
    else await portolan(['down', '--name', 'e2e-int']);
    await exited;
    assert.ok(
      performance.now() - begin < 15_000,
      `ended ${Math.round(performance.now() - begin)} ms after it was asked`,
    );
    await portolan(['down', '--delete-data', '--name', 'e2e-int']);
    assert.deepEqual(await traces('e2e-int'), before, `stopped after ${afterMs} ms`);
  }
});

test('of two simultaneous ups of one name, one starts the cluster and the other is told', { skip }, async () => {
  const before = await traces('e2e-twice');
  const both = await Promise.all([1, 2].map(() => portolan(['up', '--detach', '--name', 'e2e-twice', '--nodes', '1'])));
  assert.deepEqual(both.map(({ code }) => code).sort(), [0, 1]);
  const refused = both.find(({ code }) => code === 1)?.stderr ?? '';
  assert.match(refused, /^A cluster named e2e-twice is already running/);
  assert.equal(refused.trim().split('\n').length, 1, refused);
  assert.match(await statusOf('e2e-twice'), /1 of 1 nodes ready/);
  await portolan(['down', '--delete-data', '--name', 'e2e-twice']);
  assert.deepEqual(await traces('e2e-twice'), before);
});

test('no room for its state: one readable line, and nothing left', { skip }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-e2e-full-'));
  try {
    await tryRun('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'full', folder]);
    const before = await traces('e2e-full');
    const { code, stderr } = await portolan(['up', '--name', 'e2e-full', '--detach', '--storage', 'memory'], {
      env: { ...process.env, PORTOLAN_RUN_DIR: folder },
    });
    assert.equal(code, 1);
    assert.match(stderr, /no space left on device/);
    assert.equal(stderr.trim().split('\n').length, 1, stderr);
    assert.deepEqual(await traces('e2e-full'), before);
  } finally {
    await tryRun('umount', [folder]);
    rmSync(folder, { recursive: true });
  }
});
