// /healthz and /livez as load balancers and kubelets read them, over time.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { EndpointSlice, Node } from '#api/index.ts';
import type { Change } from '#client/index.ts';
import { ProxyHealth } from './proxy-health.ts';

const begin = Date.parse('2026-03-01T12:00:00Z');

function world() {
  let now = begin;
  const health = new ProxyHealth(['IPv4', 'IPv6'], { now: () => new Date(now), sleep: async () => {} });
  const pass = (seconds: number) => {
    now += seconds * 1000;
  };
  const slice = (addressType: string) =>
    health.sliceChanged({
      type: 'updated',
      object: { addressType, metadata: {} } as EndpointSlice,
    } as Change<EndpointSlice>);
  const write = (family: 'IPv4' | 'IPv6') => {
    health.begin(family);
    health.written(family);
  };
  return { health, pass, slice, write };
}

const node = (extra: Partial<Node>): Node => ({ metadata: { name: 'one' }, ...extra }) as Node;

describe('ProxyHealth', () => {
  test('a proxy that starts is healthy, and its report says so', () => {
    const { health } = world();
    assert.deepEqual(health.report(true), {
      lastUpdated: '2026-03-01T12:00:00.000Z',
      currentTime: '2026-03-01T12:00:00.000Z',
      nodeEligible: true,
      healthy: true,
      status: {
        IPv4: { lastUpdated: '2026-03-01T12:00:00.000Z', healthy: true },
        IPv6: { lastUpdated: '2026-03-01T12:00:00.000Z', healthy: true },
      },
    });
    assert.ok(!('nodeEligible' in health.report(false)));
  });

  test('a change that waits for a minute makes it unhealthy, and its being written healthy again', () => {
    const { health, pass, write } = world();
    write('IPv4');
    write('IPv6');
    pass(10);
    health.serviceChanged();
    pass(59.9);
    health.serviceChanged();
    assert.equal(health.isHealthy, true);
    pass(0.1);
    assert.equal(health.isHealthy, false);
    write('IPv4');
    const { healthy, lastUpdated, currentTime, status } = health.report(false);
    assert.equal(healthy, false);
    assert.equal(lastUpdated, currentTime);
    assert.deepEqual(status, {
      IPv4: { lastUpdated: currentTime, healthy: true },
      IPv6: { lastUpdated: '2026-03-01T12:00:00.000Z', healthy: false },
    });
    write('IPv6');
    assert.equal(health.report(false).healthy, true);
  });

  test('a slice concerns the rules of its family alone', () => {
    const { health, pass, slice } = world();
    slice('IPv6');
    slice('FQDN');
    pass(60);
    const { status } = health.report(false);
    assert.deepEqual([status.IPv4?.healthy, status.IPv6?.healthy], [true, false]);
    assert.equal(status.IPv6?.lastUpdated, '0001-01-01T00:00:00.000Z');
  });

  test('writes that fail do not make a change younger, and one that comes meanwhile is not forgotten', () => {
    const { health, pass, write } = world();
    write('IPv6');
    health.serviceChanged();
    write('IPv6');
    health.begin('IPv4');
    pass(40);
    health.serviceChanged();
    write('IPv6');
    health.begin('IPv4');
    pass(20);
    assert.equal(health.isHealthy, false);
    health.written('IPv4');
    assert.equal(health.isHealthy, true);
    health.serviceChanged();
    health.begin('IPv4');
    health.begin('IPv6');
    health.serviceChanged();
    health.written('IPv4');
    health.written('IPv6');
    pass(60);
    assert.equal(health.isHealthy, false);
  });

  const nodes: { name: string; node: Node | undefined; eligible: boolean }[] = [
    { name: 'as usual', node: node({}), eligible: true },
    {
      name: 'with other taints',
      node: node({ spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] } }),
      eligible: true,
    },
    {
      name: 'to be deleted by the autoscaler',
      node: node({ spec: { taints: [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }] } }),
      eligible: false,
    },
    {
      name: 'being deleted',
      node: node({ metadata: { name: 'one', deletionTimestamp: '2026-03-01T12:00:00Z' } }),
      eligible: false,
    },
    { name: 'deleted', node: undefined, eligible: false },
  ];
  for (const { name, node, eligible } of nodes) {
    test(`a node ${name} is ${eligible ? '' : 'not '}one to send traffic to, and the proxy lives`, () => {
      const { health } = world();
      health.nodeChanged(node);
      const { nodeEligible, healthy } = health.report(true);
      assert.deepEqual([nodeEligible, healthy], [eligible, eligible]);
      assert.equal(health.report(false).healthy, true);
      health.nodeChanged(nodes[0]?.node);
      assert.equal(health.report(true).healthy, true);
    });
  }
});
