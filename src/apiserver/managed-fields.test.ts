// metadata.managedFields after creates, updates and patches (api.md §10.3): who owns what, what time it says, what leaves
// it alone, and how clients may write it themselves.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clock, systemClock } from '#lib/clock.ts';
import {
  configMap,
  deployment,
  type Json,
  jsonPatch,
  mergePatch,
  pod,
  service,
  startServer,
  strategicPatch,
} from './in-process-suite.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';
const services = '/api/v1/namespaces/default/services';
const pods = '/api/v1/namespaces/default/pods';
const deployments = '/apis/apps/v1/namespaces/default/deployments';

/** A clock that a test moves on. */
const movable = () => {
  let now = Date.parse('2025-01-02T03:04:05Z');
  const clock: Clock = { ...systemClock, now: () => new Date(now) };
  const forward = (seconds: number) => {
    now += seconds * 1000;
  };
  return { clock, forward };
};

const managers = (object: Json): string[] =>
  (object.metadata.managedFields ?? []).map((entry: Json) =>
    [entry.manager, entry.operation, entry.subresource].filter(Boolean).join(' '),
  );
const fieldsOf = (object: Json, manager: string): Json =>
  object.metadata.managedFields?.find((entry: Json) => entry.manager === manager)?.fieldsV1;

test('who creates an object owns what he set and what was defaulted, not what was allocated', async () => {
  const { clock } = movable();
  const api = await startServer({ clock });
  const body = { ...service('web'), metadata: { name: 'web', labels: { b: '1', a: '2' } } };
  const { json } = await api.send('POST', `${services}?fieldManager=kubectl-create`, body);
  assert.deepEqual(json.metadata.managedFields, [
    {
      manager: 'kubectl-create',
      operation: 'Update',
      apiVersion: 'v1',
      time: '2025-01-02T03:04:05Z',
      fieldsType: 'FieldsV1',
      fieldsV1: {
        'f:metadata': { 'f:labels': { '.': {}, 'f:a': {}, 'f:b': {} } },
        'f:spec': {
          'f:internalTrafficPolicy': {},
          'f:ports': {
            '.': {},
            'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:port': {}, 'f:protocol': {}, 'f:targetPort': {} },
          },
          'f:selector': {},
          'f:sessionAffinity': {},
          'f:type': {},
        },
      },
    },
  ]);
  const inOrder = JSON.stringify(json.metadata.managedFields[0].fieldsV1);
  assert.ok(inOrder.indexOf('f:a"') < inOrder.indexOf('f:b"'));
});

test('what the server adds to a new object by itself belongs to nobody', async () => {
  const api = await startServer();
  const { json: made } = await api.send('POST', `${pods}?fieldManager=me`, pod('p'));
  assert.ok(made.spec.tolerations.length > 0 && made.spec.serviceAccountName);
  assert.deepEqual(Object.keys(fieldsOf(made, 'me')['f:spec']), [
    'f:containers',
    'f:dnsPolicy',
    'f:enableServiceLinks',
    'f:restartPolicy',
    'f:schedulerName',
    'f:securityContext',
    'f:terminationGracePeriodSeconds',
  ]);
  const { json: namespace } = await api.send('POST', '/api/v1/namespaces?fieldManager=me', { metadata: { name: 'n' } });
  assert.deepEqual(fieldsOf(namespace, 'me'), {
    'f:metadata': { 'f:labels': { '.': {}, 'f:kubernetes.io/metadata.name': {} } },
  });
});

test('a workload is owned down to the items of its lists', async () => {
  const api = await startServer();
  const { json } = await api.send('POST', `${deployments}?fieldManager=me`, deployment('web'));
  assert.deepEqual(fieldsOf(json, 'me')['f:spec'], {
    'f:progressDeadlineSeconds': {},
    'f:replicas': {},
    'f:revisionHistoryLimit': {},
    'f:selector': {},
    'f:strategy': { 'f:rollingUpdate': { '.': {}, 'f:maxSurge': {}, 'f:maxUnavailable': {} }, 'f:type': {} },
    'f:template': {
      'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
      'f:spec': {
        'f:containers': {
          'k:{"name":"c"}': {
            '.': {},
            'f:image': {},
            'f:imagePullPolicy': {},
            'f:name': {},
            'f:resources': {},
            'f:terminationMessagePath': {},
            'f:terminationMessagePolicy': {},
          },
        },
        'f:dnsPolicy': {},
        'f:restartPolicy': {},
        'f:schedulerName': {},
        'f:securityContext': {},
        'f:terminationGracePeriodSeconds': {},
      },
    },
  });
});

