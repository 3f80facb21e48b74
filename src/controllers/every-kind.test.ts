// Garbage collection and the emptying of namespaces, over every kind that the server has: both learn of kinds from
// discovery alone.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { configMaps, type Kind, type KubeObject, namespaces, nodes } from '#api/index.ts';
import { kinds } from '#api/kinds/index.ts';
import { ApiServer } from '#apiserver/index.ts';
import { keyOf, sampleOf } from '#apiserver/samples-suite.ts';
import { Client } from '#client/index.ts';
import { createLogger } from '#lib/log.ts';
import { MemoryStore } from '#storage/index.ts';
import { startControllers } from './index.ts';

const log = createLogger('test', 'error');

async function startCluster() {
  const stop = new AbortController();
  const server = new ApiServer({ store: new MemoryStore(), log }, { serviceCIDR: '10.96.0.0/12' });
  await server.start();
  const client = new Client(server.fetchAs({ name: 'admin', groups: ['system:masters'] }));
  await startControllers({ client, log }, { signal: stop.signal });
  after(async () => {
    stop.abort();
    await server.close();
  });
  return client;
}

/** Those with objects of their own: another version or group may show the same objects. */
const own = kinds.filter(({ storedAs }) => !storedAs);

/** The kinds of which something is left after a while, at most. */
async function left(isLeft: (kind: Kind) => Promise<boolean>, among: readonly Kind[]): Promise<string[]> {
  let remaining: Kind[] = [...among];
  for (let attempt = 0; attempt < 100 && remaining.length > 0; attempt++) {
    await sleep(100);
    const found = await Promise.all(remaining.map(isLeft));
    remaining = remaining.filter((_, i) => found[i]);
  }
  return remaining.map(keyOf);
}

test('whatever is in a namespace goes with it', async () => {
  const client = await startCluster();
  await client.resource(namespaces).create({ metadata: { name: 'other' }, spec: {} });
  const inside = own.filter(({ namespaced }) => namespaced);
  for (const kind of inside) await client.resource(kind).create(inNamespace(sampleOf(kind, 'other'), 'other'));
  await client.resource(namespaces).delete('other');
  const isLeft = async (kind: Kind) => (await client.resource(kind).list({ namespace: 'other' })).items.length > 0;
  assert.deepEqual(await left(isLeft, inside), []);
  const { items } = await client.resource(namespaces).list();
  assert.ok(items.every(({ metadata }) => metadata.name !== 'other' || metadata.deletionTimestamp));
});

test('whatever is owned goes with its owner', async () => {
  const client = await startCluster();
  const map = await client.resource(configMaps).create({ metadata: { name: 'owner', namespace: 'default' } });
  const node = await client.resource(nodes).create({ metadata: { name: 'owner' }, spec: {} });
  const referenceTo = (kind: string, { metadata: { name = '', uid = '' } }: KubeObject) => ({
    ownerReferences: [{ apiVersion: 'v1', kind, name, uid }],
  });
  const owned = own.filter(({ resource }) => resource !== 'events');
  const names = new Map<Kind, string>();
  for (const kind of owned) {
    const sample = kind.namespaced ? inNamespace(sampleOf(kind), 'default') : sampleOf(kind);
    const owner = kind.namespaced ? referenceTo('ConfigMap', map) : referenceTo('Node', node);
    const created = await client.resource(kind).create({ ...sample, metadata: { ...sample.metadata, ...owner } });
    names.set(kind, created.metadata.name ?? '');
  }
  await client.resource(configMaps).delete('owner', { namespace: 'default' });
  await client.resource(nodes).delete('owner');
  const isLeft = async (kind: Kind) => {
    const { items } = await client.resource(kind).list();
    return items.some(({ metadata }) => metadata.name === names.get(kind));
  };
  assert.deepEqual(await left(isLeft, owned), []);
});

const inNamespace = (object: KubeObject, namespace: string): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, namespace },
});
