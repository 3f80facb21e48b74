// Server-side apply over the whole server (api.md §10.3): conflicts and their texts, force, co-ownership, removal,
// sub-resources, migration from client-side apply, and what is refused.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { deployment, type Json, jsonPatch, mergePatch, startServer, type TestServer } from './in-process-suite.ts';

const contentType = { headers: { 'content-type': 'application/apply-patch+yaml' } };
const configMaps = '/api/v1/namespaces/default/configmaps';
const deployments = '/apis/apps/v1/namespaces/default/deployments';
const services = '/api/v1/namespaces/default/services';

const apply = (api: TestServer, url: string, manager: string, config: unknown, query = '') =>
  api.send('PATCH', `${url}?fieldManager=${manager}${query}`, config, contentType);

const cm = (data: Record<string, unknown> | undefined, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', ...metadata },
  ...(data && { data }),
});
const deploy = (spec: object = {}, metadata: object = {}) => {
  const whole = deployment('web');
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { ...whole.metadata, ...metadata },
    spec: { ...whole.spec, ...spec },
  };
};

/** Manager, operation and sub-resource to what it owns. */
const owners = (object: Json): Record<string, Json> =>
  Object.fromEntries(
    (object.metadata.managedFields ?? []).map((entry: Json) => [
      [entry.manager, entry.operation, entry.subresource].filter(Boolean).join(' '),
      entry.fieldsV1,
    ]),
  );

test('apply creates what is not there, and owns exactly what it named', async () => {
  const api = await startServer();
  const { status, json } = await apply(api, `${services}/web`, 'me', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', labels: { app: 'web' } },
    spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
  });
  assert.equal(status, 201);
  assert.ok(json.spec.clusterIP);
  assert.deepEqual(owners(json), {
    'me Apply': {
      'f:metadata': { 'f:labels': { 'f:app': {} } },
      'f:spec': { 'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:port': {} } }, 'f:selector': {} },
    },
  });
  const [entry] = json.metadata.managedFields;
  assert.equal(entry.apiVersion, 'v1');
  assert.equal(entry.fieldsType, 'FieldsV1');
  assert.equal(entry.time, json.metadata.creationTimestamp);
});

test('apply takes YAML, and the same again changes nothing', async () => {
  const api = await startServer();
  const yaml = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  x: "1"\n';
  const created = await apply(api, `${configMaps}/a`, 'me', yaml);
  const again = await apply(api, `${configMaps}/a`, 'me', yaml);
  assert.equal(created.status, 201);
  assert.equal(again.status, 200);
  assert.equal(again.text, created.text);
});

test('a map of YAML may begin as JSON does', async () => {
  const api = await startServer();
  const yaml = '{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {x: "1"}} # me';
  assert.equal((await apply(api, `${configMaps}/a`, 'me', yaml)).status, 201);
});

test('a conflict names the manager, how it writes, and the field', async () => {
  const api = await startServer();
  await api.send('POST', `${configMaps}?fieldManager=creator`, cm({ x: '1', y: '1' }));
  const { status, json } = await apply(api, `${configMaps}/a`, 'me', cm({ x: '2' }));
  assert.equal(status, 409);
  assert.deepEqual(json, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'Apply failed with 1 conflict: conflict with "creator" using v1: .data.x',
    reason: 'Conflict',
    details: {
      causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "creator" using v1', field: '.data.x' }],
    },
    code: 409,
  });
});

test('several conflicts are listed by manager, appliers without a version', async () => {
  const api = await startServer();
  await apply(api, `${deployments}/web`, 'first', deploy({ replicas: 1 }));
  await api.send('PATCH', `${deployments}/web?fieldManager=patcher`, { metadata: { labels: { a: 'b' } } }, mergePatch);
  const container = { name: 'c', image: 'other' };
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [container] } };
  const { json } = await apply(
    api,
    `${deployments}/web`,
    'second',
    deploy({ replicas: 2, template }, { labels: { a: 'c' } }),
  );
  assert.equal(
    json.message,
    'Apply failed with 3 conflicts: conflicts with "first":\n- .spec.replicas\n' +
      '- .spec.template.spec.containers[name="c"].image\nconflicts with "patcher" using apps/v1:\n- .metadata.labels.a',
  );
  assert.deepEqual(
    json.details.causes.map(({ message, field }: Json) => [message, field]),
    [
      ['conflict with "first"', '.spec.replicas'],
      ['conflict with "first"', '.spec.template.spec.containers[name="c"].image'],
      ['conflict with "patcher" using apps/v1', '.metadata.labels.a'],
    ],
  );
});

