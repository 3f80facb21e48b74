// The rules on the real kernel: real connections through two nodes in network namespaces.
// Pods 10.211.NODE.0/24, Services 10.212/16, nodes 10.213.88.1N, host 10.213.88.1. Every server answers with its name
// and the source address that it sees.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import type { EndpointSlice, Service } from '#api/index.ts';
import { createLogger } from '#lib/log.ts';
import { type RunResult, tryRun } from '#lib/run.ts';
import {
  attachNode,
  attachPod,
  createFabric,
  createNamespace,
  deleteFabric,
  deleteNamespace,
  enter,
  listenIn,
  NodeNetwork,
  routeHost,
} from '#network/index.ts';
import { NftExec } from '#nftables/index.ts';
import { ConntrackExec } from './conntrack/conntrack.ts';
import { FlowCleaner } from './conntrack/flow-cleaner.ts';
import { wantsOf } from './frontends.ts';
import { serviceOf, sliceOf } from './objects.testing.ts';
import { Programme } from './programme.ts';

const bridge = `tp${process.pid}`;
const serviceCIDR = '10.212.0.0/16';
const hostAddress = '10.213.88.1';
const nodes = ['one', 'two'].map((name, i) => ({
  name,
  index: i + 1,
  namespace: `${bridge}-${name}`,
  address: `10.213.88.1${i + 1}`,
  podCIDR: `10.211.${i + 1}.0/24`,
  gateway: `10.211.${i + 1}.1`,
}));
const [one] = nodes as [(typeof nodes)[0]];
const pods = [
  { name: 'client', node: 0, ip: '10.211.1.5' },
  { name: 'a', node: 0, ip: '10.211.1.6' },
  { name: 'b', node: 1, ip: '10.211.2.6' },
].map((pod) => ({ ...pod, namespace: `${bridge}-${pod.name}` }));
const ipOf = (name: string): string => pods.find((pod) => pod.name === name)?.ip ?? '';

const service = (name: string, clusterIP: string, nodePort: number): Service =>
  serviceOf({
    name,
    clusterIP,
    type: 'NodePort',
    ports: [
      { name: 'tcp', port: 80, nodePort },
      { name: 'udp', port: 80, protocol: 'UDP', nodePort },
    ],
  });
const slice = (name: string, ...podNames: string[]): EndpointSlice =>
  sliceOf({
    service: name,
    ports: [
      { name: 'tcp', port: 8080 },
      { name: 'udp', port: 8080, protocol: 'UDP' },
    ],
    endpoints: podNames.map((pod) => ({ ip: ipOf(pod), nodeName: pod === 'b' ? 'two' : 'one' })),
  });

const web = { ip: '10.212.0.10', nodePort: 31010 };
const own = { ip: '10.212.0.11', nodePort: 31011 };
const empty = { ip: '10.212.0.12', nodePort: 31012 };

const programmes = nodes.map(
  ({ address }) =>
    new Programme('IPv4', { clusterCIDRs: ['10.211.0.0/16'], serviceCIDRs: [serviceCIDR], nodePortIPs: [address] }),
);
const quiet = createLogger('test', 'error');
const cleaners = nodes.map(({ name, namespace }) => {
  const network = new NodeNetwork(namespace);
  const conntrack = new ConntrackExec({ prefix: enter(namespace) });
  const parts = { conntrack, nodeAddresses: () => network.addresses(), log: quiet };
  return new FlowCleaner(parts, { nodeName: name, families: ['IPv4'] }, new AbortController().signal);
});
const servers: Server[] = [];
const children: ChildProcess[] = [];

async function put(object: Service, ...slices: EndpointSlice[]): Promise<void> {
  for (const [i, node] of nodes.entries()) {
    const place = { nodeName: node.name, nodeIPs: [node.address] };
    const programme = programmes[i] as Programme;
    programme.set(object.metadata.name ?? '', wantsOf(object, slices, 'IPv4', place));
    await new NftExec({ prefix: enter(node.namespace) }).run(programme.take().transaction);
    cleaners[i]?.set(object.metadata.name ?? '', { service: object, slices });
    cleaners[i]?.written('IPv4');
    await cleaners[i]?.idle();
  }
}

