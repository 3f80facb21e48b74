// A Service's allocations through the API (services.md A.3, A.5-A.7). Services 10.96.0.0/12, node ports 30000-32767.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { type Json, jsonPatch, mergePatch, service, startServer, type TestServer, until } from './in-process-suite.ts';

const base = '/api/v1/namespaces/default/services';
const create = (api: TestServer, name: string, spec: object = {}, query = '') =>
  api.send('POST', `${base}${query}`, service(name, spec));
const ok = async (answer: Promise<{ status: number; json: Json; text: string }>): Promise<Json> => {
  const { status, json, text } = await answer;
  assert.ok(status < 300, text);
  return json;
};
const merge = (api: TestServer, name: string, patch: object) => api.send('PATCH', `${base}/${name}`, patch, mergePatch);

describe('creating a Service', () => {
  const refused: { name: string; spec: object; want: [number, RegExp] }[] = [
    {
      name: 'address out of range',
      spec: { clusterIP: '1.1.1.1' },
      want: [
        422,
        /spec\.clusterIPs: Invalid value: \["1\.1\.1\.1"\]: failed to allocate IP 1\.1\.1\.1: the provided IP \(1\.1\.1\.1\) is not in the valid range\. The range of valid IPs is 10\.96\.0\.0\/12/,
      ],
    },
    {
      name: 'address taken',
      spec: { clusterIP: '10.96.0.1' },
      want: [422, /failed to allocate IP 10\.96\.0\.1: provided IP is already allocated/],
    },
    { name: 'no address at all', spec: { clusterIP: 'x' }, want: [422, /spec\.clusterIPs\[0\]: Invalid value: "x"/] },
    {
      name: 'node port out of range',
      spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] },
      want: [
        422,
        /spec\.ports\[0\]\.nodePort: Invalid value: 80: provided port is not in the valid range\. The range of valid ports is 30000-32767/,
      ],
    },
    {
      name: 'node port taken',
      spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] },
      want: [422, /spec\.ports\[0\]\.nodePort: Invalid value: 30080: provided port is already allocated/],
    },
    {
      name: 'IPv6 on an IPv4 cluster',
      spec: { ipFamilies: ['IPv6'] },
      want: [422, /spec\.ipFamilies\[0\]: Invalid value: "IPv6": not configured on this cluster/],
    },
    {
      name: 'dual stack on an IPv4 cluster',
      spec: { ipFamilyPolicy: 'RequireDualStack' },
      want: [422, /this cluster is not configured for dual-stack services/],
    },
    {
      name: 'ExternalName with an address',
      spec: { type: 'ExternalName', externalName: 'a.b', clusterIP: '10.96.0.9', ports: [] },
      want: [422, /spec\.clusterIPs: Forbidden: may not be set for ExternalName services/],
    },
    {
      name: 'health-check port taken',
      spec: { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 30080 },
      want: [500, /failed to allocate requested HealthCheck NodePort 30080: provided port is already allocated/],
    },
  ];
  for (const { name, spec, want } of refused) {
    test(`refuses: ${name}; nothing stays taken`, async () => {
      const api = await startServer();
      await ok(create(api, 'holder', { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] }));
      const { status, json } = await create(api, 'a', spec);
      assert.equal(status, want[0], json.message);
      assert.match(json.message, want[1]);
      if (status === 422) assert.ok(json.details.causes.length > 0);
      await ok(create(api, 'b', { clusterIP: '10.96.0.9' }));
    });
  }

  test('gives an address of the dynamic band, and one node port for the same port of two protocols', async () => {
    const api = await startServer();
    const ports = [
      { name: 'u', port: 53, protocol: 'UDP' },
      { name: 't', port: 53 },
      { name: 'm', port: 9153 },
    ];
    const { spec } = await ok(create(api, 'dns', { type: 'NodePort', ports }));
    assert.equal(spec.ports[0].nodePort, spec.ports[1].nodePort);
    assert.notEqual(spec.ports[0].nodePort, spec.ports[2].nodePort);
    assert.ok(spec.ports.every(({ nodePort }: Json) => nodePort >= 30086 && nodePort <= 32767));
    assert.deepEqual(spec.clusterIPs, [spec.clusterIP]);
    assert.deepEqual([spec.ipFamilies, spec.ipFamilyPolicy], [['IPv4'], 'SingleStack']);
  });

  test('headless Services get no address; without a selector they have both families', async () => {
    const api = await startServer();
    const headless = await ok(create(api, 'h', { clusterIP: 'None' }));
    assert.deepEqual([headless.spec.clusterIPs, headless.spec.ipFamilies], [['None'], ['IPv4']]);
    const plain = await ok(create(api, 'p', { clusterIP: 'None', selector: {} }));
    assert.deepEqual([plain.spec.ipFamilyPolicy, plain.spec.ipFamilies], ['RequireDualStack', ['IPv4', 'IPv6']]);
  });

  test('a dry run shows stand-ins, checks what is named, and takes nothing', async () => {
    const api = await startServer();
    const shown = await ok(create(api, 'a', { type: 'NodePort' }, '?dryRun=All'));
    assert.deepEqual([shown.spec.clusterIP, shown.spec.ports[0].nodePort], ['10.96.0.0', 32769]);
    assert.equal(shown.metadata.resourceVersion, undefined);
    assert.equal((await create(api, 'a', { clusterIP: '10.96.0.1' }, '?dryRun=All')).status, 422);
    await ok(create(api, 'a', { clusterIP: '10.96.0.7' }, '?dryRun=All'));
    await ok(create(api, 'a', { clusterIP: '10.96.0.7' }));
  });

  test('a name that is taken costs no address', async () => {
    const api = await startServer();
    await ok(create(api, 'a'));
    assert.equal((await create(api, 'a', { clusterIP: '10.96.0.7' })).status, 409);
    await ok(create(api, 'b', { clusterIP: '10.96.0.7' }));
  });

  test('full ranges are an internal error that says so', async () => {
    const api = await startServer({ serviceCIDR: '10.0.0.0/29', nodePortRange: [30000, 30001] });
    for (const name of ['a', 'b']) await ok(create(api, name, { type: 'NodePort' }));
    const ports = await create(api, 'c', { type: 'NodePort' });
    assert.deepEqual(
      [ports.status, ports.json.message],
      [500, 'Internal error occurred: failed to allocate a nodePort: range is full'],
    );
    for (const name of ['c', 'd', 'e']) await ok(create(api, name));
    const full = await create(api, 'f');
    assert.deepEqual(
      [full.status, full.json.message],
      [500, 'Internal error occurred: failed to allocate a serviceIP: range is full'],
    );
  });
});

