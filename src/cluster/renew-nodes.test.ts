// Against our own API server.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Node, nodes } from '#api/index.ts';
import { ApiServer } from '#apiserver/index.ts';
import { Client } from '#client/index.ts';
import { createLogger } from '#lib/log.ts';
import { MemoryStore } from '#storage/index.ts';
import { freeRanges, nodesOf } from './ranges.ts';
import { renewNodes } from './renew-nodes.ts';

test('renewNodes() gives nodes of one family the range that they lack, with all that people wrote on them', async (t) => {
  const server = new ApiServer(
    { store: new MemoryStore(), log: createLogger('test', 'error') },
    { serviceCIDR: '10.96.0.0/12' },
  );
  t.after(() => server.close());
  await server.start();
  const admin = new Client(server.fetchAs({ name: 'admin', groups: ['system:masters'] }));
  const client = admin.resource(nodes);
  const [ranges] = freeRanges('dual', []);
  assert.ok(ranges);
  const taints = [{ key: 'only', value: 'web', effect: 'NoSchedule' }];
  const node = (name: string, ...podCIDRs: string[]): Node => ({
    metadata: { name, labels: { rack: '7' }, annotations: { owner: 'me' } },
    spec: { podCIDRs, taints },
  });
  const both = ['10.244.2.0/24', 'fd00:10:244:2::/64'];
  for (const each of [node('node-1', '10.244.1.0/24'), node('node-2', ...both), node('rack-7', '192.168.7.0/24')])
    await client.create(each);
  const before = await client.get('node-2');

  assert.deepEqual(await renewNodes(admin, nodesOf(ranges, 2)), ['node-1']);
  assert.deepEqual(await renewNodes(admin, nodesOf(ranges, 2)), []);
  const { metadata, spec } = await client.get('node-1');
  assert.deepEqual(spec.podCIDRs, ['10.244.1.0/24', 'fd00:10:244:1::/64']);
  assert.deepEqual(
    { labels: metadata.labels, annotations: metadata.annotations, taints: spec.taints },
    { labels: { rack: '7' }, annotations: { owner: 'me' }, taints },
  );
  assert.deepEqual(await client.get('node-2'), before);
  assert.deepEqual((await client.get('rack-7')).spec.podCIDRs, ['192.168.7.0/24']);
});
