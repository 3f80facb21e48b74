// Cluster IPs as objects of the API (services.md B.1, B.3): IPAddresses come and go with Services, ServiceCIDRs say where
// from, and what is wrong between them is put right. Services 10.96.0.0/12 unless said.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { systemClock } from '#lib/clock.ts';
import { MemoryStore } from '#storage/index.ts';
import {
  admin,
  type Json,
  mergePatch,
  service,
  startServer,
  type TestServer,
  tableV1,
  until,
} from './in-process-suite.ts';

const services = '/api/v1/namespaces/default/services';
const networking = '/apis/networking.k8s.io/v1';
const addresses = `${networking}/ipaddresses`;
const serviceCIDRs = `${networking}/servicecidrs`;
const addressKeys = '/registry/networking.k8s.io/ipaddresses/';

const create = (api: TestServer, name: string, spec: object = {}, query = '') =>
  api.send('POST', `${services}${query}`, service(name, spec));
const ok = async (answer: Promise<{ status: number; json: Json; text: string }>): Promise<Json> => {
  const { status, json, text } = await answer;
  assert.ok(status < 300, text);
  return json;
};
const merge = (api: TestServer, path: string, patch: object) => ok(api.send('PATCH', path, patch, mergePatch));
const remove = (api: TestServer, path: string) => ok(api.send('DELETE', path));
const names = async (api: TestServer, path: string): Promise<string[]> =>
  (await ok(api.send('GET', path))).items.map(({ metadata }: Json) => metadata.name);
/** Addresses of Services other than `kubernetes`, with what they belong to. */
const taken = async (api: TestServer): Promise<string[]> =>
  (await ok(api.send('GET', addresses))).items
    .map(({ metadata, spec }: Json) => `${metadata.name} ${spec.parentRef.resource}/${spec.parentRef.name}`)
    .filter((text: string) => !text.endsWith('/kubernetes'));
const events = async (api: TestServer): Promise<Json[]> => (await ok(api.send('GET', '/api/v1/events'))).items;
const reasons = async (api: TestServer): Promise<string[]> => (await events(api)).map(({ reason }) => reason);
const serviceCIDR = (name: string, ...cidrs: string[]) => ({ metadata: { name }, spec: { cidrs } });
const ipAddress = (name: string, parent: object = {}, labels: object = {}) => ({
  metadata: { name, labels },
  spec: { parentRef: { resource: 'services', namespace: 'default', name: 'x', ...parent } },
});
const byAllocator = (family = 'IPv4') => ({
  'ipaddress.kubernetes.io/ip-family': family,
  'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
});

