// An API server that sends garbage (testing/scripted-api.ts): what is no object, or none of its kind, is skipped, logged and
// counted; everything else goes on as if it were not there.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Client } from '#client/index.ts';
import { createLogger } from '#lib/log.ts';
import { ClusterRecords } from './cluster-records.ts';
import { kubernetesDefaults } from './config/directives/kubernetes.ts';
import type { KubernetesSettings } from './config/settings.ts';
import { http, namespace, packet, printed, service, slice } from './testing/cluster.ts';
import { clusterResponder } from './testing/responders.ts';
import { ScriptedApi } from './testing/scripted-api.ts';
import { until } from './testing/upstream.ts';
import { encodeMessage, parseName } from './wire/index.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const heapMiB = (): number => {
  for (let i = 0; i < 3; i++) collectGarbage();
  return process.memoryUsage().heapUsed / 1024 / 1024;
};

const client = { address: '192.0.2.1', port: 5353 };
const ports = [{ name: 'http', protocol: 'TCP', port: 80 }];
/** With a version, as every object of a server has one. */
const versioned = <T extends { metadata: object }>(object: T, resourceVersion = '1'): T => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion, uid: 'u' },
});
const good = () => ({
  namespaces: [versioned(namespace('default'))],
  services: [
    versioned(service('web', { clusterIPs: ['10.96.0.80'], ports })),
    versioned(service('db', { clusterIP: 'None' })),
  ],
  endpointslices: [versioned(slice('db-1', 'db', ['db-0=10.244.1.7'], [http]))],
});

async function follow(t: TestContext, api: ScriptedApi, changes: Partial<KubernetesSettings> = {}) {
  const stop = new AbortController();
  t.after(() => stop.abort());
  const lines: string[] = [];
  const log = createLogger('dns', 'warn', (line) => lines.push(line));
  const zones = [parseName('cluster.local'), parseName('10.in-addr.arpa')];
  const settings = { zones, ...kubernetesDefaults, ...changes };
  const connect = async () => new Client(api.fetch);
  const records = new ClusterRecords({ connect, settings, ownAddresses: ['10.244.0.53'], log, external: true });
  await records.start(stop.signal);
  const from = clusterResponder(records.zones, { isSynced: () => records.isReady(), log });
  const ask = (question: string): string => {
    const response = from.respond(encodeMessage(packet(question)), client, true);
    assert.ok(response instanceof Uint8Array);
    return printed(response).split('\n').slice(0, 2).join('; ');
  };
  const skipped = async (): Promise<Record<string, number>> => {
    const metric = records.metrics().find(({ name }) => name === 'portolan_dns_skipped_objects_total');
    const samples = [...((await metric?.samples()) ?? [])];
    return Object.fromEntries(samples.map(({ labels, value }) => [labels.resource, value]));
  };
  return { records, ask, lines, skipped };
}

const answer = (name: string, address: string) => `NOERROR qr aa rd; answer ${name}. 5 IN A ${address}`;
const named = (name: string) => `${name}.default.svc.cluster.local`;

const notObjects = [null, 5, 'text', true, [], {}, { metadata: null }, { metadata: 5 }, { metadata: [] }];
const wrongNames = [
  {},
  { name: 7 },
  { name: {} },
  { name: '' },
  { name: 'x'.repeat(300) },
  { name: 'x', namespace: [] },
];

test('a list with garbage in it: the rest is served, once', async (t) => {
  const api = new ScriptedApi();
  const { namespaces, services, endpointslices } = good();
  const garbage = [...notObjects, ...wrongNames.map((metadata) => ({ metadata }))];
  api.lists.namespaces = [...garbage, ...namespaces];
  api.lists.services = [...garbage, ...services, ...garbage];
  api.lists.endpointslices = [...garbage, ...endpointslices];
  const { records, ask, skipped, lines } = await follow(t, api);
  await until(() => records.isReady());
  assert.equal(ask(`${named('web')} A`), answer(named('web'), '10.96.0.80'));
  assert.equal(ask(`${named('db-0.db')} A`), answer(named('db-0.db'), '10.244.1.7'));
  const each = garbage.length;
  assert.deepEqual(await skipped(), { namespaces: each, services: 2 * each, endpointslices: each });
  assert.ok(lines.length >= 3 && lines.length < 12, lines.join(''));
  for (const resource of ['namespaces', 'services', 'endpointslices'])
    assert.equal(api.asked.get(`list ${resource}`), 1);
});

