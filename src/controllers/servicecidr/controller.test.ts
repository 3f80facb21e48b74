// ServiceCIDRs through the API, with the server that gives out their addresses. Services 10.96.0.0/29.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { type ServiceCIDR, serviceCIDRs, services } from '#api/index.ts';
import { ApiServer } from '#apiserver/index.ts';
import { Client } from '#client/index.ts';
import { MemoryStore } from '#storage/index.ts';
import { log, until } from '../cluster-suite.ts';
import { startControllers } from '../index.ts';

const finalizer = 'networking.k8s.io/service-cidr-finalizer';

async function start(serviceCIDRGracePeriodMs: number) {
  const stop = new AbortController();
  const server = new ApiServer({ store: new MemoryStore(), log }, { serviceCIDR: '10.96.0.0/29' });
  await server.start();
  const client = new Client(server.fetchAs({ name: 'admin', groups: ['system:masters'] }));
  const { signal } = stop;
  await startControllers({ client, log }, { signal, only: ['servicecidr'], serviceCIDRGracePeriodMs });
  after(async () => {
    stop.abort();
    await server.close();
  });
  const ranges = client.resource(serviceCIDRs);
  const is = (name: string, isSo: (object: ServiceCIDR | undefined) => boolean) =>
    until(ranges, undefined, (all) => isSo(all.find(({ metadata }) => metadata.name === name)));
  return { client, ranges, is };
}

const ready = (object: ServiceCIDR | undefined) => object?.status?.conditions?.find(({ type }) => type === 'Ready');
const service = (name: string, clusterIP?: string) => ({
  metadata: { name, namespace: 'default' },
  spec: { ports: [{ port: 80 }], ...(clusterIP && { clusterIP }) },
});

test('a ServiceCIDR that is deleted waits for the last Service that needs it', async () => {
  const { client, ranges, is } = await start(0);
  await is('kubernetes', (object) => Boolean(object?.metadata.finalizers?.includes(finalizer)));
  const addMore = async () => {
    await ranges.create({ metadata: { name: 'more' }, spec: { cidrs: ['10.97.0.0/24'] } });
    await is('more', (object) => ready(object)?.status === 'True' && object?.metadata.finalizers?.[0] === finalizer);
  };
  await addMore();
  await client.resource(services).create(service('a', '10.97.0.7'));
  await client.resource(services).create(service('b', '10.97.0.8'));
  await ranges.delete('more');
  await is('more', (object) => ready(object)?.reason === 'Terminating');
  await assert.rejects(client.resource(services).create(service('c', '10.97.0.9')), /not in the valid range/);
  await client.resource(services).delete('a', { namespace: 'default' });
  await is('more', (object) => ready(object)?.status === 'False');
  await client.resource(services).delete('b', { namespace: 'default' });
  await is('more', (object) => object === undefined);

  // Or for another that has its addresses.
  await addMore();
  await client.resource(services).create(service('a', '10.97.0.7'));
  await ranges.delete('more');
  await is('more', (object) => ready(object)?.reason === 'Terminating');
  await ranges.create({ metadata: { name: 'other' }, spec: { cidrs: ['10.97.0.0/16'] } });
  await is('more', (object) => object === undefined);
  assert.equal((await client.resource(services).get('a', 'default')).spec.clusterIP, '10.97.0.7');
});

test('it stays for the grace period, in which nothing is given out of it', async () => {
  const { client, ranges, is } = await start(1500);
  await ranges.create({ metadata: { name: 'more' }, spec: { cidrs: ['10.97.0.0/24'] } });
  await is('more', (object) => object?.metadata.finalizers?.[0] === finalizer);
  const begin = Date.now();
  await ranges.delete('more');
  await assert.rejects(client.resource(services).create(service('c', '10.97.0.9')), /not in the valid range/);
  await is('more', (object) => object === undefined);
  // The time of deletion has whole seconds.
  assert.ok(Date.now() - begin >= 500);
});