describe('the IPAddress of a Service', () => {
  test('is named after the address, says whose it is, and is written with the Service', async () => {
    const api = await startServer({ serviceCIDR: '10.96.0.0/12,fd00:1::/108' });
    const before = api.store.revision;
    const spec = {
      ipFamilyPolicy: 'RequireDualStack',
      clusterIPs: ['10.96.0.7', 'FD00:1::0:7'],
      clusterIP: '10.96.0.7',
    };
    const made = await ok(create(api, 'a', spec));
    assert.equal(api.store.revision, before + 3);
    const [v4, v6] = await Promise.all(
      ['10.96.0.7', 'fd00:1::7'].map((ip) => ok(api.send('GET', `${addresses}/${ip}`))),
    );
    assert.deepEqual([v4.metadata.labels, v6.metadata.labels], [byAllocator('IPv4'), byAllocator('IPv6')]);
    const parentRef = { resource: 'services', namespace: 'default', name: 'a' };
    assert.deepEqual([v4.spec, v6.spec], [{ parentRef }, { parentRef }]);
    assert.ok(v4.metadata.uid && v4.metadata.creationTimestamp === made.metadata.creationTimestamp);
    assert.equal(v4.metadata.managedFields[0].manager, 'kube-apiserver');
    const { json } = await api.send('GET', `${addresses}/fd00:1::7`, undefined, tableV1);
    assert.deepEqual(json.rows[0].cells, ['fd00:1::7', 'services/default/a']);
  });

  test('has the very form of one that is posted', async () => {
    const api = await startServer();
    await ok(create(api, 'a', { clusterIP: '10.96.0.7' }));
    const posted = ipAddress('10.96.0.8', { name: 'a' }, byAllocator());
    await ok(api.send('POST', `${addresses}?fieldManager=kube-apiserver`, posted));
    const texts = await Promise.all(
      ['10.96.0.7', '10.96.0.8'].map(async (ip) => {
        const text = String(Buffer.from((await api.store.get(`${addressKeys}${ip}`))?.value ?? []));
        const { metadata } = JSON.parse(text);
        return text
          .replace(ip, 'IP')
          .replace(metadata.uid, 'UID')
          .replace(`"resourceVersion":"${metadata.resourceVersion}"`, 'VERSION')
          .replaceAll(metadata.creationTimestamp, 'TIME');
      }),
    );
    assert.equal(texts[0], texts[1]);
  });

  const goes: { how: string; act: (api: TestServer) => Promise<unknown> }[] = [
    { how: 'the Service', act: (api) => remove(api, `${services}/a`) },
    { how: 'all Services', act: (api) => remove(api, `${services}?labelSelector=app=a`) },
    {
      how: 'the last finalizer of the Service',
      act: async (api) => {
        await merge(api, `${services}/a`, { metadata: { finalizers: ['example.com/x'] } });
        await remove(api, `${services}/a`);
        assert.equal((await taken(api)).length, 1);
        await merge(api, `${services}/a`, { metadata: { finalizers: null } });
      },
    },
    {
      how: 'the last finalizer, removed through the status',
      act: async (api) => {
        await merge(api, `${services}/a`, { metadata: { finalizers: ['example.com/x'] } });
        await remove(api, `${services}/a`);
        await merge(api, `${services}/a/status`, { metadata: { finalizers: null } });
      },
    },
    {
      how: 'a change to ExternalName',
      act: (api) => merge(api, `${services}/a`, { spec: { type: 'ExternalName', externalName: 'x.example' } }),
    },
  ];
  for (const { how, act } of goes) {
    test(`goes with ${how}, and its address is free`, async () => {
      const api = await startServer();
      const { metadata, spec } = service('a', { clusterIP: '10.96.0.7' });
      await ok(api.send('POST', services, { metadata: { ...metadata, labels: { app: 'a' } }, spec }));
      assert.deepEqual(await taken(api), ['10.96.0.7 services/a']);
      await act(api);
      assert.deepEqual(await taken(api), []);
      await ok(create(api, 'b', { clusterIP: '10.96.0.7' }));
    });
  }

  test('comes and goes with the second family', async () => {
    const api = await startServer({ serviceCIDR: '10.96.0.0/12,fd00:1::/108' });
    const { spec } = await ok(create(api, 'a'));
    const both = await merge(api, `${services}/a`, { spec: { ipFamilyPolicy: 'PreferDualStack' } });
    const owned = both.spec.clusterIPs.map((ip: string) => `${ip} services/a`);
    assert.deepEqual(await taken(api), owned.sort());
    await merge(api, `${services}/a`, { spec: { ipFamilyPolicy: 'SingleStack' } });
    assert.deepEqual(await taken(api), [`${spec.clusterIP} services/a`]);
  });

  test('is not left behind by a Service that was refused, nor made by a dry run', async () => {
    const api = await startServer();
    await ok(create(api, 'holder', { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] }));
    const before = await taken(api);
    assert.equal((await create(api, 'a', { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] })).status, 422);
    assert.equal((await create(api, 'a', { sessionAffinity: 'x', clusterIP: '10.96.0.7' })).status, 422);
    assert.equal((await create(api, 'holder', { clusterIP: '10.96.0.7' })).status, 409);
    await ok(create(api, 'a', { clusterIP: '10.96.0.7' }, '?dryRun=All'));
    assert.deepEqual(await taken(api), before);
    await ok(create(api, 'a', { clusterIP: '10.96.0.7' }));
  });

  test('cannot come to belong to another', async () => {
    const api = await startServer();
    await ok(create(api, 'a', { clusterIP: '10.96.0.7' }));
    const patch = { spec: { parentRef: { name: 'b' } } };
    const { status, json } = await api.send('PATCH', `${addresses}/10.96.0.7`, patch, mergePatch);
    assert.equal(status, 422);
    assert.match(json.message, /spec\.parentRef: Invalid value: .*: field is immutable/);
  });

  test('that somebody else made keeps the address from Services until it goes', async () => {
    const api = await startServer({ serviceCIDR: '10.0.0.0/29' });
    await ok(api.send('POST', addresses, ipAddress('10.0.0.3', { resource: 'gateways', group: 'example.com' })));
    const { status, json } = await create(api, 'a', { clusterIP: '10.0.0.3' });
    assert.equal(status, 422);
    assert.match(json.message, /failed to allocate IP 10\.0\.0\.3: provided IP is already allocated/);
    for (const name of ['a', 'b', 'c', 'd']) await ok(create(api, name));
    assert.equal((await create(api, 'e')).status, 500);
    await remove(api, `${addresses}/10.0.0.3`);
    await ok(create(api, 'e', { clusterIP: '10.0.0.3' }));
  });

  test('that somebody deletes comes back, and meanwhile the address is not free', async () => {
    const api = await startServer();
    await ok(create(api, 'a', { clusterIP: '10.96.0.7' }));
    await remove(api, `${addresses}/10.96.0.7`);
    assert.equal((await create(api, 'b', { clusterIP: '10.96.0.7' })).status, 422);
    await until(async () => (await events(api)).length > 0);
    assert.deepEqual(await taken(api), ['10.96.0.7 services/a']);
    const [{ involvedObject, reason, message, type, source }] = await events(api);
    assert.deepEqual(
      [involvedObject.kind, involvedObject.name, reason, type, source.component],
      ['Service', 'a', 'ClusterIPNotAllocated', 'Warning', 'ipallocator-repair-controller'],
    );
    assert.equal(message, 'Cluster IP [IPv4]: 10.96.0.7 is not allocated; repairing');
  });
});

