// The status of a pod on its way to our own API server.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { type Pod, type PodStatus, pods } from '#api/index.ts';
import { ApiServer } from '#apiserver/index.ts';
import { Client, type Resource } from '#client/index.ts';
import { createLogger } from '#lib/log.ts';
import { MemoryStore } from '#storage/index.ts';
import { StatusWriter } from './status-writer.ts';

const log = createLogger('test', 'error');

/** A pod with this status at an API server that refuses more than `most` writes to it. */
async function startWith(status: PodStatus, most: number) {
  const server = new ApiServer({ store: new MemoryStore(), log }, { serviceCIDR: '10.96.0.0/12' });
  await server.start();
  const resource = new Client(server.fetchAs({ name: 'admin', groups: ['system:masters'] })).resource(pods);
  const created = await resource.create({
    metadata: { name: 'p', namespace: 'default' },
    spec: { nodeName: 'n', containers: [{ name: 'c', image: 'host' }] },
  });
  const pod = await resource.updateStatus({ ...created, status });
  let writes = 0;
  const counted: Pick<Resource<Pod>, 'patch'> = {
    patch: async (...args) => {
      assert.ok(++writes <= most, `${writes} writes`);
      return await resource.patch(...args);
    },
  };
  return { pod, resource: counted as Resource<Pod>, get: () => resource.get('p', 'default') };
}

test('addresses that somebody else added to the status are taken out again, once', async () => {
  const [ours, theirs] = [{ ip: '10.0.0.1' }, { ip: '10.0.0.2' }];
  const { pod, resource, get } = await startWith({ hostIP: ours.ip, hostIPs: [ours, theirs] }, 1);
  const stop = new AbortController();
  const wanted = { hostIP: ours.ip, hostIPs: [ours] };
  const writer = new StatusWriter({ pods: resource, log }, pod, () => wanted, stop.signal);
  await writer.settled();
  assert.deepEqual((await get()).status?.hostIPs, [ours]);
  writer.observe(await get());
  await writer.settled();
});

test('one who undoes every write cannot keep the event loop from others', async () => {
  const { pod, resource } = await startWith({ phase: 'Pending' }, 1000);
  const stop = new AbortController();
  let turn = 0;
  const writer: StatusWriter = new StatusWriter(
    { pods: resource, log },
    pod,
    () => {
      writer.write();
      return { phase: 'Running', message: `${++turn}` };
    },
    stop.signal,
  );
  writer.write();
  await setImmediate();
  await setImmediate();
  stop.abort();
  await writer.settled();
  assert.ok(turn < 1000, `${turn} writes in two turns of the event loop`);
});
