// /metrics as a scraper reads it: names, types, labels and buckets of kube-proxy (services.md D.10), and what counts.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { EndpointSlice, Service } from '#api/index.ts';
import type { Change } from '#client/index.ts';
import type { Family } from '#lib/cidr.ts';
import { exposition } from '#lib/exposition.ts';
import { wantsOf } from '../frontends.ts';
import { place, serviceOf, sliceOf } from '../objects.testing.ts';
import { ProxyMetrics } from './proxy-metrics.ts';

const begin = Date.parse('2026-03-01T12:00:00Z');

function world(families: readonly Family[] = ['IPv4']) {
  let now = begin;
  const metrics = new ProxyMetrics(families, { now: () => new Date(now), sleep: async () => {} });
  const make = exposition(() => metrics.metrics());
  return {
    metrics,
    pass: (seconds: number) => {
      now += seconds * 1000;
    },
    /** The value of a line that begins so, without the common prefix. */
    value: async (line: string): Promise<number | undefined> => {
      const { text } = await make();
      const found = text.split('\n').find((each) => each.startsWith(`kubeproxy_${line} `));
      return found === undefined ? undefined : Number(found.slice(found.lastIndexOf(' ') + 1));
    },
    text: async () => (await make()).text,
  };
}

const slice = (name: string, trigger: string | undefined, old?: string): Change<EndpointSlice> => {
  const at = (time: string | undefined) =>
    ({
      ...sliceOf({ service: 'web', name, ports: [], endpoints: [] }),
      metadata: {
        name,
        namespace: 'default',
        ...(time && { annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': time } }),
      },
    }) as EndpointSlice;
  return {
    type: old === undefined ? 'added' : 'updated',
    object: at(trigger),
    old: old === undefined ? undefined : at(old),
  };
};
const service: Change<Service> = {
  type: 'added',
  object: serviceOf({ name: 'web', clusterIP: '10.96.0.1', ports: [] }),
};

describe('ProxyMetrics', () => {
  test("names, types and labels are kube-proxy's", async () => {
    const { metrics, text } = world(['IPv4', 'IPv6']);
    metrics.answered('healthz', 200);
    metrics.answered('livez', 503);
    const lines = (await text()).split('\n').filter((line) => line.includes('kubeproxy_'));
    const types = lines.flatMap((line) => /^# TYPE kubeproxy_(.*)/.exec(line)?.[1] ?? []);
    assert.deepEqual(types.sort(), [
      'conntrack_reconciler_deleted_entries_total counter',
      'conntrack_reconciler_sync_duration_seconds histogram',
      'network_programming_duration_seconds histogram',
      'proxy_healthz_total counter',
      'proxy_livez_total counter',
      'sync_full_proxy_rules_duration_seconds histogram',
      'sync_partial_proxy_rules_duration_seconds histogram',
      'sync_proxy_rules_duration_seconds histogram',
      'sync_proxy_rules_endpoint_changes_pending gauge',
      'sync_proxy_rules_endpoint_changes_total counter',
      'sync_proxy_rules_last_queued_timestamp_seconds gauge',
      'sync_proxy_rules_last_timestamp_seconds gauge',
      'sync_proxy_rules_nftables_cleanup_failures_total counter',
      'sync_proxy_rules_nftables_sync_failures_total counter',
      'sync_proxy_rules_no_local_endpoints_total gauge',
      'sync_proxy_rules_service_changes_pending gauge',
      'sync_proxy_rules_service_changes_total counter',
    ]);
    const labels = new Set(
      lines.flatMap((line) => {
        const [, name, text = ''] = /^kubeproxy_(\w+?)(?:_bucket|_sum|_count)?(?:\{(.*)\})? /.exec(line) ?? [];
        return name ? [`${name} ${text.replace(/le="[^"]*",?/, '').replace(/,$/, '')}`] : [];
      }),
    );
    for (const each of [
      'sync_proxy_rules_duration_seconds ip_family="IPv6"',
      'sync_proxy_rules_last_timestamp_seconds ip_family="IPv4"',
      'sync_proxy_rules_no_local_endpoints_total ip_family="IPv4",traffic_policy="internal"',
      'sync_proxy_rules_no_local_endpoints_total ip_family="IPv6",traffic_policy="external"',
      'sync_proxy_rules_service_changes_total ',
      'proxy_healthz_total code="200"',
      'proxy_livez_total code="503"',
    ])
      assert.ok(labels.has(each), `${each} in ${[...labels].join('; ')}`);
  });

  test("buckets are kube-proxy's", async () => {
    const { text } = world();
    const all = await text();
    const bounds = (name: string) =>
      [...all.matchAll(new RegExp(`kubeproxy_${name}_bucket\\{.*?le="([^"]*)"`, 'g'))].map(([, le]) => le);
    const syncs = bounds('sync_proxy_rules_duration_seconds');
    assert.deepEqual([syncs.length, syncs[0], syncs[14], syncs[15]], [16, '0.001', '16.384', '+Inf']);
    const programming = bounds('network_programming_duration_seconds');
    assert.deepEqual(programming.slice(0, 5), ['0', '0.25', '0.5', '1', '2']);
    assert.deepEqual(programming.slice(-10), ['110', '115', '120', '150', '180', '210', '240', '270', '300', '+Inf']);
    assert.equal(programming.length, 1 + 2 + 59 + 12 + 7 + 1);
  });

  test('writes are counted by kind, with when they were and what failed', async () => {
    const { metrics, pass, value } = world();
    metrics.serviceChanged(service);
    pass(1);
    metrics.begin('IPv4');
    metrics.written('IPv4', { seconds: 2, full: true });
    metrics.begin('IPv4');
    metrics.failed('IPv4');
    metrics.begin('IPv4');
    metrics.written('IPv4', { seconds: 0.5, full: false });
    metrics.flowsCleaned('IPv4', 0.1, 7);
    assert.equal(await value('sync_proxy_rules_duration_seconds_sum{ip_family="IPv4"}'), 2.5);
    assert.equal(await value('sync_full_proxy_rules_duration_seconds_count{ip_family="IPv4"}'), 1);
    assert.equal(await value('sync_partial_proxy_rules_duration_seconds_sum{ip_family="IPv4"}'), 0.5);
    assert.equal(await value('sync_proxy_rules_nftables_sync_failures_total{ip_family="IPv4"}'), 1);
    assert.equal(await value('sync_proxy_rules_last_queued_timestamp_seconds{ip_family="IPv4"}'), begin / 1000);
    assert.equal(await value('sync_proxy_rules_last_timestamp_seconds{ip_family="IPv4"}'), begin / 1000 + 1);
    assert.equal(await value('conntrack_reconciler_deleted_entries_total{ip_family="IPv4"}'), 7);
  });

  test('a change is pending until the rules of all families show it', async () => {
    const { metrics, value } = world(['IPv4', 'IPv6']);
    const pending = () => value('sync_proxy_rules_service_changes_pending');
    metrics.serviceChanged(service);
    metrics.sliceChanged(slice('a', undefined));
    for (const family of ['IPv4', 'IPv6'] as const) metrics.begin(family);
    metrics.serviceChanged(service);
    metrics.written('IPv4', { seconds: 0, full: false });
    assert.equal(await pending(), 2);
    metrics.written('IPv6', { seconds: 0, full: false });
    assert.equal(await pending(), 1);
    assert.equal(await value('sync_proxy_rules_service_changes_total'), 2);
    assert.equal(await value('sync_proxy_rules_endpoint_changes_pending'), 0);
    assert.equal(await value('sync_proxy_rules_endpoint_changes_total'), 1);
  });

  test('network programming: from the trigger to the rules, once for each slice that changed', async () => {
    const { metrics, pass, value } = world();
    const write = () => metrics.written('IPv4', { seconds: 0, full: false });
    const sum = () => value('network_programming_duration_seconds_sum{ip_family="IPv4"}');
    const count = () => value('network_programming_duration_seconds_count{ip_family="IPv4"}');
    const at = (seconds: number) => new Date(begin + seconds * 1000).toISOString();
    // Before the proxy started, without one, of another family, and none that can be read.
    metrics.sliceChanged(slice('old', at(-5)));
    metrics.sliceChanged(slice('bare', undefined));
    metrics.sliceChanged(slice('wrong', 'yesterday'));
    const ofIPv6 = slice('six', at(1));
    metrics.sliceChanged({ ...ofIPv6, object: { ...ofIPv6.object, addressType: 'IPv6' } });
    metrics.begin('IPv4');
    write();
    assert.equal(await count(), 0);
    pass(10);
    metrics.sliceChanged(slice('a', at(8)));
    metrics.sliceChanged(slice('b', at(9)));
    metrics.begin('IPv4');
    metrics.sliceChanged(slice('c', at(10)));
    pass(1);
    write();
    assert.deepEqual([await count(), await sum()], [2, 3 + 2]);
    // It failed: the same slice is older when it works. A slice that changes for another reason has no new trigger.
    metrics.begin('IPv4');
    pass(4);
    metrics.sliceChanged(slice('c', at(13), at(10)));
    metrics.sliceChanged(slice('b', at(9), at(9)));
    metrics.sliceChanged({ ...slice('gone', at(12)), type: 'added' });
    metrics.sliceChanged({ ...slice('gone', at(12)), type: 'deleted' });
    metrics.begin('IPv4');
    write();
    assert.deepEqual([await count(), await sum()], [3, 5 + 5]);
    metrics.begin('IPv4');
    write();
    assert.equal(await count(), 3);
  });

  test('Services whose endpoints are all elsewhere count as long as a Local policy drops their traffic', async () => {
    const { metrics, value } = world();
    const of = (policy: string) =>
      value(`sync_proxy_rules_no_local_endpoints_total{ip_family="IPv4",traffic_policy="${policy}"}`);
    const set = (spec: object, nodeNames: string[]) => {
      const object = serviceOf({
        name: 'web',
        type: 'NodePort',
        clusterIP: '10.96.0.1',
        ports: [{ port: 80, nodePort: 30080 }],
        spec,
      });
      const endpoints = nodeNames.map((nodeName, i) => ({ ip: `10.244.1.${i + 2}`, nodeName }));
      const slices = [sliceOf({ service: 'web', ports: [{ port: 80 }], endpoints })];
      metrics.set('IPv4', 'default/web', { service: object, slices, wants: wantsOf(object, slices, 'IPv4', place) });
    };
    const local = { internalTrafficPolicy: 'Local', externalTrafficPolicy: 'Local' };
    set(local, ['two']);
    assert.deepEqual([await of('internal'), await of('external')], [1, 1]);
    set({ externalTrafficPolicy: 'Local' }, ['two']);
    assert.deepEqual([await of('internal'), await of('external')], [0, 1]);
    set(local, ['two', 'one']);
    assert.deepEqual([await of('internal'), await of('external')], [0, 0]);
    set(local, []);
    assert.deepEqual([await of('internal'), await of('external')], [0, 0]);
    set(local, ['two']);
    metrics.set('IPv4', 'default/web', undefined);
    assert.deepEqual([await of('internal'), await of('external')], [0, 0]);
  });
});