describe('an address that is taken without this server knowing', () => {
  // A second server on the same store, which was not asked when the first one gave its addresses.
  const pair = async (serviceCIDR: string) => {
    const first = await startServer({ serviceCIDR });
    return { first, second: await startServer({ serviceCIDR, store: first.store }) };
  };
  test('is refused to who asks for it', async () => {
    const { first, second } = await pair('10.96.0.0/12');
    await ok(create(first, 'a', { clusterIP: '10.96.0.7' }));
    const { status, json } = await create(second, 'b', { clusterIP: '10.96.0.7' });
    assert.equal(status, 422);
    assert.match(
      json.message,
      /spec\.clusterIPs: Invalid value: \["10\.96\.0\.7"\]: .*: provided IP is already allocated/,
    );
    await ok(create(second, 'b'));
    const { status: changed } = await second.send(
      'PUT',
      `${services}/c`,
      service('c', { clusterIP: '10.96.0.7', type: 'ClusterIP' }),
    );
    assert.equal(changed, 422);
  });
  test('is passed over for another one by who takes any', async () => {
    const { first, second } = await pair('10.0.0.0/25');
    for (let i = 0; i < 60; i++) await ok(create(first, `a${i}`));
    const given = await Promise.all(Array.from({ length: 65 }, (_, i) => ok(create(second, `b${i}`))));
    assert.equal(new Set(given.map(({ spec }) => spec.clusterIP)).size, 65);
    assert.equal((await taken(first)).length, 125);
    const { status, json } = await create(second, 'full');
    assert.deepEqual(
      [status, json.message],
      [500, 'Internal error occurred: failed to allocate a serviceIP: range is full'],
    );
  });
  test('is passed over by an update that takes any', async () => {
    const { first, second } = await pair('10.0.0.0/29');
    await ok(create(second, 'x', { type: 'ExternalName', externalName: 'a.example' }));
    for (let i = 0; i < 4; i++) await ok(create(first, `a${i}`));
    await merge(second, `${services}/x`, { spec: { type: 'ClusterIP' } });
    assert.equal(new Set((await taken(first)).map((text) => text.split(' ')[0])).size, 5);
  });
});

