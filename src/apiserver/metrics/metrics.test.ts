// /metrics as a scraper sees it (api.md §2): names, labels, what counts and what does not.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Counter, Histogram } from '#lib/metrics.ts';
import { admin, configMap, jsonPatch, next, startServer, type TestServer } from '../in-process-suite.ts';

const cms = '/api/v1/namespaces/default/configmaps';

/** The samples of one metric, by their labels in the order in which they are written. */
async function samples(api: TestServer, name: string): Promise<Map<string, number>> {
  const { text, status, headers } = await api.send('GET', '/metrics');
  assert.equal(status, 200);
  assert.match(headers['content-type'] ?? '', /^text\/plain; version=0\.0\.4; charset=utf-8/);
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(name.length, at), Number(line.slice(at + 1))];
    }),
  );
}

interface LabelsOfCase {
  readonly verb: string;
  readonly scope: string;
  readonly code: string;
  readonly dryRun?: string;
  readonly group?: string;
  readonly version?: string;
  readonly resource?: string;
  readonly subresource?: string;
}
const labels = (of: LabelsOfCase): string => {
  const { verb, scope, code, dryRun = '', group = '', version = 'v1' } = of;
  const { resource = 'configmaps', subresource = '' } = of;
  return `{verb="${verb}",group="${group}",version="${version}",resource="${resource}",subresource="${subresource}",scope="${scope}",component="apiserver",dry_run="${dryRun}",code="${code}"}`;
};

describe('apiserver_request_total', () => {
  const apply = { headers: { 'content-type': 'application/apply-patch+yaml' } };
  const cases: { name: string; send: Parameters<TestServer['send']>; want: LabelsOfCase }[] = [
    {
      name: 'list of all namespaces',
      send: ['GET', '/api/v1/configmaps'],
      want: { verb: 'LIST', scope: 'cluster', code: '200' },
    },
    { name: 'list', send: ['GET', cms], want: { verb: 'LIST', scope: 'namespace', code: '200' } },
    { name: 'get', send: ['GET', `${cms}/none`], want: { verb: 'GET', scope: 'resource', code: '404' } },
    { name: 'create', send: ['POST', cms, configMap('a')], want: { verb: 'POST', scope: 'resource', code: '201' } },
    {
      name: 'a rehearsal',
      send: ['POST', `${cms}?dryRun=All`, configMap('a')],
      want: { verb: 'POST', scope: 'resource', code: '201', dryRun: 'All' },
    },
    {
      name: 'a rehearsal that is none',
      send: ['POST', `${cms}?dryRun=x${'y'.repeat(100)}`, configMap('a')],
      want: { verb: 'POST', scope: 'resource', code: '422', dryRun: 'invalid' },
    },
    {
      name: 'update',
      send: ['PUT', `${cms}/none`, configMap('none')],
      want: { verb: 'PUT', scope: 'resource', code: '404' },
    },
    {
      name: 'patch',
      send: ['PATCH', `${cms}/none`, [], jsonPatch],
      want: { verb: 'PATCH', scope: 'resource', code: '404' },
    },
    { name: 'delete', send: ['DELETE', `${cms}/none`], want: { verb: 'DELETE', scope: 'resource', code: '404' } },
    { name: 'delete all', send: ['DELETE', cms], want: { verb: 'DELETECOLLECTION', scope: 'namespace', code: '200' } },
    {
      name: 'a sub-resource of a group',
      send: ['GET', '/apis/apps/v1/namespaces/default/deployments/d/scale'],
      want: {
        verb: 'GET',
        scope: 'resource',
        code: '404',
        group: 'apps',
        resource: 'deployments',
        subresource: 'scale',
      },
    },
    {
      name: 'what leads into a pod',
      send: ['GET', '/api/v1/namespaces/default/pods/p/log'],
      want: { verb: 'CONNECT', scope: 'resource', code: '404', resource: 'pods', subresource: 'log' },
    },
    {
      name: 'health',
      send: ['GET', '/livez'],
      want: { verb: 'GET', scope: '', code: '200', version: '', resource: '', subresource: '/livez' },
    },
    { name: 'a method of nobody', send: ['BREW', cms], want: { verb: 'other', scope: 'namespace', code: '405' } },
  ];
  for (const { name, send, want } of cases) {
    test(name, async () => {
      const api = await startServer();
      await api.send(...send);
      const counted = await samples(api, 'apiserver_request_total');
      assert.equal(counted.get(labels(want)), 1, [...counted.keys()].join('\n'));
    });
  }

  test('a server-side apply', async () => {
    const api = await startServer();
    await api.send('PATCH', `${cms}/a?fieldManager=m`, configMap('a'), apply);
    const counted = await samples(api, 'apiserver_request_total');
    assert.ok([...counted.keys()].some((key) => key.startsWith('{verb="APPLY",')));
  });

  test('what clients make up makes no series', async () => {
    const api = await startServer();
    const before = (await samples(api, 'apiserver_request_total')).size;
    for (let i = 0; i < 20; i++) {
      await api.send('GET', `/api/v1/boats${i}`);
      await api.send('GET', `/apis/harbour${i}/v1/boats`);
      await api.send('GET', `${cms}/a/sub${i}`);
      await api.send('GET', `/healthz/${i}`);
      await api.send('GET', `/path/${i}`);
    }
    assert.equal((await samples(api, 'apiserver_request_total')).size, before);
  });
});

