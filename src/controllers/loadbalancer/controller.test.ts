// The controller against our own API server, in each of its modes.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, type TestContext, test } from 'node:test';
import { type Event, events, isNotFound, namespaces, type Service, services } from '#api/index.ts';
import { ApiServer } from '#apiserver/index.ts';
import { Client } from '#client/index.ts';
import { parseAddressRanges } from '#lib/address-ranges.ts';
import { createLogger } from '#lib/log.ts';
import { MemoryStore } from '#storage/index.ts';
import { until } from '../cluster-suite.ts';
import { type LoadBalancerOptions, startControllers } from '../index.ts';
import { cleanupFinalizer } from './plan.ts';

const log = createLogger('test', 'error');
const namespace = 'default';

/** Cluster IPs that this machine answers at by itself. */
const serviceCIDR = '127.96.0.0/16';

async function startServer(t: TestContext) {
  const server = new ApiServer({ store: new MemoryStore(), log }, { serviceCIDR });
  await server.start();
  t.after(() => server.close());
  const client = new Client(server.fetchAs({ name: 'admin', groups: ['system:masters'] }));
  /** Runs the controller until the returned function is called, or the test ends. */
  const run = async (options: LoadBalancerOptions): Promise<() => void> => {
    const stop = new AbortController();
    t.after(() => stop.abort());
    const loadBalancer = { patienceMs: 0, ...options };
    await startControllers({ client, log }, { signal: stop.signal, only: [], loadBalancer });
    return () => stop.abort();
  };
  const api = client.resource(services);
  const create = (name: string, spec: object = {}) =>
    api.create({ metadata: { name, namespace }, spec: { type: 'LoadBalancer', ports: [{ port: 80 }], ...spec } });
  const patch = (name: string, spec: object) => api.patch(name, { spec }, { namespace, type: 'merge' });
  /** Resolves with the Service when its status says so. */
  const reachedAt = async (name: string, ...points: string[]): Promise<Service> => {
    const all = await until(api, namespace, (list) =>
      list.some((one) => one.metadata.name === name && pointsOf(one).join() === points.join()),
    );
    return all.find(({ metadata }) => metadata.name === name) as Service;
  };
  const told = (name: string, reason: string, message: RegExp): Promise<Event[]> =>
    until(client.resource(events), namespace, (list) =>
      list.some((one) => one.involvedObject.name === name && one.reason === reason && message.test(one.message ?? '')),
    );
  const reasons = async (name: string): Promise<string[]> =>
    (await client.resource(events).list({ namespace })).items
      .filter(({ involvedObject }) => involvedObject.name === name)
      .sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
      .map(({ reason }) => reason ?? '');
  return { client, api, run, create, patch, reachedAt, told, reasons };
}

const pointsOf = ({ status }: Service): string[] =>
  (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip ?? hostname ?? '');
const pool = (text = '203.0.113.1-203.0.113.2'): LoadBalancerOptions => ({
  mode: 'pool',
  pool: parseAddressRanges(text),
});
const isGone = async (gone: Promise<unknown>): Promise<void> =>
  assert.ok(await gone.then(() => false, isNotFound), 'it is still there');