test('the manager is the fieldManager, else what the user agent calls itself, else unknown', async () => {
  const api = await startServer();
  const cases = [
    { query: '?fieldManager=given', agent: 'kubectl/v1.32 (linux)', want: 'given' },
    { query: '', agent: 'kubectl/v1.32 (linux)', want: 'kubectl' },
    { query: '', agent: `${'x'.repeat(200)}/1`, want: 'x'.repeat(128) },
    { query: '', agent: 'a\tb/1', want: 'ab' },
    { query: '', agent: '', want: 'unknown' },
  ];
  for (const [index, { query, agent, want }] of cases.entries()) {
    const options = { headers: { 'user-agent': agent } };
    const { json } = await api.send('POST', `${configMaps}${query}`, configMap(`c${index}`), options);
    assert.deepEqual(managers(json), [`${want} Update`]);
  }
});

test('a change moves what changed to the writer; what was removed leaves everyone', async () => {
  const { clock, forward } = movable();
  const api = await startServer({ clock });
  const data = { kept: '1', changed: '1', removed: '1' };
  await api.send('POST', `${configMaps}?fieldManager=one`, configMap('a', { data }));
  forward(60);
  const patch = { data: { changed: '2', removed: null, added: '1' } };
  const { json } = await api.send('PATCH', `${configMaps}/a?fieldManager=two`, patch, mergePatch);
  assert.deepEqual(fieldsOf(json, 'one'), { 'f:data': { '.': {}, 'f:kept': {} } });
  assert.deepEqual(fieldsOf(json, 'two'), { 'f:data': { 'f:added': {}, 'f:changed': {} } });
  assert.deepEqual(
    json.metadata.managedFields.map(({ time }: Json) => time),
    ['2025-01-02T03:04:05Z', '2025-01-02T03:05:05Z'],
  );
});

test('who owns nothing any more is not mentioned', async () => {
  const api = await startServer();
  await api.send('POST', `${configMaps}?fieldManager=one`, { metadata: { name: 'a', labels: { x: '1' } } });
  const { json } = await api.send('PUT', `${configMaps}/a?fieldManager=two`, configMap('a'));
  assert.deepEqual(managers(json), ['two Update']);
});

test('each way of writing changes the same entries', async () => {
  const api = await startServer();
  await api.send('POST', `${configMaps}?fieldManager=one`, configMap('a'));
  const writes = [
    () => api.send('PUT', `${configMaps}/a?fieldManager=two`, configMap('a', { data: { a: '2' } })),
    () => api.send('PATCH', `${configMaps}/a?fieldManager=two`, { data: { a: '3' } }, mergePatch),
    () => api.send('PATCH', `${configMaps}/a?fieldManager=two`, { data: { a: '4' } }, strategicPatch),
    () =>
      api.send(
        'PATCH',
        `${configMaps}/a?fieldManager=two`,
        [{ op: 'replace', path: '/data/a', value: '5' }],
        jsonPatch,
      ),
  ];
  for (const write of writes) {
    const { json } = await write();
    assert.deepEqual(fieldsOf(json, 'one'), { 'f:data': {} });
    assert.deepEqual(fieldsOf(json, 'two'), { 'f:data': { 'f:a': {} } });
  }
});

test('a write that changes nothing is no change, whoever writes it and however late', async () => {
  const { clock, forward } = movable();
  const api = await startServer({ clock });
  const created = await api.send('POST', `${services}?fieldManager=one`, service('web'));
  forward(3600);
  const asRead = await api.send('PUT', `${services}/web?fieldManager=two`, created.json);
  assert.equal(asRead.text, created.text);
  const asWritten = await api.send('PUT', `${services}/web?fieldManager=two`, service('web'));
  assert.equal(asWritten.text, created.text);
  const patched = await api.send(
    'PATCH',
    `${services}/web?fieldManager=two`,
    { spec: { type: 'ClusterIP' } },
    mergePatch,
  );
  assert.equal(patched.text, created.text);
});

