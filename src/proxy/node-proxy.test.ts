// A node's proxy as a whole: our own API server in this process, the real kernel of a node in a network namespace, curl on
// the node. Pods 10.221.1.0/24, Services 10.222/16, the node 10.223.88.11, this namespace 10.223.88.1; of IPv6 pods
// fd31:0:0:1::/64, Services fd32::/108, the node fd33::11, this namespace fd33::1. None of them is in worlds.testing.ts, whose
// network can be in the same namespace at the same time.

import assert from 'node:assert/strict';
import type { Server, Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { type EndpointSlice, type Event, endpointSlices, events, nodes, type Service, services } from '#api/index.ts';
import { ApiServer } from '#apiserver/index.ts';
import { Client } from '#client/index.ts';
import { createLogger } from '#lib/log.ts';
import { tryRun } from '#lib/run.ts';
import {
  attachNode,
  createFabric,
  createNamespace,
  deleteFabric,
  deleteNamespace,
  enter,
  listenIn,
  NodeNetwork,
} from '#network/index.ts';
import { NftExec } from '#nftables/index.ts';
import { MemoryStore } from '#storage/index.ts';
import { ConntrackExec } from './conntrack/conntrack.ts';
import { NodeProxy } from './node-proxy.ts';

const fabric = `tw${process.pid}`;
const namespace = `${fabric}-one`;
const address = '10.223.88.11';
const address6 = 'fd33::11';
const serviceCIDRs = ['10.222.0.0/16', 'fd32::/108'];
const quiet = createLogger('test', 'error', () => {});
const stop = new AbortController();
let server: ApiServer;
let client: Client;
let proxy: NodeProxy;
let pod: Server;
const others: Server[] = [];

async function curl(...args: string[]): Promise<{ code: number; headers: string; body: string }> {
  const [file = '', ...rest] = enter(namespace);
  const { stdout } = await tryRun(file, [...rest, 'curl', '-s', '-g', '-i', '--max-time', '3', ...args]);
  const at = stdout.indexOf('\r\n\r\n');
  return { code: Number(stdout.split(' ')[1] ?? 0), headers: stdout.slice(0, at), body: stdout.slice(at + 4) };
}

/** Looks until it is so; the last answer is in the failure. */
async function eventually<T>(look: () => Promise<T>, isRight: (found: T) => boolean): Promise<T> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const found = await look();
    if (isRight(found)) return found;
    if (Date.now() > deadline) assert.fail(`still ${JSON.stringify(found)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
const code = (url: string) => curl(url).then((answer) => answer.code);
const untilCode = (url: string, want: number) =>
  eventually(
    () => code(url),
    (found) => found === want,
  );

before(async () => {
  server = new ApiServer({ store: new MemoryStore(), log: quiet }, { serviceCIDR: serviceCIDRs });
  await server.start();
  client = new Client(server.fetchAs({ name: 'test', groups: ['system:masters'] }));
  await createFabric({ hostLink: fabric, fabric, addresses: ['10.223.88.1/24', 'fd33::1/64'] });
  await createNamespace(namespace);
  await attachNode({
    fabric,
    namespace,
    index: 1,
    networks: [
      { address: `${address}/24`, gateway: '10.223.88.1', podCIDR: '10.221.1.0/24', peers: [] },
      { address: `${address6}/64`, gateway: 'fd33::1', podCIDR: 'fd31:0:0:1::/64', peers: [] },
    ],
  });
  // The pod has the network of the node.
  pod = await listenIn(namespace, { host: '::', port: 8080 });
  pod.on('connection', (socket: Socket) => {
    socket.allowHalfOpen = true;
    let heard = '';
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      heard += chunk;
    });
    socket.on('end', () => socket.end(`${heard.length} heard\n`));
  });
  await client.resource(nodes).create({ metadata: { name: 'one' }, spec: {} });
  const prefix = enter(namespace);
  proxy = new NodeProxy(
    {
      client,
      nft: new NftExec({ prefix }),
      conntrack: new ConntrackExec({ prefix }),
      network: new NodeNetwork(namespace),
      log: quiet,
    },
    {
      nodeName: 'one',
      nodeIPs: [address, address6],
      clusterCIDRs: ['10.221.0.0/16', 'fd31::/48'],
      serviceCIDRs,
      nodePortAddresses: ['primary', 'localhost'],
    },
  );
  proxy.start(stop.signal);
  await proxy.synced();
});

after(async () => {
  stop.abort();
  await proxy?.stopped();
  for (const each of [pod, ...others]) each?.close();
  await deleteNamespace(namespace);
  await deleteFabric({ hostLink: fabric, fabric });
  await server.close();
});

const create = (name: string, spec: object): Promise<Service> =>
  client.resource(services).create({
    metadata: { name, namespace: 'default' },
    spec: { ports: [{ port: 80, targetPort: 8080 }], ...spec },
  } as Service);
const slice = (name: string, endpoints: EndpointSlice['endpoints']): EndpointSlice => ({
  metadata: { name: `${name}-1`, namespace: 'default', labels: { 'kubernetes.io/service-name': name } },
  addressType: 'IPv4',
  ports: [{ name: '', port: 8080, protocol: 'TCP' }],
  endpoints,
});
const here = { addresses: [address], nodeName: 'one', conditions: { ready: true } };
const elsewhere = { addresses: ['10.221.2.5'], nodeName: 'two', conditions: { ready: true } };
const place = (name: string, ...endpoints: EndpointSlice['endpoints']) =>
  client.resource(endpointSlices).create(slice(name, endpoints));
const replace = async (name: string, ...endpoints: EndpointSlice['endpoints']) => {
  const found = await client.resource(endpointSlices).get(`${name}-1`, 'default');
  return client.resource(endpointSlices).update({ ...found, endpoints });
};

describe('health check node ports', { timeout: 40_000 }, () => {
  test('say how many endpoints are ready here, as load balancers expect it; closed when not wanted', async () => {
    const { spec } = await create('web', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' });
    const url = `http://${address}:${spec?.healthCheckNodePort}/any/path?x=1`;
    await place('web', elsewhere);
    const none = await eventually(
      () => curl(url),
      (answer) => answer.code === 503,
    );
    assert.match(none.headers, /x-load-balancing-endpoint-weight: 0/i);
    // An address that is in two slices is one endpoint; one that ends does not count, and is still served.
    await client
      .resource(endpointSlices)
      .create({ ...slice('web', [here]), metadata: { ...slice('web', []).metadata, name: 'web-2' } });
    await replace(
      'web',
      here,
      elsewhere,
      { ...here, addresses: ['10.221.1.9'] },
      { ...here, addresses: ['10.221.1.8'], conditions: { ready: true, serving: true, terminating: true } },
    );
    const some = await eventually(
      () => curl('-X', 'POST', '-d', 'x', url),
      ({ headers }) => headers.includes('Weight: 2'),
    );
    assert.equal(
      some.body,
      '{\n\t"service": {\n\t\t"namespace": "default",\n\t\t"name": "web"\n\t},\n\t"localEndpoints": 2,\n\t"serviceProxyHealthy": true\n}',
    );
    assert.equal(some.code, 200);
    assert.match(some.headers, /content-type: application\/json\r\n/i);
    assert.match(some.headers, /x-content-type-options: nosniff/i);
    assert.match(some.headers, /x-load-balancing-endpoint-weight: 2/i);
    assert.equal(await code(`http://127.0.0.1:${spec?.healthCheckNodePort}/`), 0, 'only where node ports are served');
    await client
      .resource(services)
      .patch('web', { spec: { externalTrafficPolicy: 'Cluster' } }, { namespace: 'default', type: 'merge' });
    await untilCode(url, 0);
  });

  test('a port that somebody else has is told in an event, and served when it is free', async () => {
    const taken = await listenIn(namespace, { host: address, port: 32_222 });
    others.push(taken);
    const spec = { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 32_222 };
    await place('held', here);
    const service = await create('held', spec);
    const told = async (): Promise<Event | undefined> =>
      (await client.resource(events).list()).items.find(({ reason }) => reason === 'FailedToStartServiceHealthcheck');
    const event = await eventually(told, (found) => found !== undefined);
    taken.close();
    assert.equal(event?.type, 'Warning');
    assert.equal(event?.involvedObject.uid, service.metadata.uid);
    assert.match(
      event?.message ?? '',
      /^node one failed to start healthcheck "default\/held" on port 32222: cannot listen on 10.223.88.11:32222 .*EADDRINUSE/,
    );
    await untilCode(`http://${address}:32222/`, 200);
    await client.resource(services).delete('held', { namespace: 'default' });
    await untilCode(`http://${address}:32222/`, 0);
  });
});

