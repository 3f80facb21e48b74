// Addresses of a pool, and none at all.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isNotFound, namespaces } from '#api/index.ts';
import { until } from '../cluster-suite.ts';
import { namespace, pointsOf, pool, startServer } from './balanced.testing.ts';
import { cleanupFinalizer } from './plan.ts';

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
