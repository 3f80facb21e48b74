// On the real kernel: a fabric with two nodes and a pod on each, in namespaces named after this process.
// Pods 10.201/16, fabric 10.203.77.0/24.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Server, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { formatCidr } from '#lib/cidr.ts';
import { run, tryRun } from '#lib/run.ts';
import {
  attachNode,
  attachPod,
  createFabric,
  createNamespace,
  deleteFabric,
  deleteNamespace,
  detachNode,
  detachPod,
  enter,
  hostUses,
  listenIn,
  listNamespaces,
  NetworkError,
  NodeNetwork,
  routeHost,
} from './index.ts';

const bridge = `tn${process.pid}`;
const names = { hostLink: bridge, fabric: bridge };
const nodes = [1, 2].map((n) => ({
  namespace: `${bridge}-node${n}`,
  index: n,
  address: `10.203.77.${10 + n}`,
  podCIDR: `10.201.${n}.0/24`,
  pod: `${bridge}-pod${n}`,
  podIP: `10.201.${n}.5`,
  gateway: `10.201.${n}.1`,
}));
const [first, second] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];

const inside = (namespace: string, ...command: string[]) => {
  const [file = '', ...args] = enter(namespace);
  return run(file, [...args, ...command]);
};

before(async () => {
  await createFabric({ ...names, address: '10.203.77.1/24' });
  for (const node of nodes) {
    await createNamespace(node.namespace);
    await attachNode({
      ...node,
      fabric: bridge,
      address: `${node.address}/24`,
      gateway: '10.203.77.1',
      peers: nodes.filter((other) => other !== node),
    });
    await createNamespace(node.pod);
    await attachPod({
      nodeNamespace: node.namespace,
      podNamespace: node.pod,
      address: node.podIP,
      gateway: node.gateway,
    });
  }
  await routeHost(nodes.map((node) => ({ to: node.podCIDR, via: node.address })));
});

after(async () => {
  for (const node of nodes) await Promise.all([deleteNamespace(node.pod), deleteNamespace(node.namespace)]);
  await deleteFabric(names);
});

/** The address that a server in a pod sees when it is called from a namespace; undefined is the host. */
async function callerSeenBy(server: Server, host: string, from: string | undefined): Promise<string | undefined> {
  const { port } = server.address() as { port: number };
  const seen = new Promise<string | undefined>((resolve) => {
    server.once('connection', (socket: Socket) => {
      resolve(socket.remoteAddress);
      socket.destroy();
    });
  });
  if (from !== undefined) await inside(from, 'bash', '-c', `exec 3<>/dev/tcp/${host}/${port}`);
  else {
    const socket = connect({ host, port });
    await once(socket, 'connect');
    socket.destroy();
  }
  return seen;
}

test('pods, nodes and the host reach a pod on another node, each with its own address', async () => {
  const server = await listenIn(second.pod, { host: '0.0.0.0', port: 0 });
  try {
    assert.equal(await callerSeenBy(server, second.podIP, first.pod), first.podIP);
    assert.equal(await callerSeenBy(server, second.podIP, first.namespace), first.address);
    assert.equal(await callerSeenBy(server, second.podIP, undefined), '10.203.77.1');
    assert.equal(await callerSeenBy(server, '127.0.0.1', second.pod), '127.0.0.1');
  } finally {
    server.close();
  }
});

test('attachPod replaces what was left over at the same address, detachPod is done when it returns', async () => {
  const pod = `${bridge}-again`;
  const cable = { nodeNamespace: first.namespace, podNamespace: pod, address: '10.201.1.9', gateway: first.gateway };
  await createNamespace(pod);
  try {
    await attachPod(cable);
    await createNamespace(pod);
    await attachPod(cable);
    assert.match(await inside(first.namespace, 'ip', 'route'), /^10\.201\.1\.9 dev pod0ac90109/m);
    await detachPod(cable);
    await detachPod(cable);
    assert.doesNotMatch(await inside(first.namespace, 'ip', 'route'), /10\.201\.1\.9/);
  } finally {
    await deleteNamespace(pod);
  }
});

test('a packet for a pod that is gone is refused by its node', async () => {
  const [file = '', ...args] = enter(second.pod);
  const { code, stderr } = await tryRun(file, [...args, 'bash', '-c', 'exec 3<>/dev/tcp/10.201.1.77/80']);
  assert.notEqual(code, 0);
  assert.match(stderr, /No route to host/);
});

test('hostUses lists addresses and routes, routeHost leaves the routes of others alone', async () => {
  const uses = await hostUses();
  const ranges = uses.map(({ range }) => formatCidr(range));
  assert.ok(ranges.includes('10.203.77.0/24') && ranges.includes('10.201.2.0/24'), ranges.join());
  await routeHost([{ to: '10.201.2.0/24', via: first.address }]);
  await routeHost([{ to: '10.201.2.0/24', via: second.address }]);
  const other = { hostLink: `${bridge}o`, fabric: `${bridge}o` };
  await createFabric({ ...other, address: '10.203.79.1/24' });
  try {
    const taken = routeHost([{ to: '10.203.79.0/24', via: first.address }]);
    await assert.rejects(taken, /cannot route 10.203.79.0\/24 via 10.203.77.11: .* is in use through tn/);
  } finally {
    await deleteFabric(other);
  }
});