describe('servers of the proxy itself', { timeout: 30_000 }, () => {
  test('/healthz and /livez, on all addresses; a node that is to be deleted is not one to send to', async () => {
    for (const host of [address, '127.0.0.1']) {
      const { code, headers, body } = await curl(`http://${host}:10256/healthz`);
      assert.equal(code, 200);
      assert.match(headers, /content-type: application\/json\r\n/i);
      assert.match(headers, /x-content-type-options: nosniff/i);
      const { status, currentTime, ...report } = JSON.parse(body);
      assert.deepEqual(report, { lastUpdated: currentTime, nodeEligible: true, healthy: true });
      assert.deepEqual(Object.keys(status), ['IPv4', 'IPv6']);
    }
    const taints = [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }];
    await client.resource(nodes).patch('one', { spec: { taints } }, { type: 'merge' });
    await untilCode(`http://${address}:10256/healthz`, 503);
    const { code, body } = await curl(`http://${address}:10256/livez`);
    assert.deepEqual([code, 'nodeEligible' in JSON.parse(body)], [200, false]);
    await client.resource(nodes).patch('one', { spec: { taints: null } }, { type: 'merge' });
    await untilCode(`http://${address}:10256/healthz`, 200);
    assert.equal((await curl(`http://${address}:10256/other`)).code, 404);
  });

  test('/metrics, /proxyMode, /configz and /healthz, on the loopback alone', async () => {
    const own = 'http://127.0.0.1:10249';
    const { headers, body } = await curl(`${own}/metrics`);
    assert.match(headers, /content-type: text\/plain; version=0\.0\.4/i);
    const full = /^kubeproxy_sync_full_proxy_rules_duration_seconds_count\{ip_family="IPv4"\} (\d+)$/m.exec(body);
    assert.ok(Number(full?.[1]) >= 1, body);
    assert.match(body, /^kubeproxy_proxy_healthz_total\{code="200"\} \d+$/m);
    assert.match(body, /^process_resident_memory_bytes \d+$/m);
    assert.equal((await curl(`${own}/proxyMode`)).body, 'nftables');
    assert.equal((await curl(`${own}/healthz`)).body, 'ok');
    const config = JSON.parse((await curl(`${own}/configz`)).body);
    assert.deepEqual(config['kubeproxy.config.k8s.io'].nodePortAddresses, ['primary', 'localhost']);
    assert.equal((await curl(`${own}/`)).code, 404);
    assert.equal((await curl(`http://${address}:10249/metrics`)).code, 0);
  });

  test('network programming is measured from the trigger of a slice', async () => {
    const count = async () => {
      const { body } = await curl('http://127.0.0.1:10249/metrics');
      return Number(
        /^kubeproxy_network_programming_duration_seconds_count\{ip_family="IPv4"\} (\d+)$/m.exec(body)?.[1],
      );
    };
    const before = await count();
    const { metadata, ...rest } = slice('timed', [here]);
    const annotations = { 'endpoints.kubernetes.io/last-change-trigger-time': new Date().toISOString() };
    await client.resource(endpointSlices).create({ ...rest, metadata: { ...metadata, annotations } });
    assert.equal(await eventually(count, (found) => found > before), before + 1);
  });
});