describe('changing a Service', () => {
  test('a PUT that omits what was allocated keeps it', async () => {
    const api = await startServer();
    const before = await ok(create(api, 'a', { type: 'NodePort' }));
    const after = await ok(
      api.send('PUT', `${base}/a`, service('a', { type: 'NodePort', sessionAffinity: 'ClientIP' })),
    );
    assert.equal(after.spec.clusterIP, before.spec.clusterIP);
    assert.equal(after.spec.ports[0].nodePort, before.spec.ports[0].nodePort);
    assert.equal(after.spec.sessionAffinityConfig.clientIP.timeoutSeconds, 10800);
  });

  test('a PUT that omits them keeps the one node port of two protocols', async () => {
    const api = await startServer();
    const ports = ['TCP', 'UDP'].map((protocol) => ({ name: protocol.toLowerCase(), port: 53, protocol }));
    const before = await ok(create(api, 'a', { type: 'NodePort', ports }));
    const after = await ok(api.send('PUT', `${base}/a`, service('a', { type: 'NodePort', ports })));
    assert.deepEqual(after.spec, before.spec);
  });

  test('node ports go back when the type no longer has them, or a port is removed', async () => {
    const api = await startServer();
    await ok(create(api, 'a', { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] }));
    const changed = await ok(merge(api, 'a', { spec: { type: 'ClusterIP' } }));
    assert.equal(changed.spec.ports[0].nodePort, undefined);
    await ok(create(api, 'b', { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] }));
    await ok(merge(api, 'b', { spec: { ports: [{ port: 80, nodePort: 30081 }] } }));
    await ok(merge(api, 'a', { spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] } }));
  });

  test('to ExternalName gives the address back, and from it takes a new one', async () => {
    const api = await startServer();
    await ok(create(api, 'a', { clusterIP: '10.96.0.7' }));
    const external = await ok(merge(api, 'a', { spec: { type: 'ExternalName', externalName: 'x.example' } }));
    assert.deepEqual([external.spec.clusterIP, external.spec.clusterIPs], [undefined, undefined]);
    await ok(create(api, 'b', { clusterIP: '10.96.0.7' }));
    const back = await ok(merge(api, 'a', { spec: { type: 'ClusterIP' } }));
    assert.match(back.spec.clusterIP, /^10\./);
  });

  test('an address may not change; the other one is not taken by the attempt', async () => {
    const api = await startServer();
    await ok(create(api, 'a'));
    const { status, json } = await merge(api, 'a', { spec: { clusterIP: '10.96.0.7' } });
    assert.equal(status, 422);
    assert.match(json.message, /spec\.clusterIPs\[0\]: Invalid value: \["10\.96\.0\.7"\]: may not change once set/);
    await ok(create(api, 'b', { clusterIP: '10.96.0.7' }));
  });

  test('a second family is added and released on a dual-stack cluster', async () => {
    const api = await startServer({ serviceCIDR: '10.96.0.0/12,fd00::/108' });
    const before = await ok(create(api, 'a'));
    const both = await ok(merge(api, 'a', { spec: { ipFamilyPolicy: 'PreferDualStack' } }));
    assert.equal(both.spec.clusterIPs.length, 2);
    assert.equal(both.spec.clusterIPs[0], before.spec.clusterIP);
    assert.match(both.spec.clusterIPs[1], /^fd00::/);
    const single = await ok(merge(api, 'a', { spec: { ipFamilyPolicy: 'SingleStack' } }));
    assert.deepEqual([single.spec.clusterIPs, single.spec.ipFamilies], [[before.spec.clusterIP], ['IPv4']]);
    await ok(create(api, 'b', { clusterIP: both.spec.clusterIPs[1] }));
  });

  test('concurrent changes of one Service leave the allocator as the store says', async () => {
    const api = await startServer();
    await ok(create(api, 'a', { type: 'NodePort', ports: [{ port: 80, nodePort: 30000 }] }));
    const wishes = Array.from({ length: 8 }, (_, i) =>
      merge(api, 'a', { spec: { ports: [{ port: 80, nodePort: 30001 + i }] } }),
    );
    await Promise.all(wishes.map(ok));
    const { spec } = await ok(api.send('GET', `${base}/a`));
    for (let port = 30000; port < 30009; port++) {
      const { status } = await create(api, `n${port}`, { type: 'NodePort', ports: [{ port: 80, nodePort: port }] });
      assert.equal(status, port === spec.ports[0].nodePort ? 422 : 201);
    }
  });
});