test('writes to the status are told apart, and say nothing about the rest', async () => {
  const api = await startServer();
  const { json: created } = await api.send('POST', `${pods}?fieldManager=one`, pod('p'));
  const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }], podIPs: [{ ip: '10.0.0.1' }] };
  const body = { ...created, metadata: { ...created.metadata, managedFields: [{}] }, status };
  const { json } = await api.send('PUT', `${pods}/p/status?fieldManager=one`, body);
  assert.deepEqual(managers(json), ['one Update', 'one Update status']);
  const { 'f:status': owned, ...others } = json.metadata.managedFields[1].fieldsV1;
  assert.deepEqual(others, {});
  assert.deepEqual(owned, {
    'f:conditions': { '.': {}, 'k:{"type":"Ready"}': { '.': {}, 'f:status': {}, 'f:type': {} } },
    'f:phase': {},
    'f:podIPs': { '.': {}, 'k:{"ip":"10.0.0.1"}': { '.': {}, 'f:ip': {} } },
  });
  const ignored = await api.send('PATCH', `${pods}/p?fieldManager=two`, { status: { phase: 'Failed' } }, mergePatch);
  assert.equal(ignored.json.metadata.resourceVersion, json.metadata.resourceVersion);
});

test('binding and deletion leave ownership alone', async () => {
  const api = await startServer();
  const { json: created } = await api.send('POST', `${pods}?fieldManager=one`, pod('p'));
  const binding = { metadata: { name: 'p' }, target: { kind: 'Node', name: 'n' } };
  assert.equal((await api.send('POST', `${pods}/p/binding?fieldManager=scheduler`, binding)).status, 201);
  const { json } = await api.send('DELETE', `${pods}/p`);
  assert.equal(json.spec.nodeName, 'n');
  assert.ok(json.metadata.deletionTimestamp);
  assert.deepEqual(json.metadata.managedFields, created.metadata.managedFields);
});

test('the eleventh updater makes the oldest ones one', async () => {
  const { clock, forward } = movable();
  const api = await startServer({ clock });
  await api.send('POST', `${configMaps}?fieldManager=m0`, configMap('a', { data: { k0: '1' } }));
  for (let index = 1; index <= 11; index++) {
    forward(1);
    await api.send('PATCH', `${configMaps}/a?fieldManager=m${index}`, { data: { [`k${index}`]: '1' } }, mergePatch);
  }
  const { json } = await api.send('GET', `${configMaps}/a`);
  assert.deepEqual(
    managers(json),
    ['ancient-changes', 'm3', 'm4', 'm5', 'm6', 'm7', 'm8', 'm9', 'm10', 'm11'].map((name) => `${name} Update`),
  );
  assert.deepEqual(fieldsOf(json, 'ancient-changes'), { 'f:data': { '.': {}, 'f:k0': {}, 'f:k1': {}, 'f:k2': {} } });
  assert.equal(json.metadata.managedFields[0].time, '2025-01-02T03:04:07Z');
});

test('an empty list or one empty entry resets ownership, until somebody applies', async () => {
  const api = await startServer();
  for (const [name, managedFields] of Object.entries({ list: [], entry: [{}] })) {
    await api.send('POST', `${configMaps}?fieldManager=one`, configMap(name));
    const reset = await api.send('PATCH', `${configMaps}/${name}`, { metadata: { managedFields } }, mergePatch);
    assert.equal(reset.status, 200);
    assert.ok(!('managedFields' in reset.json.metadata));
    const later = await api.send('PATCH', `${configMaps}/${name}`, { data: { a: '9' } }, mergePatch);
    assert.ok(!('managedFields' in later.json.metadata));
  }
});