/** What is wrong with a Service or slice, by what it is merged with. */
const wrongServices: Record<string, object> = {
  'spec is no object': { spec: 5 },
  'spec is a list': { spec: [] },
  'type is a number': { spec: { type: 1 } },
  'clusterIP is an object': { spec: { clusterIP: {} } },
  'clusterIPs is a text': { spec: { clusterIPs: '10.96.0.1' } },
  'clusterIPs has null in it': { spec: { clusterIPs: [null] } },
  'ports is an object': { spec: { ports: {} } },
  'ports has null in it': { spec: { ports: [null] } },
  'ports has a list in it': { spec: { ports: [[]] } },
  'a port is a text': { spec: { ports: [{ name: 'http', port: '80' }] } },
  'a port is missing': { spec: { ports: [{ name: 'http' }] } },
  'a port is negative': { spec: { ports: [{ port: -1 }] } },
  'a port is too large': { spec: { ports: [{ port: 65536 }] } },
  'a port is no whole number': { spec: { ports: [{ port: 1.5 }] } },
  'a port name is a number': { spec: { ports: [{ name: 80, port: 80 }] } },
  'a port name is huge': { spec: { ports: [{ name: 'x'.repeat(1_000_000), port: 80 }] } },
  'a protocol is a list': { spec: { ports: [{ protocol: ['TCP'], port: 80 }] } },
  'externalName is an object': { spec: { type: 'ExternalName', externalName: {} } },
  'externalIPs is a number': { spec: { externalIPs: 5 } },
  'ingress is a text': { status: { loadBalancer: { ingress: 'x' } } },
  'ingress has a number in it': { status: { loadBalancer: { ingress: [5] } } },
  'status is a text': { status: 'x' },
};
const wrongSlices: Record<string, object> = {
  'endpoints is a number': { endpoints: 5 },
  'endpoints has null in it': { endpoints: [null] },
  'addresses is a text': { endpoints: [{ addresses: '10.0.0.1' }] },
  'an address is a number': { endpoints: [{ addresses: [7] }] },
  'conditions is a text': { endpoints: [{ addresses: ['10.0.0.1'], conditions: 'ready' }] },
  'hostname is a number': { endpoints: [{ addresses: ['10.0.0.1'], hostname: 7 }] },
  'hostname is huge': { endpoints: [{ addresses: ['10.0.0.1'], hostname: 'x'.repeat(1_000_000) }] },
  'labels is a text': { metadata: { name: 'wrong', namespace: 'default', labels: 'x' } },
  'the label is a number': {
    metadata: { name: 'wrong', namespace: 'default', labels: { 'kubernetes.io/service-name': 7 } },
  },
  'ports is a text': { ports: 'http' },
  'a port is a text': { ports: [{ name: 'http', port: '80' }] },
};

test('an object whose fields are wrong is skipped, with what is wrong in the log', async (t) => {
  for (const [resource, kinds] of Object.entries({ services: wrongServices, endpointslices: wrongSlices })) {
    for (const [name, wrong] of Object.entries(kinds)) {
      const api = new ScriptedApi();
      Object.assign(api.lists, good());
      const metadata = { name: 'wrong', namespace: 'default', resourceVersion: '1' };
      const objects = good()[resource as 'services'];
      Object.assign(api.lists, { [resource]: [{ metadata, ...wrong }, ...objects] });
      const { records, ask, skipped, lines } = await follow(t, api);
      await until(() => records.isReady());
      assert.deepEqual(await skipped(), { [resource]: 1 }, name);
      assert.match(
        lines.join(''),
        /skipped an object that cannot be used resource=\w+ object=default\/wrong error="[\w.[\]"\\/-]+: must be /,
        name,
      );
      assert.ok(lines.join('').length < 300, name);
      assert.equal(ask(`${named('web')} A`), answer(named('web'), '10.96.0.80'), name);
      assert.equal(ask(`${named('db-0.db')} A`), answer(named('db-0.db'), '10.244.1.7'), name);
    }
  }
});

