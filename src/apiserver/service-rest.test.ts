// The REST surface of Services (services.md A.1, A.3): what each verb does that it does not for other kinds.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MemoryStore } from '#storage/index.ts';
import {
  type Json,
  jsonPatch,
  mergePatch,
  next,
  service,
  startServer,
  strategicPatch,
  type TestServer,
} from './in-process-suite.ts';

const base = '/api/v1/namespaces/default/services';
const endpoints = '/api/v1/namespaces/default/endpoints';
const ok = async (answer: ReturnType<TestServer['send']>): Promise<Json> => {
  const { status, json, text } = await answer;
  assert.ok(status < 300, text);
  return json;
};
const create = (api: TestServer, name: string, spec: object = {}) => api.send('POST', base, service(name, spec));
const status = (...ips: string[]) => ({ status: { loadBalancer: { ingress: ips.map((ip) => ({ ip })) } } });
const isFree = async (api: TestServer, clusterIP: string): Promise<boolean> =>
  (await api.send('POST', `${base}?dryRun=All`, service('probe', { clusterIP }))).status === 201;

test('discovery tells of names, verbs and sub-resources', async () => {
  const api = await startServer();
  const { resources } = await ok(api.send('GET', '/api/v1'));
  const found = (name: string) => resources.find((resource: Json) => resource.name === name);
  assert.deepEqual(
    { ...found('services'), storageVersionHash: undefined },
    {
      name: 'services',
      singularName: 'service',
      namespaced: true,
      kind: 'Service',
      verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
      shortNames: ['svc'],
      categories: ['all'],
      storageVersionHash: undefined,
    },
  );
  assert.deepEqual(found('services/status').verbs, ['get', 'patch', 'update']);
  assert.deepEqual(found('services/proxy').verbs, ['create', 'delete', 'get', 'patch', 'update']);
});

test('the schema says how lists and maps of a Service merge', async () => {
  const api = await startServer();
  const { components } = await ok(api.send('GET', '/openapi/v3/api/v1'));
  const rules = (type: string, field: string) =>
    Object.entries(components.schemas[`io.k8s.api.core.v1.${type}`].properties[field])
      .filter(([key]) => key.startsWith('x-kubernetes-'))
      .map(([key, value]) => `${key.slice('x-kubernetes-'.length)}=${value}`)
      .sort();
  const byPort = ['list-map-keys=port,protocol', 'list-type=map', 'patch-merge-key=port', 'patch-strategy=merge'];
  assert.deepEqual(rules('ServiceSpec', 'ports'), byPort);
  assert.deepEqual(rules('ServiceSpec', 'selector'), ['map-type=atomic']);
  for (const list of ['clusterIPs', 'ipFamilies', 'externalIPs', 'loadBalancerSourceRanges']) {
    assert.deepEqual(rules('ServiceSpec', list), ['list-type=atomic'], list);
  }
  assert.deepEqual(rules('LoadBalancerStatus', 'ingress'), ['list-type=atomic']);
  const byType = ['list-map-keys=type', 'list-type=map', 'patch-merge-key=type', 'patch-strategy=merge'];
  assert.deepEqual(rules('ServiceStatus', 'conditions'), byType);
});

describe('PUT', () => {
  test('creates what is not there, and needs no version to change what is', async () => {
    const api = await startServer();
    const created = await api.send('PUT', `${base}/web`, service('web', { clusterIP: '10.96.0.7' }));
    assert.equal(created.status, 201);
    const changed = await api.send('PUT', `${base}/web`, service('web', { sessionAffinity: 'ClientIP' }));
    assert.deepEqual([changed.status, changed.json.spec.clusterIP], [200, '10.96.0.7']);
    assert.equal(changed.json.metadata.generation, undefined);
  });

  test('to a status creates nothing', async () => {
    const api = await startServer();
    const { status } = await api.send('PUT', `${base}/web/status`, service('web'));
    assert.equal(status, 404);
  });

  test('that is refused, or loses, leaves everything as it was', async () => {
    const api = await startServer();
    await ok(create(api, 'web', { clusterIP: '10.96.0.7' }));
    const before = await ok(api.send('GET', `${base}/web`));
    const bad = await api.send('PUT', `${base}/web`, service('web', { type: 'NodePort', sessionAffinity: 'x' }));
    assert.equal(bad.status, 422);
    const stale = { ...service('web', { type: 'NodePort' }), metadata: { name: 'web', resourceVersion: '1' } };
    assert.equal((await api.send('PUT', `${base}/web`, stale)).status, 409);
    assert.deepEqual(await ok(api.send('GET', `${base}/web`)), before);
  });

  test('is told of an address that cannot be had rather than of all else that is wrong', async () => {
    const api = await startServer();
    await ok(create(api, 'holder', { clusterIP: '10.96.0.7' }));
    const wrong = { clusterIP: '10.96.0.7', sessionAffinity: 'x', ports: [] };
    const { json } = await create(api, 'web', wrong);
    assert.deepEqual(
      json.details.causes.map(({ field }: Json) => field),
      ['spec.clusterIPs'],
    );
    const malformed = await create(api, 'web', { ...wrong, clusterIP: 'x', ipFamilies: ['y'] });
    assert.deepEqual(
      malformed.json.details.causes.map(({ field }: Json) => field),
      ['spec.ipFamilies[0]', 'spec.clusterIPs[0]'],
    );
  });
});