describe('the ServiceCIDR kubernetes', () => {
  const path = `${serviceCIDRs}/kubernetes`;
  test('has the ranges that the server was started with, and is ready', async () => {
    const api = await startServer({ serviceCIDR: ['10.96.0.0/12', 'fd00:1::/108'] });
    const { spec, status } = await ok(api.send('GET', path));
    assert.deepEqual(spec.cidrs, ['10.96.0.0/12', 'fd00:1::/108']);
    const [{ lastTransitionTime, ...ready }] = status.conditions;
    assert.ok(lastTransitionTime);
    const message = 'Kubernetes default Service CIDR is ready';
    assert.deepEqual([ready], [{ type: 'Ready', status: 'True', reason: '', message }]);
    const { json } = await api.send('GET', path, undefined, tableV1);
    assert.deepEqual(json.rows[0].cells.slice(0, 2), ['kubernetes', '10.96.0.0/12,fd00:1::/108']);
  });

  test('comes back when it is deleted; without it there is nothing to give', async (t) => {
    const api = await startServer({ kubernetesServicePeriodMs: 10 });
    t.after(() => api.server.close());
    const { metadata } = await ok(api.send('GET', path));
    await remove(api, path);
    await until(async () => (await api.send('GET', path)).json.status?.conditions?.length === 1);
    assert.notEqual((await ok(api.send('GET', path))).metadata.uid, metadata.uid);
    await ok(create(api, 'a'));
  });

  test('gets the second range of a cluster that has become dual-stack', async () => {
    const { store } = await startServer();
    const api = await startServer({ store, serviceCIDR: '10.96.0.0/12,fd00:1::/108' });
    assert.deepEqual((await ok(api.send('GET', path))).spec.cidrs, ['10.96.0.0/12', 'fd00:1::/108']);
    const { spec } = await ok(create(api, 'a', { ipFamilyPolicy: 'RequireDualStack' }));
    assert.equal(spec.clusterIPs.length, 2);
  });

  test('of other ranges stays as it is and is complained of, once', async (t) => {
    const { store } = await startServer();
    const api = await startServer({ store, serviceCIDR: '10.112.0.0/12', kubernetesServicePeriodMs: 5 });
    t.after(() => api.server.close());
    await until(async () => (await events(api)).length > 0);
    const { revision } = store;
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.equal(store.revision, revision);
    const [{ reason, message, metadata, involvedObject }] = await events(api);
    assert.equal(reason, 'KubernetesDefaultServiceCIDRInconsistent');
    const wanted =
      'The default ServiceCIDR [10.96.0.0/12] does not match the controller flag configurations [10.112.0.0/12]';
    assert.equal(message, wanted);
    assert.deepEqual(
      [metadata.namespace, involvedObject.kind, involvedObject.name],
      ['default', 'ServiceCIDR', 'kubernetes'],
    );
    assert.deepEqual((await ok(api.send('GET', path))).spec.cidrs, ['10.96.0.0/12']);
    assert.match((await ok(create(api, 'a'))).spec.clusterIP, /^10\.(9[6-9]|10\d|11[01])\./);
  });

  test('is given when a server without it is asked for an address', async () => {
    const api = await startServer();
    await remove(api, path);
    const { status, json } = await create(api, 'a');
    assert.deepEqual([status, json.message], [500, 'Internal error occurred: allocator not ready']);
  });
});