test('durations, sizes and service levels have the buckets of upstream', async () => {
  const api = await startServer();
  await api.send('GET', cms);
  const bounds = async (name: string) =>
    [...(await samples(api, name)).keys()].flatMap((key) =>
      key.includes('"configmaps"') ? [/le="([^"]+)"/.exec(key)?.[1]] : [],
    );
  const all = '0.005 0.025 0.05 0.1 0.2 0.4 0.6 0.8 1 1.25 1.5 2 3 4 5 6 8 10 15 20 30 45 60 +Inf'.split(' ');
  assert.deepEqual(await bounds('apiserver_request_duration_seconds_bucket'), all);
  assert.deepEqual(await bounds('apiserver_request_sli_duration_seconds_bucket'), all.slice(2));
  assert.deepEqual(
    await bounds('apiserver_response_sizes_bucket'),
    '1000 10000 100000 1000000 10000000 100000000 1000000000 +Inf'.split(' '),
  );
});

test('a watch is long-running while it lasts, counts its events, and itself at its end', async () => {
  const api = await startServer();
  await api.send('POST', cms, configMap('a'));
  const stop = new AbortController();
  const events = await api.watch(`${cms}?watch=true`, stop.signal);
  await next(events);
  await api.send('POST', cms, configMap('b'));
  await next(events);
  const watch =
    '{verb="WATCH",group="",version="v1",resource="configmaps",subresource="",scope="namespace",component="apiserver"}';
  assert.equal((await samples(api, 'apiserver_longrunning_requests')).get(watch), 1);
  const kind = '{group="",version="v1",kind="ConfigMap"}';
  assert.equal((await samples(api, 'apiserver_watch_events_total')).get(kind), 2);
  assert.equal((await samples(api, 'apiserver_watch_events_sizes_count')).get(kind), 2);
  assert.equal((await samples(api, 'apiserver_init_events_total')).get('{resource="configmaps"}'), 1);
  stop.abort();
  await events.next();
  assert.equal((await samples(api, 'apiserver_longrunning_requests')).get(watch), 0);
  const counted = await samples(api, 'apiserver_request_total');
  assert.equal(counted.get(labels({ verb: 'WATCH', scope: 'namespace', code: '200' })), 1);
});

test('objects in the store, requests in flight, the process and the version', async () => {
  const api = await startServer();
  const stored = await samples(api, 'apiserver_storage_objects');
  assert.equal(stored.get('{resource="namespaces"}'), 4);
  assert.equal(stored.get('{resource="deployments.apps"}'), 0);
  assert.deepEqual(
    [...(await samples(api, 'apiserver_current_inflight_requests')).keys()],
    ['{request_kind="readOnly"}', '{request_kind="mutating"}'],
  );
  assert.ok(Number((await samples(api, 'process_resident_memory_bytes')).get('')) > 1e6);
  assert.ok(Number((await samples(api, 'process_start_time_seconds')).get('')) > 1e9);
  assert.match([...(await samples(api, 'kubernetes_build_info')).keys()].join(), /git_version="v1\./);
});

const readers: { name: string; user: { name: string; groups: string[] }; want: number }[] = [
  { name: 'administrators', user: admin, want: 200 },
  { name: 'monitoring', user: { name: 'prometheus', groups: ['system:monitoring'] }, want: 200 },
  { name: 'anybody else', user: { name: 'jane', groups: ['dev'] }, want: 403 },
];
for (const { name, user, want } of readers) {
  test(`/metrics for ${name} is ${want}`, async () => {
    const api = await startServer();
    const { status, text } = await api.send('GET', '/metrics', undefined, { user });
    assert.equal(status, want);
    if (want === 403) assert.match(text, /forbidden: User \\"jane\\" cannot get path \\"\/metrics\\"/);
  });
}

test('a histogram puts a bound itself below the bound', () => {
  const histogram = new Histogram([1, 2]);
  for (const value of [0, 1, 1.5, 2, 3]) histogram.observe(value);
  const values = [...histogram.samples('h', {})].map(({ metricName, labels: { le }, value }) => [
    metricName,
    le,
    value,
  ]);
  assert.deepEqual(values, [
    ['h_bucket', 1, 2],
    ['h_bucket', 2, 4],
    ['h_bucket', '+Inf', 5],
    ['h_sum', undefined, 7.5],
    ['h_count', undefined, 5],
  ]);
});

test('what another part of the process counts is told from the moment that it is there', async () => {
  const api = await startServer();
  assert.equal((await samples(api, 'boats_total')).size, 0);
  const boats = new Counter();
  const metric = { name: 'boats_total', help: 'Boats.', type: 'counter', samples: () => boats.samples() } as const;
  api.server.addMetrics(() => [metric]);
  boats.add({ kind: 'dinghy' });
  boats.add({ kind: 'dinghy' }, 2);
  assert.deepEqual([...(await samples(api, 'boats_total'))], [['{kind="dinghy"}', 3]]);
});