describe('the status', () => {
  test('is written by its own sub-resource alone, which writes nothing else', async () => {
    const api = await startServer();
    const made = await ok(
      api.send('POST', base, { ...service('web', { type: 'LoadBalancer' }), ...status('203.0.113.1') }),
    );
    assert.deepEqual(made.status, { loadBalancer: {} });
    const reported = await ok(
      api.send('PUT', `${base}/web/status`, { ...service('web', { ports: [], type: 'x' }), ...status('203.0.113.1') }),
    );
    assert.deepEqual(reported.status.loadBalancer.ingress, [{ ip: '203.0.113.1', ipMode: 'VIP' }]);
    assert.deepEqual(reported.spec, made.spec);
    const main = await ok(
      api.send('PUT', `${base}/web`, { ...service('web', { type: 'LoadBalancer' }), ...status('203.0.113.9') }),
    );
    assert.deepEqual(main.status, reported.status);
  });

  test('goes when the Service is no load balancer any more, and is refused then', async () => {
    const api = await startServer();
    await ok(create(api, 'web', { type: 'LoadBalancer' }));
    await ok(api.send('PATCH', `${base}/web/status`, status('203.0.113.1'), mergePatch));
    const plain = await ok(api.send('PATCH', `${base}/web`, { spec: { type: 'ClusterIP' } }, mergePatch));
    assert.deepEqual(plain.status, { loadBalancer: {} });
    const { json } = await api.send('PATCH', `${base}/web/status`, status('203.0.113.1'), mergePatch);
    assert.equal(
      json.message,
      'Service "web" is invalid: status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is \'LoadBalancer\'',
    );
  });

  test('has conditions, one of each type', async () => {
    const api = await startServer();
    await ok(create(api, 'web', { type: 'LoadBalancer' }));
    const condition = (type: string, status: string) => ({
      type,
      status,
      reason: 'LoadBalancerMixedProtocolNotSupported',
      message: '',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    });
    const patch = (...conditions: object[]) =>
      ok(api.send('PATCH', `${base}/web/status`, { status: { conditions } }, strategicPatch));
    await patch(condition('LoadBalancerPortsError', 'True'));
    const { status } = await patch(condition('Other', 'True'), condition('LoadBalancerPortsError', 'False'));
    assert.deepEqual(status.conditions.map(({ type, status }: Json) => `${type}=${status}`).toSorted(), [
      'LoadBalancerPortsError=False',
      'Other=True',
    ]);
  });
});

describe('deletion', () => {
  const finalizers = ['example.com/x'];
  const held = async (api: TestServer) => {
    await ok(
      api.send('POST', base, { ...service('web', { clusterIP: '10.96.0.7' }), metadata: { name: 'web', finalizers } }),
    );
    await ok(api.send('POST', endpoints, { metadata: { name: 'web' } }));
    const marked = await ok(api.send('DELETE', `${base}/web`));
    assert.ok(marked.metadata.deletionTimestamp);
    assert.equal(await isFree(api, '10.96.0.7'), false);
  };
  const bare = service('web', { clusterIP: '10.96.0.7' });
  const remove = [{ op: 'remove', path: '/metadata/finalizers' }];
  const ways: [name: string, method: string, path: string, body: object, options?: object][] = [
    ['PUT', 'PUT', '', bare],
    ['PATCH', 'PATCH', '', remove, jsonPatch],
    ['PUT of the status', 'PUT', '/status', bare],
    ['PATCH of the status', 'PATCH', '/status', { metadata: { finalizers: null } }, mergePatch],
  ];
  for (const [name, method, path, body, options] of ways) {
    test(`ends with the last finalizer, by ${name}; addresses and Endpoints go with it`, async () => {
      const api = await startServer();
      await held(api);
      const rehearsal = await api.send(method, `${base}/web${path}?dryRun=All`, body, options);
      assert.equal(rehearsal.status, 200, rehearsal.text);
      assert.equal(await isFree(api, '10.96.0.7'), false, 'a dry run ends nothing');
      await ok(api.send(method, `${base}/web${path}`, body, options));
      assert.equal((await api.send('GET', `${base}/web`)).status, 404);
      assert.equal((await api.send('GET', `${endpoints}/web`)).status, 404);
      assert.ok(await isFree(api, '10.96.0.7'));
    });
  }

  test('with a change of what is allocated gives back the old and the new', async () => {
    const api = await startServer();
    await held(api);
    await ok(
      api.send('PUT', `${base}/web`, service('web', { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] })),
    );
    const taken = { type: 'NodePort', clusterIP: '10.96.0.7', ports: [{ port: 80, nodePort: 30080 }] };
    await ok(create(api, 'next', taken));
  });

  test('answers with the Service; of all, with all', async () => {
    const api = await startServer();
    const made = await ok(create(api, 'a', { clusterIP: '10.96.0.7' }));
    await ok(create(api, 'b', { clusterIP: '10.96.0.8' }));
    const deleted = await ok(api.send('DELETE', `${base}/a`));
    assert.deepEqual([deleted.kind, deleted.spec], ['Service', made.spec]);
    assert.ok(await isFree(api, '10.96.0.7'));
    const all = await ok(api.send('DELETE', base));
    assert.equal(all.kind, 'ServiceList');
    assert.ok(await isFree(api, '10.96.0.8'));
  });
});