describe('further ServiceCIDRs', () => {
  const full = async () => {
    const api = await startServer({ serviceCIDR: '10.0.0.0/29' });
    for (const name of ['a', 'b', 'c', 'd', 'e']) await ok(create(api, name));
    assert.equal((await create(api, 'f')).status, 500);
    return api;
  };
  test('give addresses when the first is full, and to who names one', async () => {
    const api = await full();
    await ok(api.send('POST', serviceCIDRs, serviceCIDR('more', '10.1.0.0/24')));
    assert.match((await ok(create(api, 'f'))).spec.clusterIP, /^10\.1\.0\./);
    await ok(create(api, 'g', { clusterIP: '10.1.0.3' }));
    assert.match(
      (await create(api, 'h', { clusterIP: '1.1.1.1' })).json.message,
      /The range of valid IPs is 10\.0\.0\.0\/29,10\.1\.0\.0\/24$/,
    );
  });
  const stops: { how: string; act: (api: TestServer) => Promise<unknown> }[] = [
    { how: 'is deleted', act: (api) => remove(api, `${serviceCIDRs}/more`) },
    {
      how: 'is about to be deleted',
      act: async (api) => {
        await merge(api, `${serviceCIDRs}/more`, {
          metadata: { finalizers: ['networking.k8s.io/service-cidr-finalizer'] },
        });
        await remove(api, `${serviceCIDRs}/more`);
      },
    },
    {
      how: 'is not ready',
      act: (api) => {
        const lastTransitionTime = '2026-01-01T00:00:00Z';
        const ready = { type: 'Ready', status: 'False', reason: 'X', message: '', lastTransitionTime };
        return merge(api, `${serviceCIDRs}/more/status`, { status: { conditions: [ready] } });
      },
    },
  ];
  for (const { how, act } of stops) {
    test(`give none from the moment on when one ${how}`, async () => {
      const api = await full();
      await ok(api.send('POST', serviceCIDRs, serviceCIDR('more', '10.1.0.0/24')));
      await ok(create(api, 'f'));
      await act(api);
      assert.equal((await create(api, 'g')).status, 500);
      const { status, json } = await create(api, 'g', { clusterIP: '10.1.0.200' });
      assert.equal(status, 422);
      assert.match(json.message, /The range of valid IPs is 10\.0\.0\.0\/29$/);
      await remove(api, `${services}/f`);
      assert.deepEqual((await taken(api)).length, 5, 'an address goes back to where nothing is given from');
    });
  }
  test('are known to a server that starts', async () => {
    const before = await full();
    await ok(before.send('POST', serviceCIDRs, serviceCIDR('more', '10.1.0.0/30')));
    await ok(create(before, 'f', { clusterIP: '10.1.0.1' }));
    const api = await startServer({ serviceCIDR: '10.0.0.0/29', store: before.store });
    assert.equal((await ok(create(api, 'g'))).spec.clusterIP, '10.1.0.2');
    assert.equal((await create(api, 'h')).status, 500);
  });
});

describe('a store of a version that made no IPAddress objects', () => {
  test('gets them at the start, and nobody is alarmed', async () => {
    const old = await startServer({ serviceCIDR: '10.96.0.0/12,fd00:1::/108' });
    for (let i = 0; i < 1200; i++) await ok(create(old, `a${i}`, { clusterIP: `10.96.${1 + (i >> 8)}.${i & 255}` }));
    await ok(create(old, 'both', { ipFamilyPolicy: 'RequireDualStack' }));
    const { items } = await ok(old.send('GET', addresses));
    for (const { key, modRevision } of (await old.store.list(addressKeys)).entries)
      await old.store.delete(key, modRevision);
    await remove(old, `${serviceCIDRs}/kubernetes`);
    const api = await startServer({ serviceCIDR: '10.96.0.0/12,fd00:1::/108', store: old.store, repairPeriodMs: 5 });
    const after = (await ok(api.send('GET', addresses))).items;
    const brief = ({ metadata: { name, labels }, spec }: Json) => ({ name, labels, spec });
    assert.deepEqual(after.map(brief), items.map(brief));
    assert.equal((await create(api, 'b', { clusterIP: '10.96.1.7' })).status, 422);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual(await events(api), []);
    await api.server.close();
  });
});

