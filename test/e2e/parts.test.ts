// Parts of a cluster as processes of their own, against an API server that has none of them.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { endpointSlices, endpoints, leases, nodes, pods, services } from '#api/index.ts';
import { Client, connect } from '#client/index.ts';
import { run, tryRun } from '#lib/run.ts';
import { TestApi } from './api-harness.ts';
import { eventually, whyNoCluster, whyNoProgram } from './harness.ts';

const program = 'bin/portolan';
let api: TestApi;
let client: Client;
before(async () => {
  api = await TestApi.start({ controllers: false });
  client = new Client(await connect(api.kubeconfig));
});
after(() => api[Symbol.asyncDispose]());

/** A command that runs until it is told to end. */
function start(...args: string[]) {
  const child = spawn(program, [...args, '--kubeconfig', api.kubeconfig], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (chunk) => {
    log += chunk;
  });
  const ended = once(child, 'exit');
  return {
    log: () => log,
    async stop(): Promise<unknown> {
      child.kill('SIGTERM');
      const [code] = await ended;
      return code;
    },
  };
}

/** Answers every connection on the loopback device at this address with its name. */
async function startEndpoint(address: string, name: string): Promise<Server> {
  await run('ip', ['address', 'replace', `${address}/32`, 'dev', 'lo']);
  const server = createServer((socket) => socket.on('error', () => {}).end(name)).listen(8080, address);
  await once(server, 'listening');
  return server;
}

function answerOf(host: string, port = 80): Promise<string> {
  return new Promise((resolve) => {
    const socket = connectTo({ host, port, timeout: 5_000 });
    const finish = (answer: string) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('data', (chunk) => finish(String(chunk)));
    socket.once('timeout', () => finish('no answer'));
    socket.once('error', (error) => finish(error.message));
  });
}

async function createServiceWithPod(name: string, podIP: string): Promise<void> {
  await client.resource(services).create({
    metadata: { name, namespace: 'default' },
    spec: { selector: { app: name }, ports: [{ port: 80 }] },
  });
  const pod = await client.resource(pods).create({
    metadata: { name, namespace: 'default', labels: { app: name } },
    spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'i' }] },
  });
  const conditions = [{ type: 'Ready', status: 'True' }];
  const status = { phase: 'Running', podIP, podIPs: [{ ip: podIP }], conditions };
  await client.resource(pods).updateStatus({ ...pod, status });
}