/** The host's own namespace when there is none. */
function bash(namespace: string | undefined, script: string): Promise<RunResult> {
  const [file = 'bash', ...args] = [...(namespace ? enter(namespace) : []), 'bash', '-c', script];
  return tryRun(file, args, { timeoutMs: 8000 });
}

/** The answers to some TCP connections. */
async function call(namespace: string | undefined, address: string, port: number, times = 1): Promise<string[]> {
  const each = `exec 3<>/dev/tcp/${address}/${port} && cat <&3 && exec 3>&-`;
  const { stdout, stderr } = await bash(namespace, `for i in $(seq ${times}); do ${each} || exit 1; done`);
  assert.equal(stderr, '');
  return stdout.trim().split('\n');
}

const udpEcho = `
const [name, host] = process.argv.slice(1);
const socket = require('node:dgram').createSocket('udp4');
socket.on('message', (_, from) => socket.send(name + ' ' + from.address + '\\n', from.port, from.address));
socket.bind(8080, host, () => console.log('ready'));`;

before(async () => {
  await createFabric({ hostLink: bridge, fabric: bridge, addresses: [`${hostAddress}/24`] });
  for (const node of nodes) {
    await createNamespace(node.namespace);
    const peers = nodes.filter((other) => other !== node);
    const network = { ...node, address: `${node.address}/24`, gateway: hostAddress, peers };
    await attachNode({ ...node, fabric: bridge, networks: [network] });
  }
  for (const pod of pods) {
    const node = nodes[pod.node] as (typeof nodes)[0];
    await createNamespace(pod.namespace);
    await attachPod({
      nodeNamespace: node.namespace,
      podNamespace: pod.namespace,
      addresses: [{ address: pod.ip, gateway: node.gateway }],
    });
    const server = await listenIn(pod.namespace, { host: '0.0.0.0', port: 8080 });
    server.on('connection', (socket: Socket) =>
      socket.on('error', () => {}).end(`${pod.name} ${socket.remoteAddress}\n`),
    );
    servers.push(server);
    const [file = '', ...args] = [...enter(pod.namespace), process.execPath, '-e', udpEcho, pod.name, pod.ip];
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    await once(child.stdout as NonNullable<typeof child.stdout>, 'data');
  }
  await routeHost([
    { to: serviceCIDR, via: one.address },
    ...nodes.map((node) => ({ to: node.podCIDR, via: node.address })),
  ]);
  await put(service('web', web.ip, web.nodePort), slice('web', 'a', 'b'));
  await put(service('own', own.ip, own.nodePort), slice('own', 'client'));
  await put(service('empty', empty.ip, empty.nodePort));
});

after(async () => {
  for (const server of servers) server.close();
  for (const child of children) child.kill('SIGKILL');
  for (const { namespace } of [...pods, ...nodes]) await deleteNamespace(namespace);
  await deleteFabric({ hostLink: bridge, fabric: bridge });
});

const callers = {
  pod: `${bridge}-client`,
  node: one.namespace,
  host: undefined,
};
type Caller = keyof typeof callers;

describe('connections', () => {
  const masqueradedByOne = ['a 10.211.1.1', 'b 10.213.88.11'];
  const table: { from: Caller; to: string; address: string; port: number; want: string[] }[] = [
    {
      from: 'pod',
      to: 'cluster IP, keeping its address',
      address: web.ip,
      port: 80,
      want: ['a 10.211.1.5', 'b 10.211.1.5'],
    },
    { from: 'node', to: 'cluster IP, masqueraded', address: web.ip, port: 80, want: masqueradedByOne },
    { from: 'host', to: 'cluster IP, masqueraded', address: web.ip, port: 80, want: masqueradedByOne },
    {
      from: 'pod',
      to: 'node port of its node, masqueraded',
      address: one.address,
      port: web.nodePort,
      want: masqueradedByOne,
    },
    {
      from: 'pod',
      to: 'node port of the other node, masqueraded',
      address: '10.213.88.12',
      port: web.nodePort,
      want: ['a 10.213.88.12', 'b 10.211.2.1'],
    },
    {
      from: 'node',
      to: 'its own node port, masqueraded',
      address: one.address,
      port: web.nodePort,
      want: masqueradedByOne,
    },
    { from: 'host', to: 'node port, masqueraded', address: one.address, port: web.nodePort, want: masqueradedByOne },
    { from: 'pod', to: 'itself by its cluster IP (hairpin)', address: own.ip, port: 80, want: ['client 10.211.1.1'] },
    {
      from: 'pod',
      to: 'itself by its node port (hairpin)',
      address: one.address,
      port: own.nodePort,
      want: ['client 10.211.1.1'],
    },
    { from: 'pod', to: 'a pod, untouched', address: '10.211.2.6', port: 8080, want: ['b 10.211.1.5'] },
  ];
  for (const { from, to, address, port, want } of table) {
    test(`${from} to ${to}`, async () => {
      const answers = await call(callers[from], address, port, 30);
      assert.deepEqual([...new Set(answers)].sort(), want);
    });
  }

  test('endpoints are drawn evenly', async () => {
    const answers = await call(callers.pod, web.ip, 80, 300);
    const a = answers.filter((answer) => answer.startsWith('a')).length;
    // Six standard deviations of a fair coin.
    assert.ok(Math.abs(a - 150) < 52, `${a} of 300`);
  });
});