describe('what is wrong between Services and IPAddresses is put right', () => {
  /** A store changed behind the server's back, and a server that looks at it again and again. */
  async function repaired(
    prepare: (api: TestServer) => Promise<unknown>,
    spoil: (store: MemoryStore) => Promise<unknown> = async () => {},
  ) {
    let now = Date.parse('2026-01-01T00:00:00Z');
    const clock = { ...systemClock, now: () => new Date(now) };
    const store = new MemoryStore();
    const before = await startServer({ store, clock });
    await ok(create(before, 'a', { clusterIP: '10.96.0.7' }));
    await prepare(before);
    await before.server.close();
    await spoil(store);
    const api = await startServer({ store, clock, repairPeriodMs: 5 });
    return {
      api,
      later: (ms: number) => {
        now += ms;
      },
      [Symbol.asyncDispose]: () => api.server.close(),
    };
  }
  /** Writes what the API would refuse. */
  const rewrite = async (store: MemoryStore, key: string, change: (json: Json) => void): Promise<void> => {
    const entry = await store.get(key);
    assert.ok(entry);
    const json = JSON.parse(Buffer.from(entry.value).toString());
    change(json);
    const encode = (revision: number) => {
      json.metadata.resourceVersion = String(revision);
      return Buffer.from(JSON.stringify(json));
    };
    assert.ok((await store.put(key, entry.modRevision, encode)).ok);
  };
  const serviceKey = (name: string) => `/registry/core/services/default/${name}`;

  test('an address of a Service that is gone, after a minute', async () => {
    await using world = await repaired((api) =>
      ok(api.send('POST', addresses, ipAddress('10.96.0.9', { name: 'gone' }, byAllocator()))),
    );
    const { api } = world;
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.ok((await names(api, addresses)).includes('10.96.0.9'), 'its Service may be about to come');
    world.later(61_000);
    await until(async () => !(await names(api, addresses)).includes('10.96.0.9'));
    await until(async () => (await events(api)).length > 0);
    const [{ reason, message, involvedObject }] = await events(api);
    assert.deepEqual([reason, involvedObject.kind], ['IPAddressNotAllocated', 'IPAddress']);
    assert.equal(message, 'IPAddress: 10.96.0.9 for Service default/gone appears to have leaked: cleaning up');
    await ok(create(api, 'b', { clusterIP: '10.96.0.9' }));
  });

  test('addresses of others are left alone', async () => {
    await using world = await repaired((api) =>
      ok(api.send('POST', addresses, ipAddress('10.96.0.9', { name: 'gone' }))),
    );
    world.later(1_000_000);
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.ok((await names(world.api, addresses)).includes('10.96.0.9'));
    assert.deepEqual(await events(world.api), []);
  });

  test('an address that names a Service with another one', async () => {
    await using world = await repaired((api) =>
      ok(api.send('POST', addresses, ipAddress('fd00::9', { name: 'a' }, byAllocator('IPv6')))),
    );
    await until(async () => (await events(world.api)).length > 0);
    const [{ reason, message }] = await events(world.api);
    assert.equal(reason, 'IPAddressWrongReference');
    assert.equal(message, 'IPAddress: fd00::9 for Service default/a has a wrong reference; cleaning up');
    assert.deepEqual(await taken(world.api), ['10.96.0.7 services/a']);
  });

  for (const [what, parent] of [
    ['something else', { resource: 'gateways', group: 'example.com' }],
    ['a Service that is gone', { name: 'gone' }],
    ['a Service with another address', { name: 'b' }],
  ] as const) {
    test(`an address of a Service that names ${what}`, async () => {
      await using world = await repaired(
        (api) => ok(create(api, 'b')),
        (store) => rewrite(store, `${addressKeys}10.96.0.7`, (json) => Object.assign(json.spec.parentRef, parent)),
      );
      const { api } = world;
      await until(async () => (await taken(api)).includes('10.96.0.7 services/a'));
      await until(async () => (await reasons(api)).includes('ClusterIPNotAllocated'));
      const [{ message }, ...more] = await events(api);
      assert.deepEqual(more, []);
      assert.equal(message, 'the ClusterIP [IPv4]: 10.96.0.7 for Service default/a has a wrong reference; repairing');
      assert.equal((await create(api, 'c', { clusterIP: '10.96.0.7' })).status, 422);
    });
  }

  test('labels that are missing', async () => {
    await using world = await repaired(async () => {});
    const { api } = world;
    await merge(api, `${addresses}/10.96.0.7`, {
      metadata: { labels: { 'ipaddress.kubernetes.io/managed-by': null } },
    });
    await until(async () => {
      const { metadata } = await ok(api.send('GET', `${addresses}/10.96.0.7`));
      return metadata.labels['ipaddress.kubernetes.io/managed-by'] === 'ipallocator.k8s.io';
    });
    assert.deepEqual(await events(api), []);
  });

  test('two Services with one address, and one out of all ranges, are told of', async () => {
    const set = (ip: string) => (json: Json) => Object.assign(json.spec, { clusterIP: ip, clusterIPs: [ip] });
    await using world = await repaired(
      async (api) => {
        await ok(create(api, 'b'));
        await ok(create(api, 'c'));
      },
      async (store) => {
        await rewrite(store, serviceKey('b'), set('10.96.0.7'));
        await rewrite(store, serviceKey('c'), set('172.16.0.1'));
      },
    );
    const { api } = world;
    const about = async (reason: string): Promise<Json> => (await events(api)).find((event) => event.reason === reason);
    await until(async () =>
      Boolean((await about('ClusterIPAlreadyAllocated')) && (await about('ClusterIPOutOfRange'))),
    );
    const twice = await about('ClusterIPAlreadyAllocated');
    assert.equal(twice.involvedObject.name, 'b');
    assert.equal(
      twice.message,
      'Cluster IP [IPv4]:10.96.0.7 was assigned to multiple services; please recreate service',
    );
    const out = await about('ClusterIPOutOfRange');
    assert.equal(
      out.message,
      'Cluster IP [IPv4]: 172.16.0.1 is not within any configured Service CIDR; please recreate service',
    );
    await until(async () => (await about('ClusterIPOutOfRange')).count > 2);
    await remove(api, `${services}/b`);
    assert.ok((await taken(api)).includes('10.96.0.7 services/a'), 'the address stays with the Service that it names');
    assert.equal((await create(api, 'd', { clusterIP: '10.96.0.7' })).status, 422);
  });

  test('node ports that two Services have, and those out of the range, are told of', async () => {
    const set = (nodePort: number) => (json: Json) => Object.assign(json.spec.ports[0], { nodePort });
    await using world = await repaired(
      async (api) => {
        for (const [name, nodePort] of Object.entries({ n1: 30080, n2: 30081, n3: 30082 })) {
          await ok(create(api, name, { type: 'NodePort', ports: [{ port: 80, nodePort }] }));
        }
      },
      async (store) => {
        await rewrite(store, serviceKey('n2'), set(30080));
        await rewrite(store, serviceKey('n3'), set(80));
      },
    );
    const { api } = world;
    await until(async () => new Set(await reasons(api)).size === 2);
    const texts = (await events(api)).map(({ involvedObject, message }) => `${involvedObject.name}: ${message}`).sort();
    assert.deepEqual(texts, [
      'n2: Port 30080 was assigned to multiple services; please recreate service',
      'n3: Port 80 is not within the port range 30000-32767; please recreate service',
    ]);
    await ok(create(api, 'n4', { type: 'NodePort', ports: [{ port: 80, nodePort: 30081 }] }));
  });

  test('a node port that nobody knew of', async () => {
    await using world = await repaired(async () => {});
    const { api } = world;
    const spec = { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] };
    const other = await startServer({ store: api.store });
    await ok(create(other, 'n', spec));
    await until(async () => (await reasons(api)).includes('PortNotAllocated'));
    assert.equal((await create(api, 'm', spec)).status, 422);
    await remove(other, `${services}/n`);
    await until(async () => (await create(api, 'm', spec, '?dryRun=All')).status < 300);
  });
});