test('a watch goes on over garbage; of an object that turns into some, the state before stays', async (t) => {
  const api = new ScriptedApi();
  Object.assign(api.lists, good());
  const { records, ask, skipped } = await follow(t, api);
  await until(() => records.isReady());
  const [web] = good().services as [ReturnType<typeof service>];
  const garbage = [
    null,
    5,
    [],
    {},
    { type: 'ADDED' },
    { type: 'ADDED', object: null },
    { type: 'MODIFIED', object: 'x' },
  ];
  const unnamed = [{ metadata: {} }, { metadata: { name: 7 } }].flatMap((object) =>
    ['ADDED', 'MODIFIED', 'DELETED', 'SOMETHING'].map((type) => ({ type, object })),
  );
  for (const line of [...garbage, ...unnamed]) await api.say('services', line);
  const wrong = { ...versioned(web, '2'), spec: { clusterIPs: ['10.96.0.81'], ports: 'x' } };
  await api.say('services', { type: 'MODIFIED', object: wrong });
  await api.say('services', { type: 'ADDED', object: versioned(service('last', { clusterIPs: ['10.96.0.99'] }), '3') });
  await until(() => ask(`${named('last')} A`).startsWith('NOERROR'));
  assert.equal(ask(`${named('web')} A`), answer(named('web'), '10.96.0.80'));
  // Of an unknown type nothing is said.
  assert.deepEqual(await skipped(), { services: garbage.length + unnamed.length - 2 + 1 });
  await api.say('services', {
    type: 'MODIFIED',
    object: versioned(service('web', { clusterIPs: ['10.96.0.82'] }), '4'),
  });
  await until(() => ask(`${named('web')} A`) === answer(named('web'), '10.96.0.82'));
  await api.say('services', { type: 'DELETED', object: { metadata: { name: 'web', namespace: 'default' } } });
  await until(() => ask(`${named('web')} A`).startsWith('NXDOMAIN'));
  assert.deepEqual([api.asked.get('list services'), api.asked.get('watch services')], [1, 1]);
});

test('after what cannot be read everything is listed again, and answers go on meanwhile', async (t) => {
  const api = new ScriptedApi();
  Object.assign(api.lists, good());
  const { records, ask } = await follow(t, api);
  await until(() => records.isReady());
  api.lists.services = 'no JSON at all';
  await api.say('services', '{"type":"ADDED","obj');
  await until(() => (api.asked.get('list services') ?? 0) > 1);
  for (const list of ['null', '{"items":5,"metadata":{}}']) {
    assert.equal(ask(`${named('web')} A`), answer(named('web'), '10.96.0.80'), list);
    const before = api.asked.get('list services') ?? 0;
    api.lists.services = list;
    await until(() => (api.asked.get('list services') ?? 0) > before);
  }
  api.lists.services = [versioned(service('web', { clusterIPs: ['10.96.0.83'] }), '9')];
  await until(() => ask(`${named('web')} A`) === answer(named('web'), '10.96.0.83'));
});

test('of huge objects nothing is kept but what is used of them', async (t) => {
  const api = new ScriptedApi();
  Object.assign(api.lists, good());
  const { records, ask } = await follow(t, api);
  await until(() => records.isReady());
  const huge = 'x'.repeat(2 * 1024 * 1024);
  const objects = (at: number): object[] => [
    { metadata: { name: huge + at, namespace: 'default' } },
    service(`a${at}`, { clusterIP: huge + at, clusterIPs: [huge + at] }),
    service(`b${at}`, { ports: [{ name: huge + at, port: 80 }] }),
    service(`c${at}`, { type: 'ExternalName', externalName: huge + at }),
    service(`d${at}`, { clusterIPs: ['10.96.0.1'], sessionAffinity: huge + at }, { [huge + at]: huge }),
    versioned(service(`e${at}`, { clusterIPs: ['10.96.0.1'] }), huge + at),
  ];
  const before = heapMiB();
  for (let at = 0; at < 12; at++) {
    for (const object of objects(at)) await api.say('services', { type: 'ADDED', object });
    const last = versioned(service(`last${at}`, { clusterIPs: ['10.96.0.99'] }), `${at}`);
    await api.say('services', { type: 'ADDED', object: last });
    await until(() => ask(`${named(`last${at}`)} A`).startsWith('NOERROR'));
  }
  // One kind of them would be 24 MiB.
  const grown = heapMiB() - before;
  assert.ok(grown < 12, `the heap grew by ${grown} MiB`);
});