test('members of a set are named by value', async () => {
  const api = await startServer();
  const { json: created } = await apply(api, `${configMaps}/a`, 'one', cm({}, { finalizers: ['example.com/x'] }));
  assert.deepEqual(owners(created)['one Apply'], {
    'f:data': {},
    'f:metadata': { 'f:finalizers': { 'v:"example.com/x"': {} } },
  });
  const { json } = await apply(api, `${configMaps}/a`, 'two', cm(undefined, { finalizers: ['example.com/y'] }));
  assert.deepEqual(json.metadata.finalizers, ['example.com/x', 'example.com/y']);
});

test('force takes the field from its owner', async () => {
  const api = await startServer();
  await api.send('POST', `${configMaps}?fieldManager=creator`, cm({ x: '1', y: '1' }));
  const { status, json } = await apply(api, `${configMaps}/a`, 'me', cm({ x: '2' }), '&force=true');
  assert.equal(status, 200);
  assert.deepEqual(json.data, { x: '2', y: '1' });
  assert.deepEqual(owners(json), {
    'me Apply': { 'f:data': { 'f:x': {} } },
    'creator Update': { 'f:data': { '.': {}, 'f:y': {} } },
  });
});

test('who applies the value that is there shares it, and it stays until the last owner lets go', async () => {
  const api = await startServer();
  await apply(api, `${configMaps}/a`, 'one', cm({ x: '1', y: '1' }));
  const shared = await apply(api, `${configMaps}/a`, 'two', cm({ x: '1' }));
  assert.deepEqual(owners(shared.json), {
    'one Apply': { 'f:data': { 'f:x': {}, 'f:y': {} } },
    'two Apply': { 'f:data': { 'f:x': {} } },
  });
  const left = await apply(api, `${configMaps}/a`, 'one', cm(undefined));
  assert.deepEqual(left.json.data, { x: '1' });
  assert.deepEqual(owners(left.json), { 'two Apply': { 'f:data': { 'f:x': {} } } });
  const gone = await apply(api, `${configMaps}/a`, 'two', cm(undefined));
  assert.equal(gone.json.data, undefined);
  assert.equal(gone.json.metadata.managedFields, undefined);
});

test('items of a list go with the applier that no longer names them, and their order is his', async () => {
  const api = await startServer();
  const withEnv = (...names: string[]) => {
    const env = names.map((name) => ({ name, value: name }));
    const containers = [{ name: 'c', image: 'host', env }];
    return deploy({ template: { metadata: { labels: { app: 'web' } }, spec: { containers } } });
  };
  const envOf = ({ json }: { json: Json }) => json.spec.template.spec.containers[0].env.map(({ name }: Json) => name);
  assert.deepEqual(envOf(await apply(api, `${deployments}/web`, 'me', withEnv('A', 'B', 'C'))), ['A', 'B', 'C']);
  assert.deepEqual(envOf(await apply(api, `${deployments}/web`, 'me', withEnv('C', 'A'))), ['C', 'A']);
});

test('defaults belong to nobody, so nobody is in their way', async () => {
  const api = await startServer();
  await apply(api, `${deployments}/web`, 'one', deploy());
  const { status, json } = await apply(api, `${deployments}/web`, 'two', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: { replicas: 3 },
  });
  assert.equal(status, 200);
  assert.equal(json.spec.replicas, 3);
  assert.deepEqual(owners(json)['two Apply'], { 'f:spec': { 'f:replicas': {} } });
});

test('an object that nobody was known to own is owned by before-first-apply', async () => {
  const api = await startServer();
  await api.send('POST', configMaps, cm({ x: '1' }));
  await api.send('PATCH', `${configMaps}/a`, { metadata: { managedFields: [{}] } }, mergePatch);
  const refused = await apply(api, `${configMaps}/a`, 'me', cm({ x: '2' }));
  assert.equal(
    refused.json.message,
    'Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.x',
  );
  const { json } = await apply(api, `${configMaps}/a`, 'me', cm({ x: '1' }));
  assert.deepEqual(owners(json), {
    'before-first-apply Update': { 'f:data': { '.': {}, 'f:x': {} } },
    'me Apply': { 'f:data': { 'f:x': {} } },
  });
});

