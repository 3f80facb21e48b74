// On the real kernel: a fabric with two nodes and a pod on each, in namespaces named after this process.
// Pods 10.201/16 and fd00:201::/56, fabric 10.203.77.0/24 and fd00:203::/64.

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
  detachHost,
  detachNode,
  detachPod,
  enter,
  gatewayRoutes,
  hostUses,
  listenIn,
  listNamespaces,
  NetworkError,
  NodeNetwork,
  routeHost,
  unrouteHost,
} from './index.ts';

const bridge = `tn${process.pid}`;
const names = { hostLink: bridge, fabric: bridge };
const hostLegs = ['10.203.77.1', 'fd00:203::1'];
const nodes = [1, 2].map((n) => ({
  namespace: `${bridge}-node${n}`,
  index: n,
  ips: [`10.203.77.${10 + n}`, `fd00:203::${10 + n}`],
  podCIDRs: [`10.201.${n}.0/24`, `fd00:201:0:${n}::/64`],
  pod: `${bridge}-pod${n}`,
  podIPs: [`10.201.${n}.5`, `fd00:201:0:${n}::5`],
  gateways: [`10.201.${n}.1`, `fd00:201:0:${n}::1`],
}));
const [first, second] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];

const inside = (namespace: string, ...command: string[]) => {
  const [file = '', ...args] = enter(namespace);
  return run(file, [...args, ...command]);
};

const at = <T>(values: readonly T[], i: number): T => values[i] ?? assert.fail(`no value ${i}`);
const families = [0, 1];

