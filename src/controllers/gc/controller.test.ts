// The garbage collector against our own API server: what an owner reference must say to count, and circles (api.md §11).

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  configMaps,
  isNotFound,
  type KubeObject,
  namespaces,
  nodes,
  type OwnerReference,
  secrets,
} from '#api/index.ts';
import { ApiServer } from '#apiserver/index.ts';
import { Client, type Resource } from '#client/index.ts';
import { createLogger } from '#lib/log.ts';
import { MemoryStore } from '#storage/index.ts';
import { startControllers } from '../index.ts';

const log = createLogger('test', 'error');
const namespace = 'default';
const anywhere = '00000000-0000-4000-8000-000000000000';

describe('garbage collector', () => {
  const stop = new AbortController();
  let server: ApiServer;
  let client: Client;
  let maps: Resource<KubeObject>;

  before(async () => {
    server = new ApiServer({ store: new MemoryStore(), log }, { serviceCIDR: '10.96.0.0/12' });
    await server.start();
    client = new Client(server.fetchAs({ name: 'admin', groups: ['system:masters'] }));
    maps = client.resource(configMaps) as Resource<KubeObject>;
    await startControllers({ client, log }, { signal: stop.signal });
    await client.resource(namespaces).create({ metadata: { name: 'other' }, spec: {} });
  });
  after(async () => {
    stop.abort();
    await server.close();
  });

  const referTo = ({ metadata }: KubeObject, more: Partial<OwnerReference> = {}): OwnerReference => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    ...more,
  });
  const make = (name: string, ownerReferences: OwnerReference[] = [], at = namespace) =>
    maps.create({ metadata: { name, namespace: at, ownerReferences } });
  const isThere = (name: string, at = namespace) =>
    maps.get(name, at).then(
      () => true,
      (error) => {
        assert.ok(isNotFound(error));
        return false;
      },
    );
  async function goes(name: string): Promise<void> {
    for (let waited = 0; waited < 5000; waited += 20) {
      if (!(await isThere(name))) return;
      await sleep(20);
    }
    assert.fail(`${name} is still there`);
  }
  /** Long enough for the collector to have done what it should not do. */
  const stays = async (name: string) => {
    await sleep(300);
    assert.ok(await isThere(name), `${name} is gone`);
  };

  test('what is owned goes with its owner', async () => {
    const owner = await make('owner');
    await make('owned', [referTo(owner)]);
    await stays('owned');
    await maps.delete('owner', { namespace });
    await goes('owned');
  });

  for (const [name, wrong] of Object.entries({
    uid: { uid: anywhere },
    name: { name: 'nobody' },
    kind: { kind: 'Secret' },
  })) {
    test(`an owner of another ${name} counts as absent`, async () => {
      const owner = await make(`owner-${name}`);
      await make(`owned-${name}`, [referTo(owner, wrong)]);
      await goes(`owned-${name}`);
      assert.ok(await isThere(`owner-${name}`));
    });
  }

  test('an owner in another namespace counts as absent', async () => {
    const owner = await make('far', [], 'other');
    await make('near', [referTo(owner)]);
    await goes('near');
    assert.ok(await isThere('far', 'other'));
  });

  test('an owner of a kind that nobody serves is nothing to judge by', async () => {
    await make('unjudged', [{ apiVersion: 'example.com/v1', kind: 'Boat', name: 'b', uid: anywhere }]);
    await stays('unjudged');
  });

  test('what has no namespace cannot be owned by what has one, and is left alone', async () => {
    const owner = await make('small');
    await client.resource(nodes).create({ metadata: { name: 'large', ownerReferences: [referTo(owner)] }, spec: {} });
    await maps.delete('small', { namespace });
    await goes('small');
    await sleep(300);
    assert.equal((await client.resource(nodes).get('large')).metadata.name, 'large');
  });

  test('of two owners one is enough; the reference to the other goes', async () => {
    const [first, second] = [await make('first'), await make('second')];
    await make('both', [referTo(first), referTo(second)]);
    await maps.delete('first', { namespace });
    await stays('both');
    const left = await maps.get('both', namespace);
    assert.deepEqual(
      left.metadata.ownerReferences?.map(({ name }) => name),
      ['second'],
    );
    await maps.delete('second', { namespace });
    await goes('both');
  });

  test('orphans lose the reference to their owner, and nothing else', async () => {
    const owner = await make('parent');
    await make('orphan', [referTo(owner)]);
    await maps.delete('parent', { namespace, propagationPolicy: 'Orphan' });
    await goes('parent');
    await stays('orphan');
    assert.equal((await maps.get('orphan', namespace)).metadata.ownerReferences, undefined);
  });

  test('in the foreground an owner stays as long as what blocks it', async () => {
    const owner = await make('patient');
    const finalizers = ['example.com/hold'];
    const held = { ownerReferences: [referTo(owner, { blockOwnerDeletion: true })], finalizers };
    await maps.create({ metadata: { name: 'held', namespace, ...held } });
    await client
      .resource(secrets)
      .create({ metadata: { name: 'free', namespace, ownerReferences: [referTo(owner)], finalizers } });
    await maps.delete('patient', { namespace, propagationPolicy: 'Foreground' });
    await stays('patient');
    assert.ok((await maps.get('held', namespace)).metadata.deletionTimestamp);
    await maps.patch('held', { metadata: { finalizers: null } }, { namespace, type: 'merge' });
    // The Secret still has its finalizer, and does not block.
    await goes('patient');
    await client.resource(secrets).patch('free', { metadata: { finalizers: null } }, { namespace, type: 'merge' });
  });

  test('a circle that is deleted in the foreground goes', async () => {
    const a = await make('circle-a');
    const b = await make('circle-b', [referTo(a, { blockOwnerDeletion: true })]);
    const ownerReferences = [referTo(b, { blockOwnerDeletion: true })];
    await maps.patch('circle-a', { metadata: { ownerReferences } }, { namespace, type: 'merge' });
    await sleep(100);
    await maps.delete('circle-a', { namespace, propagationPolicy: 'Foreground' });
    await goes('circle-a');
    await goes('circle-b');
  });
});
