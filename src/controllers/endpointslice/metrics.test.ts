// What is counted (services.md §C.10), and so that a change costs one sync and one write.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start, zone } from './controllers.testing.ts';

test('one change is one sync and one write, and the figures say so', async (t) => {
  const { controllers, node, pod, setReady, service, shows } = await start(t);
  const figure = async (name: string, labels: Record<string, string> = {}): Promise<number> => {
    const metric = [...controllers.metrics()].find((one) => one.name === `endpoint_slice_controller_${name}`);
    assert.ok(metric, name);
    const found = [...(await metric.samples())].find(
      (sample) =>
        (sample.metricName ?? '_count').endsWith('_count') &&
        Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
    );
    return found?.value ?? 0;
  };
  const labels = { topology: 'Disabled', traffic_distribution: 'PreferSameZone' };
  /** Writes and syncs, when all syncs that have begun are over: a slice may be seen before the sync that wrote it is. */
  const counted = async () => {
    const syncs = () => figure('syncs', { result: 'success' });
    await t.waitFor(async () => assert.equal(await syncs(), await figure('endpointslices_changed_per_sync', labels)));
    return [await figure('changes', { operation: 'update' }), await syncs()];
  };
  await node('n1', { [zone]: 'a' });
  await service({ trafficDistribution: 'PreferSameZone' });
  await pod('a', 'n1');
  await pod('b', 'n1');
  const [made] = await shows('a:RS,b:RS');
  const before = await counted();
  await setReady('a', false);
  await shows('a:rs,b:RS');
  await setReady('a', true);
  const [now] = await shows('a:RS,b:RS');
  assert.equal(now?.metadata.generation, (made?.metadata.generation ?? 0) + 2);
  assert.deepEqual(
    await counted(),
    before.map((count) => count + 2),
  );
  assert.deepEqual(
    [...controllers.metrics()].map(({ name }) => name.replace('endpoint_slice_controller_', '')),
    [
      'endpoints_added_per_sync',
      'endpoints_removed_per_sync',
      'endpoints_desired',
      'num_endpoint_slices',
      'desired_endpoint_slices',
      'changes',
      'syncs',
      'endpointslices_changed_per_sync',
      'services_count_by_traffic_distribution',
    ],
  );
  assert.deepEqual(
    await Promise.all([figure('endpoints_desired'), figure('num_endpoint_slices'), figure('desired_endpoint_slices')]),
    [2, 1, 1],
  );
  assert.equal(await figure('services_count_by_traffic_distribution', { traffic_distribution: 'PreferSameZone' }), 1);
});