before(async () => {
  await createFabric({ ...names, addresses: ['10.203.77.1/24', 'fd00:203::1/64'] });
  for (const node of nodes) {
    await createNamespace(node.namespace);
    const others = nodes.filter((other) => other !== node);
    const networks = families.map((i) => ({
      address: `${at(node.ips, i)}/${i === 0 ? 24 : 64}`,
      gateway: at(hostLegs, i),
      podCIDR: at(node.podCIDRs, i),
      peers: others.map(({ ips, podCIDRs }) => ({ address: at(ips, i), podCIDR: at(podCIDRs, i) })),
    }));
    await attachNode({ fabric: bridge, namespace: node.namespace, index: node.index, networks });
    await createNamespace(node.pod);
    const addresses = families.map((i) => ({ address: at(node.podIPs, i), gateway: at(node.gateways, i) }));
    await attachPod({ nodeNamespace: node.namespace, podNamespace: node.pod, addresses });
  }
  await routeHost(nodes.flatMap(({ podCIDRs, ips }) => podCIDRs.map((to, i) => ({ to, via: at(ips, i) }))));
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

for (const i of families) {
  const [podIP = '', callerIP = '', nodeIP = '', hostIP = ''] = [second.podIPs, first.podIPs, first.ips, hostLegs].map(
    (each) => each[i],
  );
  test(`pods, nodes and the host reach ${podIP} on another node, each with its own address`, async () => {
    const server = await listenIn(second.pod, { host: podIP, port: 0 });
    try {
      assert.equal(await callerSeenBy(server, podIP, first.pod), callerIP);
      assert.equal(await callerSeenBy(server, podIP, first.namespace), nodeIP);
      assert.equal(await callerSeenBy(server, podIP, undefined), hostIP);
    } finally {
      server.close();
    }
  });
}

test('no IPv6 address of a node or a pod waits for the kernel to look for another owner', async () => {
  for (const namespace of [first.namespace, first.pod]) {
    const shown = await inside(namespace, 'ip', '-6', 'addr', 'show', 'scope', 'global');
    const addresses = shown.split('\n').filter((line) => line.includes('inet6 fd00:20'));
    assert.ok(addresses.length > 0 && addresses.every((line) => line.includes('nodad')), shown);
  }
});

test('a pod reaches itself by loopback', async () => {
  const server = await listenIn(second.pod, { host: '127.0.0.1', port: 0 });
  try {
    assert.equal(await callerSeenBy(server, '127.0.0.1', second.pod), '127.0.0.1');
  } finally {
    server.close();
  }
});

for (const [address, gateway, link] of [
  ['10.201.1.9', '10.201.1.1', 'pod0ac90109'],
  ['fd00:201:0:1::9', 'fd00:201:0:1::1', 'pod[0-9a-f]{12}'],
] as const) {
  test(`attachPod replaces what was left over at ${address}, detachPod is done when it returns`, async () => {
    const pod = `${bridge}-again`;
    const cable = { nodeNamespace: first.namespace, podNamespace: pod, addresses: [{ address, gateway }] };
    const toPod = () => inside(first.namespace, 'ip', 'route', 'get', address);
    await createNamespace(pod);
    try {
      await attachPod(cable);
      await createNamespace(pod);
      await attachPod(cable);
      assert.match(await toPod(), new RegExp(`^${address} .*dev ${link} `));
      await detachPod(cable);
      await detachPod(cable);
      await assert.rejects(toPod(), /unreachable|No route to host/);
    } finally {
      await deleteNamespace(pod);
    }
  });
}

for (const address of ['10.201.1.77', 'fd00:201:0:1::77']) {
  test(`a packet for ${address}, a pod that is gone, is refused by its node`, async () => {
    const [file = '', ...args] = enter(second.pod);
    const { code, stderr } = await tryRun(file, [...args, 'bash', '-c', `exec 3<>/dev/tcp/${address}/80`]);
    assert.notEqual(code, 0);
    assert.match(stderr, address.includes(':') ? /Network is unreachable/ : /No route to host/);
  });
}

test('hostUses lists addresses and routes, routeHost leaves the routes of others alone', async () => {
  const uses = await hostUses();
  const ranges = uses.map(({ range }) => formatCidr(range));
  for (const range of ['10.203.77.0/24', '10.201.2.0/24', 'fd00:203::/64', 'fd00:201:0:2::/64'])
    assert.ok(ranges.includes(range), `${range} is not among ${ranges.join()}`);
  const other = { hostLink: `${bridge}o`, fabric: `${bridge}o` };
  await createFabric({ ...other, addresses: ['10.203.79.1/24', 'fd00:203:0:1::1/64'] });
  try {
    for (const [i, to] of ['10.203.79.0/24', 'fd00:203:0:1::/64'].entries()) {
      const range = at(second.podCIDRs, i);
      await routeHost([{ to: range, via: at(first.ips, i) }]);
      await routeHost([{ to: range, via: at(second.ips, i) }]);
      const taken = routeHost([{ to, via: at(first.ips, i) }]);
      await assert.rejects(taken, new RegExp(`cannot route ${to} via ${at(first.ips, i)}: .* is in use through tn`));
      const added = { to: at(['10.207.0.0/16', 'fd00:207::/64'], i), via: at(first.ips, i) };
      const found = async () => (await gatewayRoutes(bridge)).filter((route) => route.to === added.to);
      await routeHost([added]);
      assert.deepEqual(await found(), [added]);
      await unrouteHost([added]);
      await unrouteHost([added]);
      assert.deepEqual(await found(), []);
    }
  } finally {
    await deleteFabric(other);
  }
});

test("detachHost takes the host's interface and its routes at once, whatever its name, and may be called again", async () => {
  const other = { hostLink: `${bridge}o`, fabric: `${bridge}o` };
  await createFabric({ ...other, addresses: ['10.203.79.1/24'] });
  try {
    await run('ip', ['link', 'set', other.hostLink, 'alias', 'of somebody', 'name', `${bridge}p`]);
    for (let i = 0; i < 2; i++) {
      await detachHost(other.fabric);
      assert.doesNotMatch(await run('ip', ['-br', 'link']), new RegExp(`${bridge}p`));
      assert.doesNotMatch(await run('ip', ['route', 'show', 'table', 'all']), /10\.203\.79/);
    }
  } finally {
    await deleteFabric(other);
  }
  await detachHost(other.fabric);
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
    at(first.gateways, 0),
    at(first.ips, 0),
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
    attachPod({
      nodeNamespace: missing,
      podNamespace: missing,
      addresses: [{ address: '10.201.1.8', gateway: '10.201.1.1' }],
    }),
    (error: unknown) => error instanceof NetworkError && error.reason === 'NotFound' && error.message.includes(missing),
  );
  await assert.rejects(listenIn(missing, { host: '127.0.0.1', port: 0 }), /cannot listen on 127.0.0.1:0 in .*missing/);
  await assert.rejects(listenIn(first.namespace, { host: '192.0.2.1', port: 1 }), /EADDRNOTAVAIL/);
  await assert.rejects(
    listenIn(first.namespace, { host: '2001:db8::1', port: 1 }),
    /cannot listen on \[2001:db8::1\]:1 .*EADDRNOTAVAIL/,
  );
  await assert.rejects(createNamespace('../x'), /not a name for a network namespace/);
});

test('everything is removed, and removing it again is no error', async () => {
  const other = { hostLink: `${bridge}x`, fabric: `${bridge}x`, addresses: ['10.203.78.1/24'] };
  await createFabric(other);
  await createFabric(other);
  await detachNode(other.fabric, 1);
  await deleteFabric(other);
  await deleteFabric(other);
  assert.equal((await listNamespaces()).includes(other.fabric), false);
  assert.equal((await tryRun('ip', ['link', 'show', other.hostLink])).code === 0, false);
});

test("another fabric's interface is neither replaced nor removed", async () => {
  const fabricOf = (end: string) => ({
    hostLink: `${bridge}s`,
    fabric: `${bridge}${end}`,
    addresses: ['10.203.78.1/24'],
  });
  const [mine, theirs] = [fabricOf('m'), fabricOf('t')];
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