describe('deleting a Service', () => {
  test('gives back addresses and ports, and takes its Endpoints along', async () => {
    const api = await startServer();
    await ok(create(api, 'a', { clusterIP: '10.96.0.7', type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] }));
    await ok(api.send('POST', '/api/v1/namespaces/default/endpoints', { metadata: { name: 'a' } }));
    const deleted = await ok(api.send('DELETE', `${base}/a`));
    assert.equal(deleted.kind, 'Service');
    assert.equal((await api.send('GET', '/api/v1/namespaces/default/endpoints/a')).status, 404);
    await ok(create(api, 'b', { clusterIP: '10.96.0.7', type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] }));
  });

  test('with a finalizer gives them back only when it is removed', async () => {
    const api = await startServer();
    const metadata = { name: 'a', finalizers: ['example.com/x'] };
    await ok(api.send('POST', base, { ...service('a', { clusterIP: '10.96.0.7' }), metadata }));
    assert.ok((await ok(api.send('DELETE', `${base}/a`))).metadata.deletionTimestamp);
    assert.equal((await create(api, 'b', { clusterIP: '10.96.0.7' })).status, 422);
    await ok(api.send('PATCH', `${base}/a`, [{ op: 'remove', path: '/metadata/finalizers' }], jsonPatch));
    assert.equal((await api.send('GET', `${base}/a`)).status, 404);
    await ok(create(api, 'b', { clusterIP: '10.96.0.7' }));
  });

  test('a dry run gives nothing back', async () => {
    const api = await startServer();
    await ok(create(api, 'a', { clusterIP: '10.96.0.7' }));
    await ok(api.send('DELETE', `${base}/a?dryRun=All`));
    assert.equal((await create(api, 'b', { clusterIP: '10.96.0.7' })).status, 422);
  });
});