const annotation = 'kubectl.kubernetes.io/last-applied-configuration';
const byClient = (data: Record<string, string>) =>
  cm(data, { namespace: 'default', annotations: { [annotation]: JSON.stringify(cm(data)) } });

test('kubectl takes over what kubectl applied by client, and keeps the annotation up to date', async () => {
  const api = await startServer();
  await api.send('POST', `${configMaps}?fieldManager=kubectl-client-side-apply`, byClient({ x: '1', y: '1' }));
  const { status, json } = await apply(api, `${configMaps}/a`, 'kubectl', cm({ x: '2' }));
  assert.equal(status, 200);
  assert.deepEqual(json.data, { x: '2', y: '1' });
  assert.equal(
    json.metadata.annotations[annotation],
    '{"apiVersion":"v1","data":{"x":"2"},"kind":"ConfigMap","metadata":{"name":"a"}}\n',
  );
});

test('what was changed since kubectl applied it by client is a conflict, for kubectl as for others', async () => {
  const api = await startServer();
  await api.send('POST', `${configMaps}?fieldManager=kubectl-client-side-apply`, byClient({ x: '1', y: '1' }));
  await api.send('PATCH', `${configMaps}/a?fieldManager=other`, { data: { y: '5' } }, mergePatch);
  const asKubectl = await apply(api, `${configMaps}/a`, 'kubectl', cm({ x: '2', y: '2' }));
  assert.equal(asKubectl.json.message, 'Apply failed with 1 conflict: conflict with "other" using v1: .data.y');
  const asOther = await apply(api, `${configMaps}/a`, 'somebody', cm({ x: '2' }));
  assert.equal(
    asOther.json.message,
    'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using v1: .data.x',
  );
});

test('the three steps by which kubectl migrates leave one owner', async () => {
  const api = await startServer();
  await api.send('POST', `${configMaps}?fieldManager=kubectl-client-side-apply`, byClient({ x: '1', y: '1' }));
  await apply(api, `${configMaps}/a`, 'kubectl', cm({ x: '1' }));
  const noted = await apply(
    api,
    `${configMaps}/a`,
    'kubectl-last-applied',
    {
      ...cm(undefined),
      metadata: { name: 'a', annotations: { [annotation]: JSON.stringify(cm({ x: '1' })) } },
    },
    '&force=true',
  );
  assert.equal(noted.status, 200);
  // As csaupgrade does: what the client-side manager had goes to the applier.
  const { resourceVersion, managedFields } = noted.json.metadata;
  const find = (manager: string) => managedFields.find((entry: Json) => entry.manager === manager);
  const mine = find('kubectl');
  mine.fieldsV1 = { 'f:data': { '.': {}, 'f:x': {}, 'f:y': {} } };
  const patch = [
    { op: 'replace', path: '/metadata/managedFields', value: [mine, find('kubectl-last-applied')] },
    { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion },
  ];
  const migrated = await api.send('PATCH', `${configMaps}/a?fieldManager=kubectl`, patch, jsonPatch);
  assert.equal(migrated.status, 200);
  assert.deepEqual(Object.keys(owners(migrated.json)), ['kubectl Apply', 'kubectl-last-applied Apply']);
  const { json } = await apply(api, `${configMaps}/a`, 'kubectl', cm({ x: '1' }));
  assert.deepEqual(json.data, { x: '1' });
});

test('apply to the object says nothing about its status, and the other way round', async () => {
  const api = await startServer();
  await apply(api, `${deployments}/web`, 'me', { ...deploy({ replicas: 1 }), status: { replicas: 5 } });
  const config = { ...deploy({ replicas: 7 }), status: { replicas: 2, observedGeneration: 1 } };
  const { status, json } = await apply(api, `${deployments}/web/status`, 'controller', config);
  assert.equal(status, 200);
  assert.equal(json.spec.replicas, 1);
  assert.equal(json.status.replicas, 2);
  const { 'me Apply': mine, 'controller Apply status': controller } = owners(json);
  assert.ok(!('f:status' in mine));
  assert.deepEqual(controller, { 'f:status': { 'f:observedGeneration': {}, 'f:replicas': {} } });
  const refused = await apply(api, `${deployments}/web/status`, 'second', { ...config, status: { replicas: 3 } });
  assert.equal(
    refused.json.message,
    'Apply failed with 1 conflict: conflict with "controller" with subresource "status": .status.replicas',
  );
  assert.equal((await apply(api, `${deployments}/none/status`, 'controller', config)).status, 404);
});

