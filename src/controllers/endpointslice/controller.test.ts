// What people and machines do to Services, pods, Nodes and slices, and what consumers of the slices see then.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EndpointSlice, endpoints, events, nodes, pods, services } from '#api/index.ts';
import { triggerTimeAnnotation } from '#api/well-known-labels.ts';
import { until } from '../cluster-suite.ts';
import { namespace, start, zone, zones } from './controllers.testing.ts';

test('a pod that is drained serves until it is gone: terminating in the slices at once, in no legacy Endpoints', async (t) => {
  const { client, node, pod, service, shows } = await start(t);
  await node('n1');
  await service();
  await pod('a', 'n1');
  await pod('b', 'n1');
  const [before] = await shows('a:RS,b:RS');
  await client.resource(pods).delete('a', { namespace, gracePeriodSeconds: 30 });
  const [during] = await shows('a:rST,b:RS');
  assert.equal(during?.metadata.uid, before?.metadata.uid);
  const names = (all: { subsets?: { addresses?: { targetRef?: { name?: string } }[] }[] }[]) =>
    all.flatMap(({ subsets = [] }) =>
      subsets.flatMap(({ addresses = [] }) => addresses.map((one) => one.targetRef?.name)),
    );
  await until(client.resource(endpoints), namespace, (all) => names(all).join() === 'b');
  await client.resource(pods).delete('a', { namespace, gracePeriodSeconds: 0 });
  await shows('b:RS');
});

test('what others do to the slices is mended, but not what they make for themselves', async (t) => {
  const { slices, node, pod, service, shows, ofWeb } = await start(t);
  await node('n1');
  await service();
  await pod('a', 'n1');
  const [first] = await shows('a:RS');
  const name = first?.metadata.name ?? '';
  await slices.patch(name, { endpoints: [] }, { namespace, type: 'merge' });
  await shows('a:RS');
  await slices.patch(name, { metadata: { labels: { team: 'them' } } }, { namespace, type: 'merge' });
  await until(slices, namespace, (all) => ofWeb(all).every(({ metadata }) => metadata.labels?.team === undefined));
  await slices.delete(name, { namespace });
  const [second] = await shows('a:RS');
  assert.notEqual(second?.metadata.uid, first?.metadata.uid);
  // Taken away by its label, a slice is its new owner's, and another one does its work.
  const managedBy = (by: string) => ({ metadata: { labels: { 'endpointslice.kubernetes.io/managed-by': by } } });
  await slices.patch(second?.metadata.name ?? '', managedBy('them'), { namespace, type: 'merge' });
  const both = await shows('a:RS,a:RS');
  await slices.patch(second?.metadata.name ?? '', { endpoints: [] }, { namespace, type: 'merge' });
  const [left] = await shows('a:RS').then((all) => all.filter(({ endpoints: members }) => members.length > 0));
  assert.ok(both.some(({ metadata }) => metadata.uid === left?.metadata.uid));
  assert.notEqual(left?.metadata.uid, second?.metadata.uid);
});

test('without a selector slices are left as they are: those of before, and those that somebody wrote', async (t) => {
  const { client, slices, node, pod, service, shows } = await start(t);
  await node('n1');
  await service();
  await pod('a', 'n1');
  const [made] = await shows('a:RS');
  await client.resource(services).patch('web', { spec: { selector: null } }, { namespace, type: 'merge' });
  const own = await slices.create({
    metadata: { name: 'web-by-hand', namespace, labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['192.0.2.1'] }],
    ports: [{ name: '', port: 80 }],
  });
  await pod('b', 'n1');
  // Another Service is served meanwhile, so the controller has seen all of it.
  await service({}, { name: 'other' });
  await until(slices, namespace, (all) =>
    all.some(({ metadata, endpoints: members }) => metadata.generateName === 'other-' && members.length === 2),
  );
  assert.deepEqual(await slices.get(made?.metadata.name ?? '', namespace), made);
  assert.deepEqual(await slices.get('web-by-hand', namespace), own);
});