test('a server that starts on a store knows what is taken in it', async () => {
  const api = await startServer();
  await ok(create(api, 'a', { clusterIP: '10.96.0.7', type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] }));
  const again = await startServer({ store: api.store });
  assert.equal((await create(again, 'b', { clusterIP: '10.96.0.7' })).status, 422);
  assert.equal((await create(again, 'b', { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] })).status, 422);
});

test('the kubernetes Service has the first address and the endpoints that are advertised', async () => {
  const api = await startServer({ advertise: { address: '10.254.0.1', port: 6443 } });
  const { spec, metadata } = await ok(api.send('GET', `${base}/kubernetes`));
  assert.deepEqual(
    [spec.clusterIP, spec.ports[0].targetPort, metadata.labels],
    ['10.96.0.1', 6443, { component: 'apiserver', provider: 'kubernetes' }],
  );
  const slice = await ok(api.send('GET', '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes'));
  assert.deepEqual(slice.endpoints, [{ addresses: ['10.254.0.1'], conditions: { ready: true } }]);
  assert.deepEqual(slice.ports, [{ name: 'https', port: 6443, protocol: 'TCP' }]);
  const { revision } = api.store;
  const again = await startServer({ store: api.store, advertise: { address: '10.254.0.1', port: 6443 } });
  assert.equal(again.store.revision, revision, 'a second start changes nothing');
  await startServer({ store: api.store, advertise: { address: '10.254.0.2', port: 6443 } });
  const moved = await ok(api.send('GET', '/api/v1/namespaces/default/endpoints/kubernetes'));
  assert.equal(moved.subsets[0].addresses[0].ip, '10.254.0.2');
});

test('the kubernetes Service has a slice for each family that is advertised', async () => {
  const advertise = { address: '10.254.0.1', secondAddress: 'fd00:254::1', port: 6443 };
  const slices = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices';
  const api = await startServer({ serviceCIDR: '10.96.0.0/12,fd00:1::/108', advertise });
  const brief = async (server: TestServer) =>
    (await ok(server.send('GET', slices))).items.map(({ metadata, addressType, endpoints }: Json) => [
      metadata.name,
      addressType,
      endpoints[0].addresses,
    ]);
  assert.deepEqual(await brief(api), [
    ['kubernetes', 'IPv4', ['10.254.0.1']],
    ['kubernetes-v6', 'IPv6', ['fd00:254::1']],
  ]);
  const { subsets } = await ok(api.send('GET', '/api/v1/namespaces/default/endpoints/kubernetes'));
  assert.deepEqual(subsets[0].addresses, [{ ip: '10.254.0.1' }]);
  const { spec } = await ok(api.send('GET', `${base}/kubernetes`));
  assert.deepEqual([spec.clusterIPs, spec.ipFamilyPolicy], [['10.96.0.1'], 'SingleStack']);
  // The families change places: names and types are right again.
  const turned = { address: 'fd00:254::1', secondAddress: '10.254.0.1', port: 6443 };
  const again = await startServer({ store: api.store, serviceCIDR: '10.96.0.0/12,fd00:1::/108', advertise: turned });
  assert.deepEqual(await brief(again), [
    ['kubernetes', 'IPv6', ['fd00:254::1']],
    ['kubernetes-v4', 'IPv4', ['10.254.0.1']],
  ]);
});