test('objects without a version are taken as they come', async (t) => {
  const api = new ScriptedApi();
  Object.assign(api.lists, good());
  const { records, ask } = await follow(t, api);
  await until(() => records.isReady());
  for (const address of ['10.96.0.84', '10.96.0.85']) {
    await api.say('services', { type: 'MODIFIED', object: service('web', { clusterIPs: [address] }) });
    await until(() => ask(`${named('web')} A`) === answer(named('web'), address));
  }
});

test('addresses that are none are left out, others of the object stay', async (t) => {
  const absurd = [
    '',
    'x',
    '256.1.1.1',
    '1.2.3',
    '01.2.3.4',
    '1.2.3.4 ',
    '1.2.3.4:80',
    '::1::',
    'fe80::1%eth0',
    '::ffff:1.2.3.400',
  ];
  const api = new ScriptedApi();
  const slices = [
    versioned(slice('v4-1', 'v4', [], [http])),
    versioned(slice('v6-1', 'v6', ['fd00::1', '::ffff:10.1.2.3', '::'], [http])),
  ];
  Object.assign(slices[0] ?? {}, { endpoints: [{ addresses: absurd }, { addresses: ['10.244.1.1', ...absurd] }] });
  const balanced = versioned(service('web', { clusterIPs: [...absurd, '10.96.0.80'], externalIPs: absurd }));
  Object.assign(balanced, { status: { loadBalancer: { ingress: absurd.map((ip) => ({ ip })) } } });
  const headless = ['v4', 'v6'].map((name) => versioned(service(name, { clusterIP: 'None' })));
  Object.assign(api.lists, { ...good(), services: [balanced, ...headless], endpointslices: slices });
  const { records, ask, skipped } = await follow(t, api);
  await until(() => records.isReady());
  assert.deepEqual(await skipped(), {});
  assert.equal(ask(`${named('web')} A`), answer(named('web'), '10.96.0.80'));
  assert.equal(ask(`${named('v4')} A`), answer(named('v4'), '10.244.1.1'));
  assert.match(ask(`${named('v6')} AAAA`), /NOERROR/);
  assert.match(ask(`${named('v6')} SRV`), /NOERROR/);
});

test('nothing is asked for that is not needed', async (t) => {
  const usual = ['/api/v1/namespaces', '/api/v1/services', '/apis/discovery.k8s.io/v1/endpointslices'];
  const finished = ['Succeeded', 'Failed', 'Unknown'].map((phase) => `status.phase!=${phase}`).join();
  const cases: [name: string, changes: Partial<KubernetesSettings>, want: string[]][] = [
    ['as it is', {}, usual],
    ['pods insecure', { pods: 'insecure' }, usual],
    ['pods verified', { pods: 'verified' }, [...usual, `/api/v1/pods ${finished}`]],
    ['noendpoints', { endpoints: false }, usual.slice(0, 2)],
    [
      'labels',
      { labels: 'tier=front' },
      ['/api/v1/namespaces', '/api/v1/services tier=front', '/apis/discovery.k8s.io/v1/endpointslices tier=front'],
    ],
    [
      'namespace_labels',
      { namespaceLabels: 'team=blue' },
      ['/api/v1/namespaces team=blue', '/api/v1/services', '/apis/discovery.k8s.io/v1/endpointslices'],
    ],
    [
      'one namespace',
      { namespaces: ['default'] },
      [
        '/api/v1/namespaces',
        '/api/v1/namespaces/default/services',
        '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices',
      ],
    ],
    ['two namespaces', { namespaces: ['default', 'other'] }, usual],
    [
      'multicluster',
      { multicluster: [parseName('cluster.local')] },
      [
        ...usual,
        '/apis/discovery.k8s.io/v1/endpointslices multicluster.kubernetes.io/service-name',
        '/apis/multicluster.x-k8s.io/v1alpha1/serviceimports',
      ],
    ],
  ];
  for (const [name, changes, want] of cases) {
    const api = new ScriptedApi();
    const { records } = await follow(t, api, changes);
    await until(() => records.isReady());
    assert.deepEqual(api.urls.sort(), want.sort(), name);
  }
});
