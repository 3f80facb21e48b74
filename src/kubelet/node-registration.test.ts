// A node's place in the API, at our own API server.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodes } from '#api/index.ts';
import { ApiServer } from '#apiserver/index.ts';
import { Client } from '#client/index.ts';
import { systemClock } from '#lib/clock.ts';
import { createLogger } from '#lib/log.ts';
import { MemoryStore } from '#storage/index.ts';
import { readMachine } from './node-object.ts';
import { NodeRegistration } from './node-registration.ts';

test('a node of two IP families has both addresses and ranges, however often it is registered', async (t) => {
  const server = new ApiServer(
    { store: new MemoryStore(), log: createLogger('test', 'error') },
    { serviceCIDR: '10.96.0.0/12' },
  );
  t.after(() => server.close());
  await server.start();
  const client = new Client(server.fetchAs({ name: 'system:node:n1', groups: ['system:masters'] }));
  const registration = new NodeRegistration(
    { client, clock: systemClock },
    {
      nodeName: 'n1',
      nodeIPs: ['10.254.0.11', 'fd00:10:254::b'],
      podCIDRs: ['10.244.1.0/24', 'fd00:10:244:1::/64'],
      port: 10250,
      runtimeVersion: 'runc://1',
      labels: {},
      machine: await readMachine(),
      leaseDurationSeconds: 40,
    },
  );
  for (const time of ['first', 'second']) {
    await registration.register();
    const { spec, status } = await client.resource(nodes).get('n1');
    assert.deepEqual(
      status?.addresses,
      [
        { type: 'InternalIP', address: '10.254.0.11' },
        { type: 'InternalIP', address: 'fd00:10:254::b' },
        { type: 'Hostname', address: 'n1' },
      ],
      time,
    );
    assert.equal(spec.podCIDR, '10.244.1.0/24');
    assert.deepEqual(spec.podCIDRs, ['10.244.1.0/24', 'fd00:10:244:1::/64']);
  }
});