test('a server that stops takes its address away, and has it back when it starts', async () => {
  const advertise = { address: '10.254.0.1', secondAddress: 'fd00:254::1', port: 6443 };
  const api = await startServer({ advertise, kubernetesServicePeriodMs: 1, shutdownDelayMs: 20 });
  const look = async () => {
    const { json: endpoints } = await api.send('GET', '/api/v1/namespaces/default/endpoints/kubernetes');
    const { json: slices } = await api.send('GET', '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices');
    return [endpoints.subsets, slices.items.map(({ endpoints: all }: Json) => all)];
  };
  const before = await look();
  const closing = api.server.close();
  await until(async () => isDeepStrictEqual(await look(), [undefined, [[], []]]));
  await closing;
  assert.deepEqual(await look(), [undefined, [[], []]], 'nobody has put it back');
  await startServer({ advertise, store: api.store });
  assert.deepEqual(await look(), before);
});

describe('the kubernetes Service comes back', () => {
  const slices = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices';
  const advertise = { address: '192.0.2.1', port: 6443 };

  test('with its endpoints, whatever was deleted; slices of others that carry its name go', async (t) => {
    const api = await startServer({ advertise, kubernetesServicePeriodMs: 10 });
    t.after(() => api.server.close());
    const paths = [`${base}/kubernetes`, '/api/v1/namespaces/default/endpoints/kubernetes', `${slices}/kubernetes`];
    const before = await Promise.all(paths.map((path) => ok(api.send('GET', path))));
    const slice = (name: string, address: string, addressType: string) => ({
      metadata: { name, labels: { 'kubernetes.io/service-name': 'kubernetes' } },
      addressType,
      endpoints: [{ addresses: [address] }],
    });
    // The Endpoints go with the Service, so that is deleted last.
    for (const path of paths.toReversed()) await ok(api.send('DELETE', path));
    // One that cannot be made right, because its family cannot change, and one beside it.
    await api.send('POST', slices, slice('kubernetes', '2001:db8::1', 'IPv6'));
    await ok(api.send('POST', slices, slice('other', '192.0.2.7', 'IPv4')));
    await until(async () => {
      const found = await Promise.all(paths.map((path) => api.send('GET', path)));
      const others = await api.send('GET', `${slices}/other`);
      return (
        others.status === 404 &&
        found.every(({ status, json }, i) => {
          const { metadata, ...rest } = before[i];
          return (
            status === 200 &&
            metadata.uid !== json.metadata.uid &&
            isDeepStrictEqual({ ...json, metadata }, { ...rest, metadata })
          );
        })
      );
    });
    const { json } = await api.send('GET', `${slices}/kubernetes`);
    assert.deepEqual(json.metadata.labels, { 'kubernetes.io/service-name': 'kubernetes' });
  });

  test('nothing is written while all is right, nor after the server is closed', async (t) => {
    const api = await startServer({ advertise, kubernetesServicePeriodMs: 5 });
    t.after(() => api.server.close());
    const revision = async () => (await api.store.list('/registry/', { limit: 1 })).revision;
    const first = await revision();
    await setTimeout(50);
    assert.equal(await revision(), first);
    await api.server.close();
    await ok(api.send('DELETE', `${base}/kubernetes`));
    const last = await revision();
    await setTimeout(50);
    assert.equal(await revision(), last);
  });
});
