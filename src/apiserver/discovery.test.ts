// Discovery of every kind there is, against the public facts (api.md §2): names, verbs, sub-resources, hashes; and that its
// three forms say the same.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Json, startServer, type TestServer } from './in-process-suite.ts';

/** short names, `*` for the category "all", sub-resources, and the storageVersionHash where it is known. Cluster-scoped: `!`. */
const facts: Readonly<Record<string, string>> = {
  'v1/configmaps': 'cm qFsyl6wFWjQ=',
  'v1/endpoints': 'ep fWeeMqaN/OA=',
  'v1/events': 'ev r2yiGXH7wu8=',
  'v1/namespaces': '! ns /finalize /status Q3oi5N2YM8M=',
  'v1/nodes': '! no /proxy /status XwShjMxG9Fs=',
  'v1/persistentvolumeclaims': 'pvc /status QWTyNDq0dC4=',
  'v1/persistentvolumes': '! pv /status HN/zwEC+JgM=',
  'v1/pods': 'po * /attach /binding /eviction /exec /log /portforward /proxy /status xPOwRZ+Yhw8=',
  'v1/podtemplates': '',
  'v1/replicationcontrollers': 'rc * /scale /status Jond2If31h0=',
  'v1/secrets': 'S6u1pOWzb84=',
  'v1/serviceaccounts': 'sa pbx9ZvyFpBE=',
  'v1/services': 'svc * /proxy /status 0/CO1lhkEBI=',
  'apps/v1/controllerrevisions': '85nkx63pcBU=',
  'apps/v1/daemonsets': 'ds * /status dd7pWHUlMKQ=',
  'apps/v1/deployments': 'deploy * /scale /status 8aSe+NMegvE=',
  'apps/v1/replicasets': 'rs * /scale /status P1RzHs8/mWQ=',
  'apps/v1/statefulsets': 'sts * /scale /status H+vl74LkKdo=',
  'events.k8s.io/v1/events': 'ev r2yiGXH7wu8=',
  'autoscaling/v2/horizontalpodautoscalers': 'hpa * /status qwQve8ut294=',
  'autoscaling/v1/horizontalpodautoscalers': 'hpa * /status qwQve8ut294=',
  'batch/v1/cronjobs': 'cj * /status sd5LIXh4Fjs=',
  'batch/v1/jobs': '* /status mudhfqk/qZY=',
  'networking.k8s.io/v1/ingressclasses': '! l/iqIbDgFyQ=',
  'networking.k8s.io/v1/ingresses': 'ing /status 39NQlfNR+bo=',
  'networking.k8s.io/v1/ipaddresses': '! ip',
  'networking.k8s.io/v1/networkpolicies': 'netpol',
  'networking.k8s.io/v1/servicecidrs': '! /status',
  'policy/v1/poddisruptionbudgets': 'pdb /status EVWiDmWqyJw=',
  'storage.k8s.io/v1/storageclasses': '! sc',
  'coordination.k8s.io/v1/leases': 'gqkMMb/YqFM=',
  'discovery.k8s.io/v1/endpointslices': 'qgS0xkrxYAI=',
};
const full = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const verbsOf: Readonly<Record<string, readonly string[]>> = {
  status: ['get', 'patch', 'update'],
  scale: ['get', 'patch', 'update'],
  finalize: ['update'],
  binding: ['create'],
  eviction: ['create'],
  log: ['get'],
  attach: ['create', 'get'],
  exec: ['create', 'get'],
  portforward: ['create', 'get'],
};

let api: TestServer;
/** By group version. */
const lists = new Map<string, Json[]>();

before(async () => {
  api = await startServer();
  for (const groupVersion of new Set(Object.keys(facts).map((key) => key.slice(0, key.lastIndexOf('/'))))) {
    const path = groupVersion.includes('/') ? `/apis/${groupVersion}` : `/api/${groupVersion}`;
    lists.set(groupVersion, (await api.send('GET', path)).json.resources);
  }
});
after(() => api.server.close());

const describe = (resources: Json[], { name, namespaced, shortNames = [], categories = [] }: Json): string =>
  [
    ...(namespaced ? [] : ['!']),
    ...shortNames,
    ...(categories.includes('all') ? ['*'] : []),
    ...resources.filter((other) => other.name.startsWith(`${name}/`)).map((other) => other.name.slice(name.length)),
  ].join(' ');

test('every resource has its names and sub-resources', () => {
  const found = [...lists].flatMap(([groupVersion, resources]) =>
    resources
      .filter(({ name }) => !name.includes('/'))
      .map((resource) => [`${groupVersion}/${resource.name}`, describe(resources, resource)]),
  );
  // What has no hash here is one that is not published: it is only there.
  const wanted = Object.entries(facts).map(([key, text]) => [key, text.replace(/ ?\S*=$/, '')]);
  assert.deepEqual(Object.fromEntries(found), Object.fromEntries(wanted));
});

test('every resource has its verbs and hash, in the order that kubectl is tested with', () => {
  const order = [
    'name',
    'singularName',
    'namespaced',
    'kind',
    'verbs',
    'shortNames',
    'categories',
    'storageVersionHash',
  ];
  for (const [key, text] of Object.entries(facts)) {
    const at = key.lastIndexOf('/');
    const resource = lists.get(key.slice(0, at))?.find(({ name }) => name === key.slice(at + 1));
    const verbs = key === 'v1/namespaces' ? full.filter((verb) => verb !== 'deletecollection') : full;
    assert.deepEqual(resource.verbs, verbs, key);
    const [hash = resource.storageVersionHash] = /\S+=$/.exec(text) ?? [];
    assert.equal(resource.storageVersionHash, hash, key);
    assert.match(resource.storageVersionHash, /^[\w+/]{11}=$/);
    assert.deepEqual(
      Object.keys(resource),
      order.filter((name) => name in resource),
    );
  }
});

test('every sub-resource has its verbs, and says so when its kind is of another group', () => {
  for (const resource of [...lists.values()].flat().filter(({ name }) => name.includes('/'))) {
    const sub = resource.name.split('/')[1];
    const verbs = sub === 'proxy' ? ['create', 'delete', 'get', 'patch', 'update'] : verbsOf[sub];
    assert.deepEqual(resource.verbs, verbs, resource.name);
    const elsewhere: Record<string, string> = { scale: 'autoscaling/v1 Scale', eviction: 'policy/v1 Eviction' };
    const where = resource.group && `${resource.group}/${resource.version} ${resource.kind}`;
    assert.equal(where, elsewhere[sub], resource.name);
  }
});

test('the aggregated form says what the older ones say', async () => {
  for (const version of ['v2', 'v2beta1']) {
    const accept = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
    const items = [];
    for (const path of ['/api', '/apis'])
      items.push(...(await api.send('GET', path, undefined, { headers: { accept } })).json.items);
    const found: Record<string, Json> = {};
    for (const { metadata, versions } of items) {
      for (const { version: name, resources } of versions) {
        found[metadata.name ? `${metadata.name}/${name}` : name] = resources.flatMap((resource: Json) => [
          [resource.resource, resource.responseKind.kind, resource.verbs],
          ...(resource.subresources ?? []).map((sub: Json) => [
            `${resource.resource}/${sub.subresource}`,
            sub.responseKind.kind,
            sub.verbs,
          ]),
        ]);
      }
    }
    for (const [groupVersion, resources] of lists) {
      const wanted = resources.map(({ name, kind, verbs }) => [name, kind, verbs]);
      assert.deepEqual(found[groupVersion]?.sort(), wanted.sort(), groupVersion);
    }
  }
});
