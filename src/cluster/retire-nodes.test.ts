// Nodes that a cluster had and has no more, through our own API server.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { leases, type Node, nodes, type Pod, pods } from '#api/index.ts';
import { ApiServer } from '#apiserver/index.ts';
import { Client } from '#client/index.ts';
import { createLogger } from '#lib/log.ts';
import { MemoryStore } from '#storage/index.ts';
import { freeRanges, nodesOf } from './ranges.ts';
import { retireNodes } from './retire-nodes.ts';

test('retireNodes() removes nodes beyond the count with their pods and leases, and no others', async () => {
  const server = new ApiServer(
    { store: new MemoryStore(), log: createLogger('test', 'error') },
    { serviceCIDR: '10.96.0.0/12' },
  );
  after(() => server.close());
  await server.start();
  const client = new Client(
    server.fetchAs({ name: 'system:kube-controller-manager', groups: ['system:authenticated'] }),
  );
  const [ranges] = freeRanges('ipv4', []);
  assert.ok(ranges);
  const node = (name: string, address: string): Node => ({
    metadata: { name },
    spec: {},
    status: { addresses: [{ type: 'InternalIP', address }] },
  });
  const ours = nodesOf(ranges, 4).map(({ name, places }) => node(name, places[0].address));
  // One that somebody else registered under a name like ours.
  for (const each of [...ours.slice(0, 3), node('node-4', '192.168.0.4'), node('rack-7', '192.168.0.7')]) {
    await client.resource(nodes).create(each);
    await client.resource(nodes).updateStatus(each);
  }
  const metadata = { name: 'node-3', namespace: 'kube-node-lease' };
  await client.resource(leases).create({ metadata, spec: { holderIdentity: 'node-3' } });
  for (const nodeName of ['node-1', 'node-2', 'node-3', 'node-4']) {
    const pod: Pod = {
      metadata: { name: `on-${nodeName}`, namespace: 'default' },
      spec: { nodeName, containers: [{ name: 'c', image: 'host' }] },
    };
    await client.resource(pods).create(pod);
  }

  assert.deepEqual((await retireNodes(client, ranges, 2)).sort(), ['node-3']);
  assert.deepEqual(await retireNodes(client, ranges, 2), []);
  const names = ({ items }: { items: { metadata: { name?: string | undefined } }[] }) =>
    items.map(({ metadata }) => metadata.name);
  assert.deepEqual(names(await client.resource(nodes).list()), ['node-1', 'node-2', 'node-4', 'rack-7']);
  assert.deepEqual(names(await client.resource(pods).list()), ['on-node-1', 'on-node-2', 'on-node-4']);
  assert.deepEqual(names(await client.resource(leases).list()), []);
});