const scale = (replicas: number) => ({
  apiVersion: 'autoscaling/v1',
  kind: 'Scale',
  metadata: { name: 'web', namespace: 'default' },
  spec: { replicas },
});

test('apply to /scale owns the number of replicas, against owners of the workload', async () => {
  const api = await startServer();
  await apply(api, `${deployments}/web`, 'me', deploy({ replicas: 1 }));
  const refused = await apply(api, `${deployments}/web/scale`, 'scaler', scale(3));
  assert.equal(refused.json.message, 'Apply failed with 1 conflict: conflict with "me": .spec.replicas');
  const taken = await apply(api, `${deployments}/web/scale`, 'scaler', scale(3), '&force=true');
  assert.equal(taken.status, 200);
  assert.deepEqual([taken.json.kind, taken.json.spec], ['Scale', { replicas: 3 }]);
  const { json } = await api.send('GET', `${deployments}/web`);
  assert.deepEqual(owners(json)['scaler Apply scale'], { 'f:spec': { 'f:replicas': {} } });
  assert.ok(!('f:replicas' in owners(json)['me Apply']['f:spec']));
  const back = await apply(api, `${deployments}/web`, 'me', deploy({ replicas: 1 }));
  assert.equal(
    back.json.message,
    'Apply failed with 1 conflict: conflict with "scaler" with subresource "scale": .spec.replicas',
  );
});

test('a scaled workload says that its replicas were scaled', async () => {
  const api = await startServer();
  await api.send('POST', `${deployments}?fieldManager=creator`, deploy({ replicas: 1 }));
  const same = await api.send(
    'PATCH',
    `${deployments}/web/scale?fieldManager=kubectl`,
    { spec: { replicas: 1 } },
    mergePatch,
  );
  const before = await api.send('GET', `${deployments}/web`);
  assert.equal(same.json.metadata.resourceVersion, before.json.metadata.resourceVersion);
  await api.send('PATCH', `${deployments}/web/scale?fieldManager=kubectl`, { spec: { replicas: 4 } }, mergePatch);
  const { json } = await api.send('GET', `${deployments}/web`);
  const entry = json.metadata.managedFields.find(({ manager }: Json) => manager === 'kubectl');
  assert.deepEqual(entry, {
    manager: 'kubectl',
    operation: 'Update',
    apiVersion: 'apps/v1',
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:spec': { 'f:replicas': {} } },
    subresource: 'scale',
  });
  assert.ok(!('f:replicas' in owners(json)['creator Update']['f:spec']));
});

test('dry runs of apply tell what would be, and store nothing', async () => {
  const api = await startServer();
  const { status, json } = await apply(api, `${configMaps}/a`, 'me', cm({ x: '1' }), '&dryRun=All');
  assert.equal(status, 201);
  assert.deepEqual(owners(json), { 'me Apply': { 'f:data': { 'f:x': {} } } });
  assert.equal((await api.send('GET', `${configMaps}/a`)).status, 404);
  await apply(api, `${configMaps}/a`, 'me', cm({ x: '1' }));
  const changed = await apply(api, `${configMaps}/a`, 'me', cm({ x: '2' }), '&dryRun=All');
  assert.deepEqual(changed.json.data, { x: '2' });
  assert.deepEqual((await api.send('GET', `${configMaps}/a`)).json.data, { x: '1' });
});

test('a resourceVersion in the configuration must be that of the object', async () => {
  const api = await startServer();
  const { json } = await apply(api, `${configMaps}/a`, 'me', cm({ x: '1' }));
  const { resourceVersion } = json.metadata;
  assert.equal((await apply(api, `${configMaps}/a`, 'me', cm({ x: '2' }, { resourceVersion }))).status, 200);
  const stale = await apply(api, `${configMaps}/a`, 'me', cm({ x: '3' }, { resourceVersion }));
  assert.equal(stale.status, 409);
  assert.match(stale.json.message, /the object has been modified; please apply your changes to the latest version/);
  assert.equal((await apply(api, `${configMaps}/b`, 'me', cm({}, { name: 'b', resourceVersion }))).status, 409);
});

test('two who apply at the same moment both succeed', async () => {
  const api = await startServer();
  const managers = ['one', 'two', 'three', 'four', 'five'];
  const answers = await Promise.all(managers.map((name) => apply(api, `${configMaps}/a`, name, cm({ [name]: '1' }))));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 200, 200, 200, 201]);
  const { json } = await api.send('GET', `${configMaps}/a`);
  assert.deepEqual(Object.keys(json.data).sort(), [...managers].sort());
  assert.equal(json.metadata.managedFields.length, managers.length);
});