describe('load balancers: pool', () => {
  test('an address, the finalizer and events; all of it gone when the type changes', async (t) => {
    const { run, create, patch, reachedAt, told, reasons } = await startServer(t);
    await run(pool());
    await create('web', {
      ports: [
        { name: 'a', port: 80 },
        { name: 'b', port: 53, protocol: 'UDP' },
      ],
    });
    const given = await reachedAt('web', '203.0.113.1');
    assert.deepEqual(given.metadata.finalizers, [cleanupFinalizer]);
    assert.deepEqual(given.status?.loadBalancer?.ingress, [
      {
        ip: '203.0.113.1',
        ipMode: 'VIP',
        ports: [
          { port: 80, protocol: 'TCP' },
          { port: 53, protocol: 'UDP' },
        ],
      },
    ]);
    await told('web', 'EnsuredLoadBalancer', /^Ensured load balancer$/);
    await patch('web', { type: 'ClusterIP' });
    await told('web', 'DeletedLoadBalancer', /^Deleted load balancer$/);
    const taken = await reachedAt('web');
    assert.equal(taken.metadata.finalizers, undefined);
    assert.deepEqual(taken.metadata.annotations ?? {}, {});
    assert.deepEqual(await reasons('web'), [
      'EnsuringLoadBalancer',
      'EnsuredLoadBalancer',
      'Type',
      'DeletingLoadBalancer',
      'DeletedLoadBalancer',
    ]);
  });

  test('no address is given twice; who finds none is told why, and served when one is free', async (t) => {
    const { api, run, create, reachedAt, told, reasons } = await startServer(t);
    await run(pool());
    await Promise.all(['a', 'b', 'c'].map((name) => create(name)));
    await told('c', 'SyncLoadBalancerFailed', /all IPv4 addresses of the pool 203.0.113.1-203.0.113.2 are in use/);
    const points = (await api.list({ namespace })).items.flatMap(pointsOf);
    assert.deepEqual(points.sort(), ['203.0.113.1', '203.0.113.2']);
    await api.delete('a', { namespace });
    await reachedAt('c', '203.0.113.1');
    await isGone(api.get('a', namespace));
    await told('c', 'EnsuredLoadBalancer', /./);
    assert.deepEqual(await reasons('c'), ['EnsuringLoadBalancer', 'SyncLoadBalancerFailed', 'EnsuredLoadBalancer']);
  });

  test('addresses are kept over a restart, also against Services that were made meanwhile', async (t) => {
    const { run, create, api, reachedAt } = await startServer(t);
    const stop = await run(pool());
    await create('first');
    await create('second');
    await reachedAt('second', '203.0.113.2');
    await api.delete('first', { namespace });
    await until(api, namespace, (list) => list.every(({ metadata }) => metadata.name !== 'first'));
    stop();
    await create('early', { loadBalancerIP: '203.0.113.2' });
    await create('third');
    await run(pool());
    await reachedAt('third', '203.0.113.1');
    await reachedAt('second', '203.0.113.2');
    await reachedAt('early');
  });

  test('an address that two have by their status stays with the older one', async (t) => {
    const { run, create, api, reachedAt } = await startServer(t);
    const status = { loadBalancer: { ingress: [{ ip: '203.0.113.2' }] } };
    await create('old');
    // Ages are told in seconds, and of the same age are told apart by their uids.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await create('new');
    for (const name of ['new', 'old'])
      await api.patch(name, { status }, { namespace, type: 'merge', subresource: 'status' });
    await run(pool());
    await reachedAt('new', '203.0.113.1');
    await reachedAt('old', '203.0.113.2');
  });

  test('spec.loadBalancerIP: the one asked for, moved, taken, outside; what a Service has it keeps', async (t) => {
    const { run, create, patch, reachedAt, told } = await startServer(t);
    await run(pool());
    await create('a', { loadBalancerIP: '203.0.113.2' });
    await reachedAt('a', '203.0.113.2');
    await create('b', { loadBalancerIP: '203.0.113.2' });
    await told('b', 'SyncLoadBalancerFailed', /203.0.113.2, which the Service default\/a has already/);
    await reachedAt('b');
    await patch('a', { loadBalancerIP: '203.0.113.1' });
    await reachedAt('a', '203.0.113.1');
    await told('a', 'LoadbalancerIP', /^203.0.113.2 -> 203.0.113.1$/);
    await reachedAt('b', '203.0.113.2');
    await patch('b', { loadBalancerIP: '192.0.2.1' });
    await told('b', 'SyncLoadBalancerFailed', /192.0.2.1, which is not in the pool/);
    await reachedAt('b', '203.0.113.2');
  });

  test('an address that is an external IP of another Service is not given away', async (t) => {
    const { run, create, reachedAt } = await startServer(t);
    await create('external', { type: 'ClusterIP', externalIPs: ['203.0.113.1'] });
    await run(pool());
    await create('web');
    await reachedAt('web', '203.0.113.2');
  });

  test('with another pool, addresses that are not in it are replaced', async (t) => {
    const { run, create, reachedAt } = await startServer(t);
    const stop = await run(pool());
    await create('web');
    await reachedAt('web', '203.0.113.1');
    stop();
    await run(pool('198.51.100.7'));
    await reachedAt('web', '198.51.100.7');
  });

  test('ports follow the Service, and what somebody else writes into the status does not stay', async (t) => {
    const { api, run, create, patch, reachedAt } = await startServer(t);
    await run(pool());
    await create('web');
    await reachedAt('web', '203.0.113.1');
    await patch('web', { ports: [{ port: 8080 }] });
    await until(api, namespace, (list) =>
      list.some(({ status }) => status?.loadBalancer?.ingress?.[0]?.ports?.[0]?.port === 8080),
    );
    const status = { loadBalancer: { ingress: [{ ip: '192.0.2.99' }] } };
    await api.patch('web', { status }, { namespace, type: 'merge', subresource: 'status' });
    await reachedAt('web', '203.0.113.1');
  });

  test('a class of our own is served, another is left alone with an event', async (t) => {
    const { run, create, reachedAt, told } = await startServer(t);
    await run(pool());
    await create('ours', { loadBalancerClass: 'portolan.dev/pool' });
    await reachedAt('ours', '203.0.113.1');
    await create('theirs', { loadBalancerClass: 'example.com/lb' });
    await told('theirs', 'UnservedLoadBalancerClass', /example.com\/lb, and the load balancer here serves/);
    const theirs = await reachedAt('theirs');
    assert.equal(theirs.metadata.finalizers, undefined);
  });

  test('Services go with their namespace, and are let go when somebody takes the finalizer off', async (t) => {
    const { client, api, run, create, reachedAt } = await startServer(t);
    await run(pool('203.0.113.1'));
    await client.resource(namespaces).create({ metadata: { name: 'other' }, spec: {} });
    const spec = { type: 'LoadBalancer', ports: [{ port: 80 }] };
    await api.create({ metadata: { name: 'web', namespace: 'other' }, spec });
    await until(api, 'other', ([one]) => one !== undefined && pointsOf(one).length > 0);
    await api.delete('web', { namespace: 'other' });
    await until(api, 'other', (list) => list.length === 0);
    await create('next');
    await reachedAt('next', '203.0.113.1');
    const finalizers = { metadata: { finalizers: null } };
    await api.patch('next', finalizers, { namespace, type: 'merge' });
    await until(api, namespace, (list) => list.some(({ metadata }) => metadata.finalizers?.length === 1));
  });
});

