// What is counted of a cluster's objects and of the requests for them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EndpointSlice, endpointSlices, services, triggerTimeAnnotation } from '#api/index.ts';
import { Client } from '#client/index.ts';
import type { Metric } from '#lib/metrics.ts';
import { ApiRequests } from './api-requests.ts';
import { apiServer } from './api-server.testing.ts';
import { ClusterRecords } from './cluster-records.ts';
import { kubernetesDefaults } from './config/directives/kubernetes.ts';
import { service, slice } from './testing/cluster.ts';
import { log } from './testing/listening.ts';
import { parseName } from './wire/index.ts';

/** `_bucket`s are left out: how long things take is not known. */
async function counts(metrics: Iterable<Metric>, name: string): Promise<string[]> {
  const lines: string[] = [];
  for (const metric of metrics) {
    if (metric.name !== name) continue;
    for (const { labels, value, metricName = name } of await metric.samples()) {
      if (!/_(bucket|sum)$/.test(metricName)) lines.push(`${Object.values(labels).join(' ')} ${value}`);
    }
  }
  return lines;
}

const triggered = (object: EndpointSlice, time: Date): EndpointSlice => ({
  ...object,
  metadata: { ...object.metadata, annotations: { [triggerTimeAnnotation]: time.toISOString() } },
});

test('a change that a watch tells of is timed from its trigger, by the kind of Service', async (t) => {
  const client = new Client(await apiServer(t));
  await client.resource(services).create(service('web', { ports: [{ port: 80 }] }));
  await client.resource(services).create(service('db', { clusterIP: 'None' }));
  // Listed, not watched: who knows for how long it had been so.
  await client.resource(endpointSlices).create(triggered(slice('web-0', 'web', ['10.244.0.1']), new Date(0)));
  const records = new ClusterRecords({
    settings: { ...kubernetesDefaults, zones: [parseName('cluster.local')], api: { by: 'service-account' }, ttl: 5 },
    connect: async () => client,
    ownAddresses: [],
    log,
  });
  const stop = new AbortController();
  t.after(() => stop.abort());
  await records.start(stop.signal);
  const shown = async (address: string) => {
    while (!records.isReady() || records.zones.index.endpointNamesOf(address).length === 0) {
      await new Promise(setImmediate);
    }
  };
  await shown('10.244.0.1');
  const timed = () => counts(records.metrics(), 'coredns_kubernetes_dns_programming_duration_seconds');
  assert.deepEqual(await timed(), []);

  const create = (object: EndpointSlice) => client.resource(endpointSlices).create(object);
  await create(triggered(slice('web-1', 'web', ['10.244.0.2']), new Date()));
  await create(triggered(slice('db-1', 'db', ['10.244.0.3']), new Date()));
  // Made by hand, or without a Service.
  await create(slice('db-2', 'db', ['10.244.0.4']));
  await create(triggered(slice('nobodys', 'nobody', ['10.244.0.5']), new Date()));
  const last = await create(triggered(slice('db-3', 'db', ['10.244.0.6']), new Date()));
  await shown('10.244.0.6');
  await client.resource(endpointSlices).delete(last.metadata.name ?? '', { namespace: 'default' });
  while (records.zones.index.endpointNamesOf('10.244.0.6').length > 0) await new Promise(setImmediate);
  assert.deepEqual(await timed(), ['cluster_ip 1', 'headless_with_selector 2']);
});

test('requests to the API server are counted by status, and timed but for watches', async () => {
  const requests = new ApiRequests();
  const answers = [200, 200, 410, new Error('refused')];
  const fetch = requests.counted(async () => {
    const answer = answers.shift();
    if (typeof answer !== 'number') throw answer;
    return { status: answer, headers: {}, body: new Uint8Array() };
  }, 'https://10.96.0.1:443/api');
  const get = (url: string) => fetch({ method: 'GET', url, headers: {} });
  await get('/api/v1/services');
  await get('/api/v1/services?watch=true&resourceVersion=1');
  await get('/api/v1/services?watch=true');
  await assert.rejects(get('/api/v1/services'), { message: 'refused' });
  const name = 'coredns_kubernetes_rest_client';
  assert.deepEqual(await counts(requests.metrics(), `${name}_requests_total`), [
    '200 GET 10.96.0.1:443 2',
    '410 GET 10.96.0.1:443 1',
    '<error> GET 10.96.0.1:443 1',
  ]);
  assert.deepEqual(await counts(requests.metrics(), `${name}_request_duration_seconds`), ['GET 10.96.0.1:443 2']);
});