test('settings of the node are made in its own namespace', async () => {
  const node = new NodeNetwork(namespace);
  const found = async () => [
    await node.readSysctl('net.netfilter.nf_conntrack_tcp_be_liberal'),
    await node.readSysctl('net.netfilter.nf_conntrack_tcp_timeout_close_wait'),
  ];
  await eventually(found, ([liberal, closeWait]) => liberal === '1' && closeWait === '3600');
  assert.equal(await new NodeNetwork().readSysctl('net.netfilter.nf_conntrack_tcp_be_liberal'), '0');
});

describe('node ports on localhost', { timeout: 40_000 }, () => {
  const ask = async (port: number, host = '127.0.0.1'): Promise<string> => {
    const [file = '', ...args] = enter(namespace);
    // Says all it has to say, and then waits for the answer.
    const script = `exec 3<>/dev/tcp/${host}/${port} && head -c 100000 /dev/zero >&3 && timeout 3 python3 - <<'END'
import socket
s = socket.socket(fileno=3); s.shutdown(socket.SHUT_WR); print(s.recv(100).decode().strip())
END`;
    const { stdout } = await tryRun(file, [...args, 'bash', '-c', script]);
    return stdout.trim();
  };

  test('connections go where the rules of the node port send them, and half-closed ones are answered', async () => {
    const { spec } = await create('relayed', { type: 'NodePort' });
    const port = spec?.ports?.[0]?.nodePort ?? 0;
    assert.equal(await ask(port), '', 'nobody listens where nobody could answer');
    await place('relayed', here);
    await eventually(
      () => ask(port),
      (answer) => answer === '100000 heard',
    );
    await client.resource(services).delete('relayed', { namespace: 'default' });
    await eventually(
      () => ask(port),
      (answer) => answer === '',
    );
  });

  test('policy Local: a listener as long as there is an endpoint here', async () => {
    const { spec } = await create('local', { type: 'NodePort', externalTrafficPolicy: 'Local' });
    const port = spec?.ports?.[0]?.nodePort ?? 0;
    const listening = async () => {
      const [file = '', ...args] = enter(namespace);
      return (await tryRun(file, [...args, 'ss', '-Hltn', `sport = :${port}`])).stdout.includes('127.0.0.1');
    };
    await place('local', here, elsewhere);
    await eventually(listening, (found) => found);
    assert.equal(await ask(port), '100000 heard');
    await replace('local', elsewhere);
    await eventually(listening, (found) => !found);
    await replace('local', { ...here, conditions: { ready: false, serving: true, terminating: true } }, elsewhere);
    await eventually(listening, (found) => found);
    assert.equal(await ask(port), '100000 heard');
  });

  test('each family has its own listener, and its own health check', async () => {
    const { spec } = await create('dual', {
      type: 'LoadBalancer',
      externalTrafficPolicy: 'Local',
      ipFamilyPolicy: 'RequireDualStack',
    });
    const [port = 0, check = 0] = [spec?.ports?.[0]?.nodePort, spec?.healthCheckNodePort];
    const ofIPv6 = slice('dual', [{ ...here, addresses: [address6] }]);
    await client.resource(endpointSlices).create({ ...ofIPv6, addressType: 'IPv6' });
    await eventually(
      () => ask(port, '::1'),
      (answer) => answer === '100000 heard',
    );
    assert.equal(await ask(port), '');
    await untilCode(`http://[${address6}]:${check}/`, 200);
    await untilCode(`http://${address}:${check}/`, 503);
  });

  test('UDP node ports have none, and a taken port is told in an event', async () => {
    const taken = await listenIn(namespace, { host: '127.0.0.1', port: 30_999 });
    others.push(taken);
    await place('both', here);
    await create('both', {
      type: 'NodePort',
      ports: [
        { name: 't', port: 80, targetPort: 8080, nodePort: 30_999 },
        { name: 'u', port: 80, protocol: 'UDP', targetPort: 8080, nodePort: 30_998 },
      ],
    });
    await replace('both', here);
    const found = await client.resource(endpointSlices).get('both-1', 'default');
    await client.resource(endpointSlices).update({
      ...found,
      ports: [
        { name: 't', port: 8080, protocol: 'TCP' },
        { name: 'u', port: 8080, protocol: 'UDP' },
      ],
    });
    const told = async () =>
      (await client.resource(events).list()).items.find(({ reason }) => reason === 'FailedToStartLocalhostNodePort');
    const event = await eventually(told, (each) => each !== undefined);
    taken.close();
    assert.match(event?.message ?? '', /^node one failed to serve node port 30999 on 127.0.0.1: .*EADDRINUSE/);
    await eventually(
      () => ask(30_999),
      (answer) => answer === '100000 heard',
    );
    const [file = '', ...args] = enter(namespace);
    const { stdout } = await tryRun(file, [...args, 'ss', '-Hlun', 'sport = :30998']);
    assert.equal(stdout, '');
  });
});

