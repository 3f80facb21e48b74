import assert from 'node:assert/strict';
import { test } from 'node:test';
import { events, pods } from '#api/index.ts';
import { ApiServer } from '#apiserver/index.ts';
import { MemoryStore } from '#storage/index.ts';
import { Client } from './client.ts';
import { EventRecorder } from './event-recorder.ts';

test('EventRecorder writes an event once and counts its repeats, also after it has expired', async () => {
  const server = new ApiServer({ store: new MemoryStore() }, { serviceCIDR: '10.96.0.0/12' });
  await server.start();
  const client = new Client(server.fetchAs({ name: 'admin', groups: ['system:masters'] }));
  const pod = await client.resource(pods).create({
    metadata: { name: 'web', namespace: 'default' },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  });
  const recorder = new EventRecorder(client, 'kubelet', 'n1');
  const all = async () => {
    const { items } = await client.resource(events).list({ namespace: 'default' });
    return items.map(({ reason, count, source, involvedObject }) => [reason, count, source?.host, involvedObject.uid]);
  };
  const { uid } = pod.metadata;
  recorder.event(pod, 'Normal', 'Pulled', 'there');
  recorder.event(pod, 'Normal', 'Pulled', 'there');
  recorder.event(pod, 'Warning', 'Failed', 'not there');
  await recorder.flush();
  assert.deepEqual((await all()).sort(), [
    ['Failed', 1, 'n1', uid],
    ['Pulled', 2, 'n1', uid],
  ]);
  recorder.event(pod, 'Normal', 'Pulled', 'there');
  await recorder.flush();
  assert.deepEqual((await all()).sort()[1], ['Pulled', 3, 'n1', uid]);
  for (const { metadata } of (await client.resource(events).list({ namespace: 'default' })).items) {
    await client.resource(events).delete(metadata.name ?? '', { namespace: 'default' });
  }
  recorder.event(pod, 'Normal', 'Pulled', 'there');
  await recorder.flush();
  assert.deepEqual(await all(), [['Pulled', 1, 'n1', uid]]);
  await server.close();
});
