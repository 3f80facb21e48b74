// Kinds that are stored as another: what is written in one version or group is read, listed, watched, selected, changed
// and deleted in the other, and is one object (api.md §16).

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type Json,
  mergePatch,
  next,
  startServer,
  strategicPatch,
  type TestServer,
  tableV1,
} from './in-process-suite.ts';

const core = '/api/v1/namespaces/default/events';
const events = '/apis/events.k8s.io/v1/namespaces/default/events';
const coreEvent = (name: string) => ({
  metadata: { name },
  involvedObject: { kind: 'Pod', namespace: 'default', name: 'web' },
  reason: 'Started',
  message: 'It runs',
  type: 'Normal',
  count: 1,
  source: { component: 'kubelet' },
});
const newEvent = (name: string) => ({
  metadata: { name },
  eventTime: '2026-01-01T00:00:00.000000Z',
  reportingController: 'example.com/controller',
  reportingInstance: 'controller-1',
  action: 'Starting',
  reason: 'Started',
  regarding: { kind: 'Pod', namespace: 'default', name: 'web' },
  note: 'It runs',
  type: 'Normal',
});

async function created(api: TestServer, url: string, body: unknown): Promise<Json> {
  const answer = await api.send('POST', url, body);
  assert.equal(answer.status, 201, answer.text);
  return answer.json;
}