describe('field selectors', () => {
  test('find Services by address and type', async () => {
    const api = await startServer();
    await ok(create(api, 'a', { clusterIP: '10.96.0.7' }));
    await ok(create(api, 'b', { clusterIP: 'None' }));
    await ok(create(api, 'c', { type: 'NodePort', clusterIP: '10.96.0.8' }));
    const names = async (selector: string) =>
      (await ok(api.send('GET', `${base}?fieldSelector=${encodeURIComponent(selector)}`))).items
        .map(({ metadata }: Json) => metadata.name)
        .filter((name: string) => name !== 'kubernetes')
        .join(' ');
    for (const [selector, want] of [
      ['spec.clusterIP!=None', 'a c'],
      ['spec.clusterIP=None', 'b'],
      ['spec.clusterIP=10.96.0.8', 'c'],
      ['spec.type=NodePort', 'c'],
      ['spec.type!=NodePort,metadata.name!=a', 'b'],
      ['metadata.namespace=default,metadata.name=a', 'a'],
    ] as const) {
      assert.equal(await names(selector), want, selector);
    }
    const { status } = await api.send('GET', `${base}?fieldSelector=spec.selector=x`);
    assert.equal(status, 400);
  });

  test('choose what a watch tells of', async () => {
    const api = await startServer();
    const watching = new AbortController();
    const { metadata } = await ok(api.send('GET', base));
    const url = `${base}?watch=1&resourceVersion=${metadata.resourceVersion}&fieldSelector=spec.clusterIP!%3DNone`;
    const events = await api.watch(url, watching.signal);
    await ok(create(api, 'headless', { clusterIP: 'None' }));
    await ok(create(api, 'web'));
    const event = await next(events);
    assert.deepEqual([event.type, event.object.metadata.name], ['ADDED', 'web']);
    watching.abort();
  });
});

test('what an older server stored is completed before anybody reads it', async () => {
  const store = new MemoryStore();
  const stored = (name: string, spec: object) => {
    const object = { kind: 'Service', apiVersion: 'v1', metadata: { name, namespace: 'default', uid: name }, spec };
    return store.put(`/registry/core/services/default/${name}`, 0, () => Buffer.from(JSON.stringify(object)));
  };
  const ports = [{ port: 80, targetPort: 80, protocol: 'TCP' }];
  await stored('old', { type: 'ClusterIP', clusterIP: '10.96.0.7', ports, sessionAffinity: 'None' });
  await stored('alias', { type: 'ExternalName', externalName: 'a', internalTrafficPolicy: 'Cluster' });
  const api = await startServer({ store });
  const { spec } = await ok(api.send('GET', `${base}/old`));
  assert.deepEqual([spec.clusterIPs, spec.ipFamilies, spec.ipFamilyPolicy], [['10.96.0.7'], ['IPv4'], 'SingleStack']);
  assert.equal((await ok(api.send('GET', `${base}/alias`))).spec.internalTrafficPolicy, undefined);
  assert.equal(await isFree(api, '10.96.0.7'), false);
  const changed = await ok(api.send('PATCH', `${base}/old`, { spec: { sessionAffinity: 'ClientIP' } }, mergePatch));
  assert.equal(changed.spec.clusterIP, '10.96.0.7');
});