test('clients may write ownership themselves, as kubectl does to migrate', async () => {
  const api = await startServer();
  const { json: created } = await api.send('POST', `${configMaps}?fieldManager=one`, configMap('a'));
  const [entry] = created.metadata.managedFields;
  const value = [{ ...entry, manager: 'two', operation: 'Apply', fieldsV1: { 'f:data': { 'f:a': {}, '.': {} } } }];
  const patch = [
    { op: 'replace', path: '/metadata/managedFields', value },
    { op: 'replace', path: '/metadata/resourceVersion', value: created.metadata.resourceVersion },
  ];
  const { status, json } = await api.send('PATCH', `${configMaps}/a?fieldManager=three`, patch, jsonPatch);
  assert.equal(status, 200);
  assert.deepEqual(managers(json), ['two Apply']);
  assert.equal(JSON.stringify(fieldsOf(json, 'two')), '{"f:data":{".":{},"f:a":{}}}');
});

test('entries that make no sense are not taken over', async () => {
  const api = await startServer();
  const { json: created } = await api.send('POST', `${configMaps}?fieldManager=one`, configMap('a'));
  const [entry] = created.metadata.managedFields;
  const wrong = [
    { ...entry, operation: 'Replace' },
    { ...entry, operation: undefined },
    { ...entry, apiVersion: '' },
    { ...entry, fieldsType: 'FieldsV2' },
    { ...entry, fieldsType: undefined },
    { ...entry, fieldsV1: { data: {} } },
    { ...entry, fieldsV1: { 'k:{': {} } },
    { ...entry, fieldsV1: { 'f:data': 1 } },
  ];
  for (const managedFields of wrong) {
    const patch = { metadata: { managedFields: [managedFields] } };
    const { status, text } = await api.send('PATCH', `${configMaps}/a`, patch, mergePatch);
    assert.deepEqual([status, text], [200, JSON.stringify(created)], JSON.stringify(managedFields));
  }
  const long = { metadata: { managedFields: [{ ...entry, manager: 'x'.repeat(129) }] } };
  const { status, json } = await api.send('PATCH', `${configMaps}/a`, long, mergePatch);
  assert.equal(status, 422);
  assert.equal(
    json.message,
    'ConfigMap "a" is invalid: metadata.managedFields[0].manager: Too long: may not be more than 128 bytes',
  );
});

test('an object that comes back from a backup keeps no owners but its creator', async () => {
  const api = await startServer();
  const { json: created } = await api.send('POST', `${configMaps}?fieldManager=one`, configMap('a'));
  const { managedFields } = created.metadata;
  const body = { ...configMap('b'), metadata: { name: 'b', managedFields } };
  const { json } = await api.send('POST', `${configMaps}?fieldManager=restore`, body);
  assert.deepEqual(managers(json), ['restore Update']);
});

test('owners in a version that is served no more are forgotten with the next change', async () => {
  const api = await startServer();
  const { json: created } = await api.send('POST', `${configMaps}?fieldManager=one`, configMap('a'));
  const [entry] = created.metadata.managedFields;
  const managedFields = [entry, { ...entry, manager: 'old', apiVersion: 'v0' }];
  const { json } = await api.send('PATCH', `${configMaps}/a`, { metadata: { managedFields } }, mergePatch);
  assert.deepEqual(managers(json), ['one Update']);
});

test('dry runs show ownership as it would be', async () => {
  const api = await startServer();
  await api.send('POST', `${configMaps}?fieldManager=one`, configMap('a'));
  const { json } = await api.send(
    'PATCH',
    `${configMaps}/a?fieldManager=two&dryRun=All`,
    { data: { b: '1' } },
    mergePatch,
  );
  assert.deepEqual(managers(json).sort(), ['one Update', 'two Update']);
  assert.deepEqual(managers((await api.send('GET', `${configMaps}/a`)).json), ['one Update']);
});

test('what the server makes for itself is its own', async () => {
  const api = await startServer();
  const { json } = await api.send('GET', `${services}/kubernetes`);
  assert.deepEqual(managers(json), ['kube-apiserver Update']);
});

const scalerV1 = '/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers';
const scalerV2 = '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers';
const scalerSpec = { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 3 };
const applyPatch = { headers: { 'content-type': 'application/apply-patch+yaml' } };