describe('Events of the core group and of events.k8s.io', () => {
  test('are one object, with one uid, version and name', async () => {
    const api = await startServer();
    const made = await created(api, events, newEvent('a'));
    assert.deepEqual([made.apiVersion, made.kind, made.note], ['events.k8s.io/v1', 'Event', 'It runs']);
    const { json: old } = await api.send('GET', `${core}/a`);
    assert.deepEqual([old.apiVersion, old.kind, old.message], ['v1', 'Event', 'It runs']);
    assert.deepEqual(old.involvedObject, made.regarding);
    assert.equal(old.reportingComponent, 'example.com/controller');
    assert.deepEqual(
      [old.metadata.uid, old.metadata.resourceVersion],
      [made.metadata.uid, made.metadata.resourceVersion],
    );
    const again = await api.send('POST', core, coreEvent('a'));
    assert.deepEqual([again.status, again.json.reason], [409, 'AlreadyExists']);
  });

  test('are listed and selected by the words of either', async () => {
    const api = await startServer();
    await created(api, core, coreEvent('a'));
    await created(api, events, newEvent('b'));
    await created(api, core, { ...coreEvent('c'), involvedObject: { namespace: 'default', name: 'other' } });
    for (const [url, field, text] of [
      [core, 'involvedObject.name', 'message'],
      [events, 'regarding.name', 'note'],
    ]) {
      const { json } = await api.send('GET', `${url}?fieldSelector=${field}%3Dweb`);
      assert.deepEqual(
        json.items.map((item: Json) => [item.metadata.name, item[text as string]]),
        [
          ['a', 'It runs'],
          ['b', 'It runs'],
        ],
      );
      assert.equal((await api.send('GET', `${url}?limit=1`)).json.metadata.remainingItemCount, 2);
      const table = await api.send('GET', url as string, undefined, tableV1);
      assert.deepEqual(
        table.json.rows.map(({ cells }: Json) => cells[9]),
        ['a', 'b', 'c'],
      );
    }
    const wrong = await api.send('GET', `${events}?fieldSelector=involvedObject.name%3Dweb`);
    assert.deepEqual([wrong.status, wrong.json.message], [400, 'field label not supported: involvedObject.name']);
  });

  test('are watched in either, whoever writes', async () => {
    const api = await startServer();
    const stop = new AbortController();
    await created(api, core, coreEvent('a'));
    const [old, young] = await Promise.all([
      api.watch(`${core}?watch=true`, stop.signal),
      api.watch(`${events}?watch=true`, stop.signal),
    ]);
    const both = async () => [await next(old), await next(young)];
    const seen = async () =>
      (await both()).map(({ type, object }) => [
        type,
        object.apiVersion,
        object.message ?? object.note,
        object.metadata.resourceVersion,
      ]);
    let [one, other] = await seen();
    assert.deepEqual(
      [one?.slice(0, 3), other?.slice(0, 3)],
      [
        ['ADDED', 'v1', 'It runs'],
        ['ADDED', 'events.k8s.io/v1', 'It runs'],
      ],
    );
    assert.equal(one?.[3], other?.[3]);
    await api.send('PATCH', `${core}/a`, { message: 'It ran' }, mergePatch);
    [one, other] = await seen();
    assert.deepEqual(
      [one?.slice(0, 3), other?.slice(0, 3)],
      [
        ['MODIFIED', 'v1', 'It ran'],
        ['MODIFIED', 'events.k8s.io/v1', 'It ran'],
      ],
    );
    await api.send('DELETE', `${events}/a`);
    [one, other] = await seen();
    assert.deepEqual(
      [one?.slice(0, 3), other?.slice(0, 3)],
      [
        ['DELETED', 'v1', 'It ran'],
        ['DELETED', 'events.k8s.io/v1', 'It ran'],
      ],
    );
    stop.abort();
  });

  test('a selector of a watch sees the transitions in its own words', async () => {
    const api = await startServer();
    const stop = new AbortController();
    await created(api, core, { ...coreEvent('a'), type: 'Normal' });
    const watch = await api.watch(`${events}?watch=true&fieldSelector=type%3DNormal&resourceVersion=0`, stop.signal);
    assert.equal((await next(watch)).object.note, 'It runs');
    await api.send('PATCH', `${core}/a`, { type: 'Warning', message: 'new' }, mergePatch);
    const gone = await next(watch);
    assert.deepEqual([gone.type, gone.object.apiVersion, gone.object.note], ['DELETED', 'events.k8s.io/v1', 'It runs']);
    stop.abort();
  });

  test('are patched in either; what changes nothing makes no version', async () => {
    const api = await startServer();
    const made = await created(api, events, newEvent('a'));
    const same = await api.send('PATCH', `${events}/a`, { note: 'It runs' }, strategicPatch);
    assert.equal(same.json.metadata.resourceVersion, made.metadata.resourceVersion);
    const series = { count: 2, lastObservedTime: '2026-01-01T00:01:00.000000Z' };
    const grown = await api.send('PATCH', `${events}/a`, { series }, strategicPatch);
    assert.deepEqual(grown.json.series, series, grown.text);
    assert.deepEqual((await api.send('GET', `${core}/a`)).json.series, series);
    const refused = await api.send('PATCH', `${events}/a`, { note: 'no' }, mergePatch);
    assert.deepEqual([refused.status, refused.json.details.causes[0].field], [422, 'message']);
    const allowed = await api.send('PATCH', `${core}/a`, { message: 'yes' }, mergePatch);
    assert.equal(allowed.status, 200, allowed.text);
    const put = await api.send('PUT', `${core}/a`, { ...allowed.json, message: 'put' });
    assert.equal(put.json.message, 'put');
    const stale = await api.send('PUT', `${events}/a`, { ...grown.json });
    assert.deepEqual([stale.status, stale.json.reason], [409, 'Conflict']);
  });

  test('a dry run answers in the words of the request, and stores nothing', async () => {
    const api = await startServer();
    const dry = await api.send('POST', `${events}?dryRun=All`, newEvent('a'));
    assert.deepEqual([dry.status, dry.json.note, dry.json.apiVersion], [201, 'It runs', 'events.k8s.io/v1']);
    assert.equal((await api.send('GET', `${core}/a`)).status, 404);
    await created(api, core, coreEvent('a'));
    const deleted = await api.send('DELETE', `${events}/a?dryRun=All`);
    assert.equal(deleted.status, 200);
    assert.equal((await api.send('GET', `${core}/a`)).status, 200);
    const all = await api.send('DELETE', events);
    assert.deepEqual([all.json.kind, all.json.items[0].note], ['EventList', 'It runs']);
    assert.equal((await api.send('GET', `${core}/a`)).status, 404);
  });

  test('both have the storage version of the core group in discovery', async () => {
    const api = await startServer();
    for (const path of ['/api/v1', '/apis/events.k8s.io/v1']) {
      const { resources } = (await api.send('GET', path)).json;
      const found = resources.find(({ name }: Json) => name === 'events');
      assert.equal(found.storageVersionHash, 'r2yiGXH7wu8=', path);
    }
  });
});