test('/metrics tells of addresses and node ports', async () => {
  const api = await startServer({ serviceCIDR: '10.0.0.0/28' });
  await ok(create(api, 'a', { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] }));
  await create(api, 'b', { clusterIP: '1.1.1.1' });
  const { body } = await api.server.fetchAs(admin)({ method: 'GET', url: '/metrics', headers: {} });
  const text = Buffer.from(body as Uint8Array).toString();
  const lines = text.split('\n').filter((line) => line.startsWith('kube_apiserver_'));
  assert.deepEqual(lines, [
    'kube_apiserver_clusterip_allocator_allocated_ips{cidr="10.0.0.0/28"} 2',
    'kube_apiserver_clusterip_allocator_available_ips{cidr="10.0.0.0/28"} 12',
    'kube_apiserver_clusterip_allocator_allocation_total{cidr="10.0.0.0/28",scope="static"} 1',
    'kube_apiserver_clusterip_allocator_allocation_total{cidr="10.0.0.0/28",scope="dynamic"} 1',
    'kube_apiserver_clusterip_allocator_allocation_errors_total{cidr="10.0.0.0/28",scope="static"} 1',
    'kube_apiserver_clusterip_allocator_allocation_errors_total{cidr="10.0.0.0/28",scope="dynamic"} 0',
    'kube_apiserver_nodeport_allocator_allocated_ports 1',
    'kube_apiserver_nodeport_allocator_available_ports 2767',
    'kube_apiserver_nodeport_allocator_allocation_total{scope="static"} 1',
    'kube_apiserver_nodeport_allocator_allocation_total{scope="dynamic"} 0',
    'kube_apiserver_nodeport_allocator_allocation_errors_total{scope="static"} 0',
    'kube_apiserver_nodeport_allocator_allocation_errors_total{scope="dynamic"} 0',
  ]);
});