describe('refusals are quick', () => {
  const targets = [
    { name: 'cluster IP without endpoints', address: empty.ip, port: 80 },
    { name: 'node port without endpoints', address: one.address, port: empty.nodePort },
    { name: 'unused port of a cluster IP', address: web.ip, port: 81 },
  ];
  for (const caller of Object.keys(callers) as Caller[]) {
    for (const { name, address, port } of targets) {
      test(`${caller} to ${name}, TCP, many times`, async () => {
        const begin = Date.now();
        const each = `exec 3<>/dev/tcp/${address}/${port}`;
        const { stderr } = await bash(callers[caller], `for i in $(seq 20); do (${each}); done`);
        assert.equal(stderr.match(/connect: Connection refused/g)?.length, 20, stderr);
        assert.ok(Date.now() - begin < 2000);
      });
    }
    for (const { name, address, port } of targets) {
      test(`${caller} to ${name}, UDP`, async () => {
        const script = `exec 3<>/dev/udp/${address}/${port}; echo hello >&3; timeout 3 cat <&3`;
        const { stderr } = await bash(callers[caller], script);
        assert.match(stderr, /Connection refused/);
      });
    }
  }

  test('an address that no Service has is silence', async () => {
    const { code } = await bash(callers.pod, 'timeout 0.5 bash -c "exec 3<>/dev/tcp/10.212.9.9/80"');
    assert.equal(code, 124);
  });
});

describe('UDP', () => {
  test('is answered from the address that was asked, through cluster IP and node port', async () => {
    for (const [address, port, want] of [
      [web.ip, 80, /^(a|b) 10.211.1.5$/],
      [one.address, web.nodePort, /^(a 10.211.1.1|b 10.213.88.11)$/],
      [own.ip, 80, /^client 10.211.1.1$/],
    ] as const) {
      const { stdout } = await bash(
        callers.pod,
        `exec 3<>/dev/udp/${address}/${port}; echo hello >&3; timeout 3 head -n1 <&3`,
      );
      assert.match(stdout.trim(), want);
    }
  });

  test('a socket that goes on sending follows the endpoints: moved, gone, back again', async () => {
    const moving = service('moving', '10.212.0.13', 31013);
    await put(moving, slice('moving', 'a'));
    const script =
      'exec 3<>/dev/udp/10.212.0.13/80; while read -r; do echo hi >&3; answer=$(timeout 2 head -n1 <&3); test -n "$answer" || answer=none; echo "$answer"; done';
    const [file = '', ...args] = [...enter(callers.pod), 'bash', '-c', script];
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'ignore'] });
    children.push(child);
    const ask = async () => {
      child.stdin.write('\n');
      const [chunk] = await once(child.stdout, 'data');
      return String(chunk).trim();
    };
    assert.equal(await ask(), 'a 10.211.1.5');
    await put(moving, slice('moving', 'b'));
    assert.equal(await ask(), 'b 10.211.1.5');
    await put(moving);
    assert.equal(await ask(), 'none');
    await put(moving, slice('moving', 'a'));
    assert.equal(await ask(), 'a 10.211.1.5');
    child.kill('SIGKILL');
  });
});