test('listenIn: closing the server lets a deleted namespace go', async () => {
  const namespace = `${bridge}-dies`;
  await createNamespace(namespace);
  await run('ip', ['link', 'add', `${bridge}d`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace]);
  const server = await listenIn(namespace, { host: '127.0.0.1', port: 0 });
  await deleteNamespace(namespace);
  const gone = async () => (await tryRun('ip', ['link', 'show', `${bridge}d`])).code !== 0;
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(await gone(), false, 'the socket holds the namespace');
  server.close();
  const deadline = Date.now() + 5000;
  while (!(await gone()) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(await gone(), true);
});

test('many sockets in one namespace are made by one helper, and one that fails does not hold up the others', async () => {
  const listens = [...Array(40).keys()].map((i) =>
    listenIn(second.pod, { host: i === 7 ? '192.0.2.1' : '127.0.0.1', port: i === 9 ? 1023 : 0 }),
  );
  const helpers = async () =>
    (await tryRun('pgrep', ['-c', '-P', `${process.pid}`, '-f', 'listen-child'])).stdout.trim();
  const whileListening = await helpers();
  const settled = await Promise.allSettled(listens);
  const servers = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  try {
    assert.equal(whileListening, '1');
    assert.equal(servers.length, 39);
    assert.match(String((settled[7] as PromiseRejectedResult).reason), /cannot listen on 192.0.2.1:0 .*EADDRNOTAVAIL/);
    await assert.rejects(listenIn(second.pod, { host: '127.0.0.1', port: 1023 }), /EADDRINUSE/);
    for (const server of servers) assert.equal(await callerSeenBy(server, '127.0.0.1', second.pod), '127.0.0.1');
  } finally {
    for (const server of servers) server.close();
  }
  const deadline = Date.now() + 5000;
  while ((await helpers()) !== '0' && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(await helpers(), '0');
});

test('the network of a node: its addresses and settings, and ours without a namespace', async () => {
  const node = new NodeNetwork(first.namespace);
  assert.deepEqual((await node.addresses()).filter((each) => each.includes('.')).sort(), [
    first.gateway,
    first.address,
    '127.0.0.1',
  ]);
  await node.setSysctl('net.ipv4.ip_default_ttl', '77');
  assert.equal(await node.readSysctl('net.ipv4.ip_default_ttl'), '77');
  const ours = new NodeNetwork();
  assert.notEqual(await ours.readSysctl('net.ipv4.ip_default_ttl'), '77');
  assert.ok((await ours.addresses()).includes('10.203.77.1'));
  const server = await ours.listen({ host: '127.0.0.1', port: 0 });
  assert.equal(await callerSeenBy(server, '127.0.0.1', undefined), '127.0.0.1');
  await assert.rejects(
    ours.listen({ host: '127.0.0.1', port: (server.address() as { port: number }).port }),
    /cannot listen on 127.0.0.1:\d+: listen EADDRINUSE/,
  );
  server.close();
  await assert.rejects(node.setSysctl('net.ipv4.nothing', '1'), /cannot set net.ipv4.nothing in network namespace/);
});

test('errors say what was tried, on what, and why', async () => {
  const missing = `${bridge}-missing`;
  await assert.rejects(
    attachPod({ nodeNamespace: missing, podNamespace: missing, address: '10.201.1.8', gateway: '10.201.1.1' }),
    (error: unknown) => error instanceof NetworkError && error.reason === 'NotFound' && error.message.includes(missing),
  );
  await assert.rejects(listenIn(missing, { host: '127.0.0.1', port: 0 }), /cannot listen on 127.0.0.1:0 in .*missing/);
  await assert.rejects(listenIn(first.namespace, { host: '192.0.2.1', port: 1 }), /EADDRNOTAVAIL/);
  await assert.rejects(createNamespace('../x'), /not a name for a network namespace/);
});

test('everything is removed, and removing it again is no error', async () => {
  const other = { hostLink: `${bridge}x`, fabric: `${bridge}x`, address: '10.203.78.1/24' };
  await createFabric(other);
  await createFabric(other);
  await detachNode(other.fabric, 1);
  await deleteFabric(other);
  await deleteFabric(other);
  assert.equal((await listNamespaces()).includes(other.fabric), false);
  assert.equal((await tryRun('ip', ['link', 'show', other.hostLink])).code === 0, false);
});

test("another fabric's interface is neither replaced nor removed", async () => {
  const [mine, theirs] = ['m', 't'].map((end) => ({
    hostLink: `${bridge}s`,
    fabric: `${bridge}${end}`,
    address: '10.203.78.1/24',
  })) as [Parameters<typeof createFabric>[0], Parameters<typeof createFabric>[0]];
  await createFabric(theirs);
  try {
    await assert.rejects(
      createFabric(mine),
      (error: unknown) => error instanceof NetworkError && error.reason === 'Exists',
    );
    assert.equal((await listNamespaces()).includes(mine.fabric), false);
    await deleteFabric(mine);
    assert.equal((await tryRun('ip', ['link', 'show', theirs.hostLink])).code, 0);
  } finally {
    await deleteFabric(theirs);
  }
});