const v1 = '/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers';
const v2 = '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers';
const scaleTargetRef = { kind: 'Deployment', name: 'web', apiVersion: 'apps/v1' };
const cpu = (averageUtilization: number) => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
});
const memory = {
  type: 'Resource',
  resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '1Gi' } },
};
const autoscaler = (spec: object = {}) => ({
  metadata: { name: 'a' },
  spec: { scaleTargetRef, maxReplicas: 3, ...spec },
});

describe('HorizontalPodAutoscalers of versions 1 and 2', () => {
  test('version 2 is preferred, and what is stored', async () => {
    const api = await startServer();
    const { json } = await api.send('GET', '/apis/autoscaling');
    assert.equal(json.preferredVersion.version, 'v2');
    for (const version of ['v1', 'v2']) {
      const { resources } = (await api.send('GET', `/apis/autoscaling/${version}`)).json;
      assert.equal(resources[0].storageVersionHash, 'qwQve8ut294=', version);
    }
  });

  test('what is written in one is read, patched and watched in the other', async () => {
    const api = await startServer();
    const stop = new AbortController();
    const made = await created(api, v1, autoscaler());
    assert.deepEqual(made.spec, { scaleTargetRef, maxReplicas: 3, minReplicas: 1, targetCPUUtilizationPercentage: 80 });
    const { json: young } = await api.send('GET', `${v2}/a`);
    assert.deepEqual([young.apiVersion, young.spec.metrics], ['autoscaling/v2', [cpu(80)]]);
    assert.equal(young.metadata.uid, made.metadata.uid);
    const from = `watch=true&resourceVersion=${made.metadata.resourceVersion}`;
    const watch = await api.watch(`${v1}?${from}`, stop.signal);
    const metrics = [cpu(60), memory];
    const patched = await api.send('PATCH', `${v2}/a`, { spec: { metrics } }, mergePatch);
    assert.deepEqual(patched.json.spec.metrics, metrics, patched.text);
    const { object } = await next(watch);
    assert.deepEqual([object.apiVersion, object.spec.targetCPUUtilizationPercentage], ['autoscaling/v1', 60]);
    assert.match(object.metadata.annotations['autoscaling.alpha.kubernetes.io/metrics'], /"memory"/);
    const same = await api.send('PUT', `${v1}/a`, object);
    assert.equal(same.json.metadata.resourceVersion, object.metadata.resourceVersion, 'nothing changed');
    const more = await api.send('PATCH', `${v1}/a`, { spec: { maxReplicas: 9 } }, strategicPatch);
    assert.equal(more.json.spec.maxReplicas, 9, more.text);
    const { json: after } = await api.send('GET', `${v2}/a`);
    assert.deepEqual([after.spec.metrics, after.metadata.annotations], [[memory, cpu(60)], undefined]);
    stop.abort();
  });

  test('a status written in one is the status in the other', async () => {
    const api = await startServer();
    await created(api, v2, autoscaler());
    const status = {
      currentReplicas: 2,
      desiredReplicas: 3,
      currentMetrics: [
        { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 90, averageValue: '90m' } } },
      ],
    };
    const written = await api.send('PATCH', `${v2}/a/status`, { status }, mergePatch);
    assert.equal(written.status, 200, written.text);
    const { json: old } = await api.send('GET', `${v1}/a/status`);
    assert.deepEqual(old.status, { currentReplicas: 2, desiredReplicas: 3, currentCPUUtilizationPercentage: 90 });
    const scaled = await api.send('PATCH', `${v1}/a/status`, { status: { currentReplicas: 3 } }, mergePatch);
    assert.equal(scaled.status, 200, scaled.text);
    assert.deepEqual((await api.send('GET', `${v2}/a`)).json.status, { ...status, currentReplicas: 3 });
    for (const url of [v1, v2]) {
      const { json } = await api.send('GET', `${url}/a`, undefined, tableV1);
      assert.deepEqual(json.rows[0].cells.slice(0, 6), ['a', 'Deployment/web', 'cpu: 90%/80%', '1', 3, 3]);
    }
  });

  test('errors of either are those of the one', async () => {
    const api = await startServer();
    for (const url of [v1, v2]) {
      const { status, json } = await api.send('POST', url, autoscaler({ maxReplicas: 0 }));
      assert.equal(status, 422);
      assert.equal(
        json.message,
        'HorizontalPodAutoscaler.autoscaling "a" is invalid: [spec.maxReplicas: Invalid value: 0: must be greater than 0, spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`]',
      );
    }
  });
});