describe("ports of the node that another Service's external IP takes", { timeout: 30_000 }, () => {
  const toldOf = async (name: string) =>
    (await client.resource(events).list()).items.filter(({ involvedObject }) => involvedObject.name === name);

  test('are told in events about both, once, however often the rules are written', async () => {
    await create('owner', { type: 'NodePort', ports: [{ port: 80, targetPort: 8080, nodePort: 30_777 }] });
    await create('taker', {
      externalIPs: [address],
      ports: [
        { name: 'a', port: 30_777 },
        { name: 'b', port: 10_250 },
      ],
    });
    const found = await eventually(
      async () => [...(await toldOf('taker')), ...(await toldOf('owner'))],
      (each) => each.length === 3,
    );
    const at = `of ${address}, which is an address of node one`;
    assert.deepEqual(found.map(({ type, reason, message }) => `${type} ${reason}: ${message}`).sort(), [
      `Warning ExternalIPTakesPort: This Service takes port 10250/TCP ${at}, from the kubelet. Use an address that no node has, or another port.`,
      `Warning ExternalIPTakesPort: This Service takes port 30777/TCP ${at}, from the node port of Service default/owner. Use an address that no node has, or another port.`,
      `Warning NodePortTaken: This Service's node port is not reached at port 30777/TCP ${at}: it is taken by Service default/taker, which has the address as an external IP or from its load balancer.`,
    ]);
    await place('taker', here);
    await client
      .resource(services)
      .patch('taker', { metadata: { labels: { a: 'b' } } }, { namespace: 'default', type: 'merge' });
    // The event of a later change is written after any that these would lead to.
    await create('later', { externalIPs: [address], ports: [{ port: 30_777 }] });
    await client.resource(services).delete('taker', { namespace: 'default' });
    await eventually(
      () => toldOf('later'),
      (each) => each.length === 1,
    );
    assert.deepEqual(
      (await toldOf('taker')).map(({ count }) => count),
      [1, 1],
    );
  });
});

test('a proxy that ends leaves the rules and no sockets', async () => {
  stop.abort();
  await proxy.stopped();
  await untilCode(`http://${address}:10256/healthz`, 0);
  const [file = '', ...args] = enter(namespace);
  assert.match(
    (await tryRun(file, [...args, 'nft', 'list', 'table', 'ip', 'portolan'])).stdout,
    /chain nat-prerouting/,
  );
  const listening = (await tryRun(file, [...args, 'ss', '-Hltn'])).stdout.trim().split('\n');
  assert.deepEqual(
    listening.map((line) => line.split(/\s+/)[3]),
    ['*:8080'],
  );
});