test('what apply refuses, and how it says so', async (t) => {
  const api = await startServer();
  const svc = (ports: unknown) => ({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' }, spec: { ports } });
  const cases: { name: string; url?: string; config: unknown; query?: string; code: number; message: string }[] = [
    {
      name: 'no manager',
      config: cm({}),
      query: '?',
      code: 422,
      message: 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    },
    {
      name: 'entries of managedFields',
      config: cm({}, { managedFields: [] }),
      code: 400,
      message: 'metadata.managedFields must be nil',
    },
    {
      name: 'another kind',
      config: { ...cm({}), kind: 'Secret' },
      code: 400,
      message: 'invalid object type: /v1, Kind=Secret',
    },
    { name: 'no type', config: { metadata: { name: 'a' } }, code: 400, message: 'invalid object type: /, Kind=' },
    {
      name: 'another version',
      url: `${deployments}/web`,
      config: { ...deploy(), apiVersion: 'apps/v1beta1' },
      code: 400,
      message: 'invalid object type: apps/v1beta1, Kind=Deployment',
    },
    {
      name: 'another name',
      config: cm({}, { name: 'b' }),
      code: 400,
      message: 'the name of the object (b) does not match the name on the URL (a)',
    },
    {
      name: 'another namespace',
      config: cm({}, { namespace: 'other' }),
      code: 400,
      message: 'the namespace of the provided object does not match the namespace sent on the request',
    },
    {
      name: 'a name to be generated',
      config: cm({}, { name: undefined, generateName: 'a' }),
      code: 400,
      message: 'the name of the object (a based on URL) was undeterminable: name must be provided',
    },
    {
      name: 'a field that nobody declared',
      config: { ...cm({}), foo: 1 },
      code: 400,
      message: 'failed to create typed patch object (/a; /v1, Kind=ConfigMap): .foo: field not declared in schema',
    },
    {
      name: 'values of the wrong type',
      url: `${deployments}/web`,
      config: deploy({ replicas: 'many', paused: 'no' }, { namespace: 'default' }),
      code: 400,
      message:
        'failed to create typed patch object (default/web; apps/v1, Kind=Deployment): errors:\n' +
        '  .spec.paused: expected boolean, got &{no}\n' +
        '  .spec.replicas: expected numeric (int or float), got string',
    },
    {
      name: 'a number for a text',
      config: cm({ x: 1 }),
      code: 400,
      message:
        'failed to create typed patch object (/a; /v1, Kind=ConfigMap): .data.x: expected string, got &value.valueUnstructured{Value:1}',
    },
    {
      name: 'two items of the same keys',
      url: `${services}/a`,
      config: svc([{ port: 80 }, { port: 80, protocol: 'TCP' }]),
      code: 400,
      message:
        'failed to create typed patch object (/a; /v1, Kind=Service): .spec.ports: duplicate entries for key [port=80,protocol="TCP"]',
    },
    {
      name: 'a map where a list belongs',
      url: `${services}/a`,
      config: svc({ port: 80 }),
      code: 400,
      message:
        'failed to create typed patch object (/a; /v1, Kind=Service): .spec.ports: expected list, got &{map[port:80]}',
    },
    {
      name: 'a field twice, when that matters',
      config: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"x":"1","x":"2"}}',
      query: '?fieldManager=me&fieldValidation=Strict',
      code: 400,
      message: 'error strict decoding patch: duplicate field "data.x"',
    },
    {
      name: 'a uid of nobody',
      config: cm({}, { uid: 'x' }),
      code: 409,
      message:
        'Operation cannot be fulfilled on configmaps "a": uid mismatch: the provided object specified uid x, and no existing object was found',
    },
    {
      name: 'a manager that cannot be printed',
      config: cm({}),
      query: '?fieldManager=a%09b',
      code: 422,
      message:
        'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Invalid value: "a\\tb": invalid character U+0009 (at position 1)',
    },
    {
      name: 'a value that validation refuses',
      url: `${services}/a`,
      config: svc([{ port: 0, targetPort: 80 }]),
      code: 422,
      message: 'Service "a" is invalid: spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
    },
  ];
  for (const { name, url = `${configMaps}/a`, config, query = '?fieldManager=me', code, message } of cases) {
    await t.test(name, async () => {
      const { status, json } = await api.send('PATCH', `${url}${query}`, config, contentType);
      assert.deepEqual([status, json.message], [code, message]);
    });
  }
});