describe('load balancers: none', () => {
  test('who waits is told that nobody comes; what an earlier run gave is taken back', async (t) => {
    const { api, run, create, reachedAt, told } = await startServer(t);
    const stop = await run(pool());
    await create('web');
    await reachedAt('web', '203.0.113.1');
    stop();
    await run({ mode: 'none' });
    await told('web', 'DeletedLoadBalancer', /./);
    await told('web', 'NoLoadBalancer', /--load-balancer none.*portolan up --load-balancer pool/);
    assert.equal((await reachedAt('web')).metadata.finalizers, undefined);
    await api.delete('web', { namespace });
    await isGone(api.get('web', namespace));
  });

  test('what somebody else gives is left alone', async (t) => {
    const { api, run, create, reachedAt, reasons } = await startServer(t);
    await create('web');
    const status = { loadBalancer: { ingress: [{ ip: '192.0.2.99' }] } };
    await api.patch('web', { status }, { namespace, type: 'merge', subresource: 'status' });
    await run({ mode: 'none' });
    await create('last');
    await reachedAt('web', '192.0.2.99');
    assert.deepEqual(await reasons('web'), []);
  });
});

describe('load balancers: localhost', () => {
  /** A program of this machine at a port; at the address of a Service it stands for its pods. */
  const listen = async (t: TestContext, host: string, port = 0) => {
    const server = createServer((socket) => socket.end(`from ${host}`)).listen(port, host);
    t.after(() => server.close());
    await once(server, 'listening');
    return { server, port: (server.address() as AddressInfo).port };
  };
  const freePort = async (t: TestContext): Promise<number> => {
    const { server, port } = await listen(t, '127.0.0.1');
    await new Promise((resolve) => server.close(resolve));
    return port;
  };
  const ask = async (host: string, port: number): Promise<string> => text(connect({ host, port }));

  test('the port is on 127.0.0.1 and ::1, leads to the Service, and is free again when the Service is deleted', async (t) => {
    const { api, run, create, reachedAt } = await startServer(t);
    await run({ mode: 'localhost' });
    const port = await freePort(t);
    const { spec } = await create('web', { ports: [{ port }] });
    const { status } = await reachedAt('web', 'localhost');
    assert.deepEqual(status?.loadBalancer?.ingress, [{ hostname: 'localhost', ports: [{ port, protocol: 'TCP' }] }]);
    await listen(t, spec.clusterIP ?? '', port);
    assert.equal(await ask('127.0.0.1', port), `from ${spec.clusterIP}`);
    assert.equal(await ask('::1', port), `from ${spec.clusterIP}`);
    await api.delete('web', { namespace });
    await until(api, namespace, (list) => list.every(({ metadata }) => metadata.name !== 'web'));
    await assert.rejects(ask('127.0.0.1', port), { code: 'ECONNREFUSED' });
  });

  test('a port that is taken: an event says by whom, the Service waits, and has it once it is free', async (t) => {
    const { run, create, reachedAt, told } = await startServer(t);
    await run({ mode: 'localhost' });
    const other = await listen(t, '127.0.0.1');
    await create('web', { ports: [{ port: other.port }] });
    const who = new RegExp(`port ${other.port}/TCP of localhost is in use by .* \\(process ${process.pid}\\)\\. Stop`);
    await told('web', 'SyncLoadBalancerFailed', who);
    await reachedAt('web');
    await new Promise((resolve) => other.server.close(resolve));
    await reachedAt('web', 'localhost');
  });

  test('a port is published for one Service; the other has it when that one gives it up', async (t) => {
    const { run, create, patch, reachedAt, told } = await startServer(t);
    await run({ mode: 'localhost' });
    const [port, spare] = [await freePort(t), await freePort(t)];
    await create('one', { ports: [{ port }] });
    await reachedAt('one', 'localhost');
    await create('other', {
      ports: [
        { name: 'a', port: spare },
        { name: 'b', port },
      ],
    });
    await told('other', 'SyncLoadBalancerFailed', /is published for the Service default\/one already/);
    await reachedAt('other');
    await assert.rejects(ask('127.0.0.1', spare), { code: 'ECONNREFUSED' }, 'all of its ports, or none');
    await patch('one', { ports: [{ port: await freePort(t) }] });
    await reachedAt('other', 'localhost');
  });

  test('SCTP cannot be published, and source ranges without localhost let nobody in', async (t) => {
    const { run, create, reachedAt, told } = await startServer(t);
    await run({ mode: 'localhost' });
    await create('sctp', { ports: [{ port: 80, protocol: 'SCTP' }] });
    await told('sctp', 'SyncLoadBalancerFailed', /SCTP, which cannot be published on localhost/);
    const port = await freePort(t);
    const { spec } = await create('ranges', { ports: [{ port }], loadBalancerSourceRanges: ['192.0.2.0/24'] });
    await told('ranges', 'SyncLoadBalancerFailed', /has neither 127.0.0.1 nor ::1/);
    await reachedAt('ranges', 'localhost');
    await listen(t, spec.clusterIP ?? '', port);
    await assert.rejects(ask('127.0.0.1', port), { code: 'ECONNRESET' });
  });
});