test('owners in several versions of one object keep what they have, each in its own words', async () => {
  const api = await startServer();
  const body = { metadata: { name: 'a' }, spec: { ...scalerSpec, targetCPUUtilizationPercentage: 50 } };
  const { json: created } = await api.send('POST', `${scalerV1}?fieldManager=one`, body);
  assert.deepEqual(fieldsOf(created, 'one'), {
    'f:spec': {
      'f:maxReplicas': {},
      'f:minReplicas': {},
      'f:scaleTargetRef': {},
      'f:targetCPUUtilizationPercentage': {},
    },
  });
  const patch = { spec: { maxReplicas: 5, behavior: { scaleDown: { stabilizationWindowSeconds: 10 } } } };
  const { json } = await api.send('PATCH', `${scalerV2}/a?fieldManager=two`, patch, mergePatch);
  assert.deepEqual(
    json.metadata.managedFields.map(({ manager, apiVersion }: Json) => [manager, apiVersion]),
    [
      ['one', 'autoscaling/v1'],
      ['two', 'autoscaling/v2'],
    ],
  );
  assert.ok(!('f:maxReplicas' in fieldsOf(json, 'one')['f:spec']));
  assert.ok('f:targetCPUUtilizationPercentage' in fieldsOf(json, 'one')['f:spec']);
  assert.ok('f:maxReplicas' in fieldsOf(json, 'two')['f:spec']);
  const seen = await api.send('GET', `${scalerV1}/a`);
  assert.deepEqual(seen.json.metadata.managedFields, json.metadata.managedFields);
});

test('an applier in one version is in conflict with one in another, and can take the field', async () => {
  const api = await startServer();
  const config = (version: string, spec: object) => ({
    apiVersion: `autoscaling/${version}`,
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'a' },
    spec,
  });
  const first = config('v1', { ...scalerSpec, minReplicas: 2 });
  assert.equal((await api.send('PATCH', `${scalerV1}/a?fieldManager=one`, first, applyPatch)).status, 201);
  const second = config('v2', { maxReplicas: 9 });
  const refused = await api.send('PATCH', `${scalerV2}/a?fieldManager=two`, second, applyPatch);
  assert.equal(refused.json.message, 'Apply failed with 1 conflict: conflict with "one": .spec.maxReplicas');
  const { json } = await api.send('PATCH', `${scalerV2}/a?fieldManager=two&force=true`, second, applyPatch);
  assert.deepEqual([json.spec.maxReplicas, json.spec.minReplicas], [9, 2]);
  assert.deepEqual(managers(json), ['one Apply', 'two Apply']);
  // The same applier may go on in the other version, and lose what it does not name there.
  const moved = config('v2', { scaleTargetRef: scalerSpec.scaleTargetRef });
  const last = await api.send('PATCH', `${scalerV2}/a?fieldManager=one`, moved, applyPatch);
  assert.equal(last.status, 200);
  assert.equal(last.json.spec.minReplicas, 1);
  assert.deepEqual(fieldsOf(last.json, 'one'), {
    'f:spec': { 'f:scaleTargetRef': { 'f:apiVersion': {}, 'f:kind': {}, 'f:name': {} } },
  });
});

test('events of either group keep their owners when the other group writes them', async () => {
  const api = await startServer();
  const regarding = { kind: 'Pod', namespace: 'default', name: 'p', apiVersion: 'v1' };
  const event = {
    metadata: { name: 'e' },
    involvedObject: regarding,
    reason: 'R',
    message: 'm',
    type: 'Normal',
    count: 1,
  };
  await api.send('POST', '/api/v1/namespaces/default/events?fieldManager=one', event);
  const url = '/apis/events.k8s.io/v1/namespaces/default/events/e?fieldManager=two';
  const { status, json } = await api.send('PATCH', url, { metadata: { labels: { a: 'b' } } }, mergePatch);
  assert.equal(status, 200);
  assert.deepEqual(managers(json), ['one Update', 'two Update']);
  assert.ok('f:message' in fieldsOf(json, 'one'));
});
