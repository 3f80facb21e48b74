// The Service of the cluster DNS through our own API server and controllers.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { type EndpointSlice, endpointSlices, endpoints, services } from '#api/index.ts';
import { ApiServer } from '#apiserver/index.ts';
import { Client, Informer } from '#client/index.ts';
import { startControllers } from '#controllers/index.ts';
import { createLogger } from '#lib/log.ts';
import { MemoryStore } from '#storage/index.ts';
import { createDnsAddon } from './addons.ts';

const log = createLogger('test', 'error');

test('the Service of the cluster DNS has Endpoints, and the slice that they are mirrored to', async () => {
  const stop = new AbortController();
  const { signal } = stop;
  const server = new ApiServer({ store: new MemoryStore(), log }, { serviceCIDR: '10.96.0.0/12' });
  after(async () => {
    stop.abort();
    await server.close();
  });
  await server.start();
  const client = new Client(server.fetchAs({ name: 'admin', groups: ['system:masters'] }));
  const slices = new Informer(client.resource(endpointSlices), { namespace: 'kube-system', log });
  const made = new Promise<EndpointSlice>((resolve) => {
    slices.onChange(({ object }) => resolve(object));
  });
  slices.start(signal);
  await startControllers({ client, log }, { signal });
  await createDnsAddon(client, { clusterIP: '10.96.0.10', address: '10.254.0.1', port: 1053 });

  const { spec, metadata } = await client.resource(services).get('kube-dns', 'kube-system');
  // As at the next start of a cluster that has it.
  await createDnsAddon(client, { clusterIP: '10.96.0.10', address: '10.254.0.1', port: 1053 });
  const again = await client.resource(services).get('kube-dns', 'kube-system');
  assert.equal(again.metadata.resourceVersion, metadata.resourceVersion);
  assert.equal(spec.clusterIP, '10.96.0.10');
  const ports = [
    { name: 'dns', port: 1053, protocol: 'UDP' },
    { name: 'dns-tcp', port: 1053, protocol: 'TCP' },
  ];
  const { subsets } = await client.resource(endpoints).get('kube-dns', 'kube-system');
  assert.deepEqual(subsets, [{ addresses: [{ ip: '10.254.0.1' }], ports }]);
  const slice = await made;
  assert.equal(slice.metadata.labels?.['kubernetes.io/service-name'], 'kube-dns');
  assert.deepEqual(slice.endpoints, [{ addresses: ['10.254.0.1'], conditions: { ready: true } }]);
  assert.deepEqual(slice.ports, ports);
});