describe('portolan proxy', { skip: whyNoCluster() }, () => {
  const slice = (address: string, port: number) => ({
    metadata: { name: 'db-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 'db' } },
    addressType: 'IPv4' as const,
    ports: [{ name: '', port, protocol: 'TCP' }],
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
  });
  const servers: Server[] = [];
  let clusterIP = '';
  const answers = (answer: string) =>
    eventually(`it is ${answer} who answers`, async () => (await answerOf(clusterIP)) === answer);

  before(async () => {
    servers.push(await startEndpoint('10.199.7.1', 'one'), await startEndpoint('10.199.7.2', 'two'));
    // Cluster IPs must have a way out before they are translated.
    await run('ip', ['route', 'replace', 'default', 'dev', 'lo']);
    const service = await client.resource(services).create({
      metadata: { name: 'db', namespace: 'default' },
      spec: { ports: [{ port: 80, targetPort: 8080 }] },
    });
    clusterIP = service.spec.clusterIP ?? '';
    await client.resource(endpointSlices).create(slice('10.199.7.1', 8080));
  });
  after(async () => {
    for (const server of servers) server.close();
    // The next cluster in this namespace looks at what is in use.
    for (const address of ['10.199.7.1/32', '10.199.7.2/32']) await run('ip', ['address', 'del', address, 'dev', 'lo']);
    await run('ip', ['route', 'del', 'default', 'dev', 'lo']);
  });

  test('waits for its Node, says so, and then serves', async () => {
    const part = start('proxy', '--node', 'box');
    await eventually('it says what it waits for', async () => part.log().includes('the node box is not registered'));
    const node = await client.resource(nodes).create({ metadata: { name: 'box' }, spec: { podCIDR: '10.199.7.0/24' } });
    await eventually('it says what is missing', async () => part.log().includes('the node box has no InternalIP'));
    const addresses = [{ type: 'InternalIP', address: '10.254.9.9' }];
    await client.resource(nodes).updateStatus({ ...node, status: { addresses } });
    await answers('one');
    await client.resource(endpointSlices).update(slice('10.199.7.2', 8080));
    await answers('two');
    assert.equal(await part.stop(), 0, part.log());
    assert.equal(await answerOf(clusterIP), 'two', 'the rules stay');
  });

  test('follows its Node to another address', async () => {
    const service = await client.resource(services).create({
      metadata: { name: 'out', namespace: 'default' },
      spec: { type: 'NodePort', ports: [{ port: 80, targetPort: 8080 }] },
    });
    const { nodePort } = service.spec.ports?.[0] ?? assert.fail();
    await client.resource(endpointSlices).create({
      ...slice('10.199.7.2', 8080),
      metadata: { name: 'out-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 'out' } },
    });
    const part = start('proxy', '--node', 'box');
    for (const address of ['10.254.9.9', '10.254.9.8']) {
      await run('ip', ['address', 'replace', `${address}/32`, 'dev', 'lo']);
      const node = await client.resource(nodes).get('box');
      const addresses = [{ type: 'InternalIP', address }];
      await client.resource(nodes).updateStatus({ ...node, status: { ...node.status, addresses } });
      const answered = async () => (await answerOf(address, nodePort)) === 'two';
      await eventually(`node ports are served at ${address}`, answered);
    }
    assert.equal(await part.stop(), 0, part.log());
  });

  test('no connection fails while it is replaced, and what changed meanwhile is caught up with', async () => {
    const failed: string[] = [];
    let isOver = false;
    const asking = (async () => {
      while (!isOver) {
        const answer = await answerOf(clusterIP);
        if (answer !== 'one' && answer !== 'two') failed.push(answer);
      }
    })();
    await client.resource(endpointSlices).update(slice('10.199.7.1', 8080));
    for (let i = 0; i < 2; i++) {
      const part = start('proxy', '--node', 'box');
      await eventually('it has caught up', async () => part.log().includes('all service rules are written'));
      await answers('one');
      assert.equal(await part.stop(), 0, part.log());
    }
    isOver = true;
    await asking;
    assert.deepEqual(failed, []);
  });

  test('--cleanup removes its tables and leaves those of others alone', async () => {
    await run('nft', ['add table ip others']);
    const removed = await run(program, ['proxy', '--cleanup']);
    assert.match(removed, /^removed the nftables table ip portolan\nremoved the nftables table ip6 portolan\n$/);
    assert.equal((await run('nft', ['list', 'tables'])).trim(), 'table ip others');
    assert.equal(await run(program, ['proxy', '--cleanup']), '', 'there is nothing left to remove');
    await run('nft', ['delete table ip others']);
  });

  test('mistakes get one line that says what to do', async () => {
    for (const [args, message] of [
      [['--cluster-cidr', '10.0.0.0/33'], /^--cluster-cidr 10\.0\.0\.0\/33: "10\.0\.0\.0\/33" is not an address range/],
      [
        ['--cluster-cidr', '10.96.0.0/12', '--service-cluster-ip-range', '10.96.0.0/12'],
        /^--cluster-cidr \(10\.96\.0\.0\/12\) and --service-cluster-ip-range \(10\.96\.0\.0\/12\) overlap: .* Correct /,
      ],
      [
        ['--cluster-cidr', '10.244.0.0/16,fd00::/16', '--service-cluster-ip-range', '10.96.0.0/12,fd00:96::/108'],
        /^--cluster-cidr \(fd00::\/16\) and --service-cluster-ip-range \(fd00:96::\/108\) overlap: /,
      ],
      [
        ['--service-cluster-ip-range', '10.199.0.0/16'],
        /^The pod CIDR of the Node box \(10\.199\.7\.0\/24\) and --service-cluster-ip-range \(10\.199\.0\.0\/16\) overlap: /,
      ],
      [
        ['--service-cluster-ip-range', '10.254.0.0/16'],
        /^The address of the Node box \(10\.254\.9\.8\/32\) and --service-cluster-ip-range \(10\.254\.0\.0\/16\) overlap: /,
      ],
      [['--nodeport-addresses', 'eth0'], /eth0/],
      [['--kubeconfig', '/nowhere'], /^kubeconfig \/nowhere: there is no such file/],
    ] as const) {
      await assert.rejects(
        run(program, ['proxy', '--kubeconfig', api.kubeconfig, '--node', 'box', ...args]),
        (error: { code: number; stderr: string }) => {
          assert.equal(error.code, 1);
          assert.match(error.stderr, message);
          assert.equal(error.stderr.trim().split('\n').length, 1);
          return true;
        },
      );
    }
  });
});

describe('portolan controllers', () => {
  test('runs the ones that are named and no others, and gives up its lease when it ends', async () => {
    await client.resource(nodes).create({ metadata: { name: 'n1' }, spec: {} });
    const part = start('controllers', '--only', 'endpointslice', '--metrics-bind-address', '127.0.0.1:10257');
    await createServiceWithPod('one', '10.244.0.9');
    await eventually('the slice has the pod', async () => {
      const { items } = await client.resource(endpointSlices).list({ labelSelector: 'kubernetes.io/service-name=one' });
      return items.some((slice) => slice.endpoints?.[0]?.addresses[0] === '10.244.0.9');
    });
    // The slice is there before its sync is over.
    await eventually('the sync is counted', async () => {
      const metrics = await (await fetch('http://127.0.0.1:10257/metrics')).text();
      return /^endpoint_slice_controller_syncs\{result="success"\} [1-9]/m.test(metrics);
    });
    const { items } = await client.resource(endpoints).list({ namespace: 'default' });
    assert.deepEqual(
      items.filter(({ metadata }) => metadata.name === 'one'),
      [],
      'there is nobody who makes Endpoints',
    );
    const lease = () => client.resource(leases).get('portolan-controllers', 'kube-system');
    assert.notEqual((await lease()).spec.holderIdentity, '');
    assert.equal(await part.stop(), 0, part.log());
    assert.equal((await lease()).spec.holderIdentity, '');
  });

  test('of two copies one works, and the other when that one has ended', async () => {
    const copies = [1, 2].map(() => start('controllers', '--only', 'endpoints'));
    const atWork = (copy: ReturnType<typeof start>) => copy.log().includes('at work');
    await eventually(
      'one is at work, the other waits',
      async () =>
        copies.filter(atWork).length === 1 && copies.some((copy) => copy.log().includes('somebody else leads')),
    );
    const [first, second] = copies.toSorted((a, b) => Number(atWork(b)) - Number(atWork(a)));
    assert.equal(await first?.stop(), 0);
    await eventually('the other is at work', async () => second && atWork(second));
    assert.equal(await second?.stop(), 0);
  });

  test('mistakes get one line that says what to do', async () => {
    for (const [args, message] of [
      [['--only', 'endpointslices'], /^--only endpointslices: must be one of .*endpointslice,/],
      [['--max-endpoints-per-slice', '1001'], /^--max-endpoints-per-slice 1001: must be a whole number from 1 to 1000/],
      [['--endpointslice-updates-batch-period', '5'], /^--endpointslice-updates-batch-period 5: must be a duration/],
      [['--leader-elect', 'x'], /^--leader-elect x: must be NAMESPACE\/NAME of a Lease/],
      [['--kubeconfig', '/nowhere'], /^kubeconfig \/nowhere: there is no such file/],
    ] as const) {
      await assert.rejects(run(program, ['controllers', ...args]), (error: { code: number; stderr: string }) => {
        assert.equal(error.code, 1);
        assert.match(error.stderr, message);
        assert.equal(error.stderr.trim().split('\n').length, 1);
        return true;
      });
    }
  });
});

describe('portolan dns', () => {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-e2e-dns-'));
  after(() => rmSync(folder, { recursive: true }));
  const corefile = (text: string) => {
    const file = join(folder, 'Corefile');
    writeFileSync(file, text);
    return file;
  };
  /** With what it needs to be told: each problem in a line. */
  async function refused(args: readonly string[], lines: readonly RegExp[], command: readonly string[] = []) {
    const [file = '', ...rest] = [...command, program, 'dns', ...args];
    const { code, stdout, stderr } = await tryRun(file, rest, { timeoutMs: 20_000 });
    assert.deepEqual([code, stdout], [1, ''], stderr);
    const said = stderr.trim().split('\n');
    assert.equal(said.length, lines.length, stderr);
    for (const [i, line] of lines.entries()) assert.match(said[i] ?? '', line);
  }

  test('answers for the Services of a cluster, as a Corefile says', { skip: whyNoProgram('dig') }, async () => {
    const { spec } = await client.resource(services).create({
      metadata: { name: 'named', namespace: 'default' },
      spec: { ports: [{ port: 80 }] },
    });
    const file = corefile('example.org:5355 {\n bind 127.0.0.1\n kubernetes example.org {\n  ttl 7\n }\n}\n');
    const part = start('dns', '--corefile', file);
    const question = ['@127.0.0.1', '-p', '5355', '+noall', '+answer', 'named.default.svc.example.org'];
    const want = `named.default.svc.example.org. 7 IN A ${spec.clusterIP}`;
    await eventually('it answers', async () => {
      const { stdout } = await tryRun('dig', [...question, '+tries=1', '+time=1']);
      return stdout.trim().replace(/\s+/g, ' ') === want;
    });
    assert.equal(await part.stop(), 0, part.log());
  });

  test('mistakes are told in lines that say what to do', async () => {
    const kubeconfig = ['--kubeconfig', api.kubeconfig];
    const file = corefile('. {\n forwrd . 192.0.2.1\n reload 1s\n}\na.test:53000 {\n dnssec\n}\n');
    await refused(
      ['--corefile', file],
      [
        /Corefile:2: unknown directive "forwrd"; did you mean "forward"\?$/,
        /Corefile:3: reload "1s" must be a duration .*at least 2s$/,
        /Corefile:6: directive "dnssec" is CoreDNS's; there is nothing for it here$/,
      ],
    );
    await refused(['--corefile', join(folder, 'none')], [/none:1: cannot read .*none: there is no such file$/]);
    await refused(['--kubeconfig', '/nowhere'], [/^portolan dns: kubeconfig \/nowhere: there is no such file\.$/]);
    await refused([...kubeconfig, '--ttl', '-1'], [/--ttl/]);
    await refused([...kubeconfig, '--corefile', file, '--ttl', '7'], [/^--ttl and --corefile exclude each other/]);
    await refused(
      [...kubeconfig, '--listen', '203.0.113.7:53'],
      [/^Cannot listen at 203\.0\.113\.7:53 \(TCP\): this machine does not have the address\.$/],
    );
  });

  test('who holds its port is named, and so is the right that it lacks', { skip: whyNoCluster() }, async () => {
    const held = createSocket('udp4').bind(53, '127.0.0.1');
    await once(held, 'listening');
    const listen = ['--kubeconfig', api.kubeconfig, '--listen', '127.0.0.1:53'];
    const us = new RegExp(
      `^Cannot listen at 127\\.0\\.0\\.1:53 \\(UDP\\): .* \\(process ${process.pid}\\) has the port\\. Stop it, or choose`,
    );
    await refused(listen, [us]);
    held.close();
    const without = ['setpriv', '--bounding-set=-net_bind_service', '--inh-caps=-net_bind_service'];
    await refused(
      listen,
      [/ \(TCP\): that is not permitted\. Ports below 1024 need root or .*NET_BIND_SERVICE/],
      without,
    );
  });
});