test('bodies that are no configuration are refused, whatever they are', async () => {
  const api = await startServer();
  const deep = '{"a":'.repeat(20_000);
  for (const body of ['', '[]', 'null', '1', '"x"', '{', ': :', '\u0000', deep, '&a [*a]', 'a: &a [*a, *a]']) {
    const { status } = await apply(api, `${configMaps}/a`, 'me', body);
    assert.ok(status === 400 || status === 413, `${body.slice(0, 20)}: ${status}`);
  }
  const hostile =
    '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"__proto__":"x","constructor":"y"}}';
  const { status, text } = await apply(api, `${configMaps}/a`, 'me', hostile);
  assert.equal(status, 201);
  assert.match(text, /"f:__proto__":\{\}/);
  assert.match(text, /"__proto__":"x"/);
});

test('no configuration, and no ownership that a client makes up, is a fault of the server', async () => {
  const api = await startServer();
  await api.send('POST', deployments, deploy());
  const value = fc.jsonValue({ maxDepth: 2 });
  const words = fc.constantFrom('metadata', 'spec', 'labels', 'annotations', 'finalizers', 'template', 'containers');
  const config = fc.dictionary(words, fc.oneof(value, fc.dictionary(words, value)));
  const typed = { apiVersion: 'apps/v1', kind: 'Deployment' };
  await fc.assert(
    fc.asyncProperty(
      config,
      fc.constantFrom('kubectl', 'me'),
      fc.constantFrom('web', 'new'),
      async (body, manager, name) => {
        for (const url of [`${deployments}/${name}`, `${deployments}/${name}/status`]) {
          const { status, text } = await apply(api, url, manager, { ...body, ...typed }, '&force=true&dryRun=All');
          assert.ok(status < 500, text);
        }
      },
    ),
  );
  const step = fc.oneof(fc.string({ maxLength: 4 }), fc.constantFrom('.', 'f:spec', 'k:{}', 'k:{"a":1}', 'v:1', 'i:1'));
  const { tree } = fc.letrec<{ tree: Record<string, unknown> }>((tie) => ({
    tree: fc.dictionary(step, fc.oneof({ maxDepth: 4 }, fc.constant({}), tie('tree')), { maxKeys: 3 }),
  }));
  const word = fc.constantFrom('', 'Apply', 'Update', 'apps/v1', 'v0', 'FieldsV1', 'status', 'me');
  const entry = fc.record(
    { manager: word, operation: word, apiVersion: word, fieldsType: word, fieldsV1: tree, subresource: word },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { maxLength: 3 }), fc.nat(9), async (managedFields, replicas) => {
      const body = { metadata: { managedFields }, spec: { replicas } };
      const patched = await api.send('PATCH', `${deployments}/web`, body, mergePatch);
      assert.equal(patched.status, 200, patched.text);
      const applied = await apply(api, `${deployments}/web`, 'me', deploy({ replicas }), '&force=true');
      assert.equal(applied.status, 200, applied.text);
    }),
  );
});

test('other patches may not be forced', async () => {
  const api = await startServer();
  const { status, json } = await api.send('PATCH', `${configMaps}/a?force=true`, {}, mergePatch);
  assert.equal(status, 422);
  assert.match(json.message, /force: Forbidden: may not be specified for non-apply patch/);
});

test('two items of the same keys in a live object are no obstacle', async () => {
  const api = await startServer();
  const ports = [
    { name: 'a', containerPort: 80 },
    { name: 'b', containerPort: 80 },
  ];
  const containers = [{ name: 'c', image: 'host', ports }];
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers } };
  const created = await api.send('POST', `${deployments}?fieldManager=creator`, deploy({ template }));
  assert.equal(created.status, 201);
  const patched = await api.send('PATCH', `${deployments}/web?fieldManager=p`, { spec: { replicas: 2 } }, mergePatch);
  assert.equal(patched.status, 200);
  const image = [{ name: 'c', image: 'other' }];
  const wanted = deploy({ template: { metadata: { labels: { app: 'web' } }, spec: { containers: image } } });
  const { status, json } = await apply(api, `${deployments}/web`, 'me', wanted, '&force=true');
  assert.equal(status, 200);
  assert.equal(json.spec.template.spec.containers[0].ports.length, 2);
});