test('a pod of an unknown Node is left out with an event, and is in as soon as the Node is known', async (t) => {
  const { node, pod, service, shows, told } = await start(t);
  await node('n1', { [zone]: 'a' });
  await service();
  await pod('a', 'n1');
  await pod('b', 'later');
  await shows('a:RS');
  assert.deepEqual(await told('FailedToUpdateEndpointSlices'), [
    'Warning: Error updating Endpoint Slices for Service default/web: pod b is left out: node "later" is not known',
  ]);
  const begin = performance.now();
  await node('later', { [zone]: 'b' });
  await shows('a@a>,b@b>', zones);
  assert.ok(performance.now() - begin < 400, 'not only when it is tried again');
});

test('zones follow the Nodes, and hints for zones follow the CPUs, with events that say when they do not', async (t) => {
  const { client, node, pod, service, shows, told } = await start(t);
  await node('n1', { [zone]: 'a' });
  await node('n2', { [zone]: 'a' });
  for (const name of ['a', 'b', 'c', 'd']) await pod(name, 'n1');
  await service({}, { annotations: { 'service.kubernetes.io/topology-mode': 'Auto' } });
  await shows('a@a>,b@a>,c@a>,d@a>', zones);
  const unable = 'Unable to allocate minimum required endpoints to each zone without exceeding overload threshold';
  const insufficient = 'Warning: Nodes only ready in one zone, addressType: IPv4';
  assert.deepEqual(await told('TopologyAwareHintsDisabled'), [insufficient]);
  const move = (to: string) =>
    client.resource(nodes).patch('n2', { metadata: { labels: { [zone]: to } } }, { type: 'merge' });
  await move('b');
  await shows('a@a>b,b@a>b,c@a>a,d@a>a', zones);
  assert.deepEqual(await told('TopologyAwareHintsEnabled'), [
    'Normal: Topology Aware Hints has been enabled, addressType: IPv4',
  ]);
  await pod('e', 'n2');
  await shows('a@a>,b@a>,c@a>,d@a>,e@b>', zones);
  await until(client.resource(events), namespace, (all) =>
    all.some(({ message }) => message === `${unable} (5 endpoints, 2 zones), addressType: IPv4`),
  );
  await client.resource(pods).delete('e', { namespace, gracePeriodSeconds: 0 });
  await shows('a@a>b,b@a>b,c@a>a,d@a>a', zones);
  const annotations = { 'service.kubernetes.io/topology-mode': null };
  await client.resource(services).patch('web', { metadata: { annotations } }, { namespace, type: 'merge' });
  await shows('a@a>,b@a>,c@a>,d@a>', zones);
  const disabled = 'Topology Aware Hints has been disabled, addressType: IPv4';
  await until(client.resource(events), namespace, (all) => all.some(({ message }) => message === disabled));
});

test('the time of the change is on the slice that it led to, and goes with the next one that has none', async (t) => {
  const { client, node, pod, service, shows } = await start(t);
  await node('n1');
  const { metadata } = await service();
  const time = (all: EndpointSlice[]) => all[0]?.metadata.annotations?.[triggerTimeAnnotation];
  assert.equal(time(await shows('')), metadata.creationTimestamp);
  await pod('a', 'n1');
  await pod('b', 'n1');
  assert.equal(time(await shows('a:RS,b:RS')), '2026-01-01T00:00:00Z');
  await client.resource(pods).delete('a', { namespace, gracePeriodSeconds: 0 });
  assert.equal(time(await shows('b:RS')), undefined);
});

test('a sync that is refused is told on the Service', async (t) => {
  // It may read everything, and write no slices.
  const { service, told } = await start(t, 'system:kube-scheduler');
  await service();
  const [message = ''] = await told('FailedToUpdateEndpointSlices');
  assert.match(
    message,
    /^Warning: Error updating Endpoint Slices for Service default\/web: .*forbidden: User "system:kube-scheduler"/,
  );
});
