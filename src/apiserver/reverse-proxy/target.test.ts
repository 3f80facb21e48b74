// Where proxied requests lead, and where they must not (api.md §14). With the rule for addresses that is in force.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { pod, service, startServer, type TestServer } from '../in-process-suite.ts';
import { isGlobalUnicast, splitName } from './target.ts';

const ns = '/api/v1/namespaces/default';

describe('names', () => {
  const cases: { text: string; want: [string, string, string] | undefined }[] = [
    { text: 'web', want: ['', 'web', ''] },
    { text: 'web:http', want: ['', 'web', 'http'] },
    { text: 'https:web:8443', want: ['https', 'web', '8443'] },
    { text: 'http:web:', want: ['http', 'web', ''] },
    { text: ':web:80', want: ['', 'web', '80'] },
    { text: 'ftp:web:21', want: undefined },
    { text: ':80', want: undefined },
    { text: 'https::80', want: undefined },
    { text: 'a:b:c:d', want: undefined },
    { text: '', want: undefined },
  ];
  for (const { text, want } of cases) {
    test(JSON.stringify(text), () => {
      const found = splitName(text);
      assert.deepEqual(found && [found.scheme, found.name, found.port], want);
    });
  }
});

describe('addresses', () => {
  const bad =
    '0.0.0.0 127.0.0.1 127.255.0.9 169.254.169.254 224.0.0.1 255.255.255.255 :: ::1 fe80::1 ff02::1 ::ffff:127.0.0.1 fe80::1%eth0 host';
  for (const address of [...bad.split(' '), '']) {
    test(`${address || 'none'} is refused`, () => assert.equal(isGlobalUnicast(address), false));
  }
  for (const address of '10.1.0.5 192.168.0.1 203.0.113.9 2001:db8::1 fd00::1 ::ffff:10.0.0.1'.split(' ')) {
    test(`${address} is allowed`, () => assert.equal(isGlobalUnicast(address), true));
  }
});

async function withPod(name: string, ip: string | undefined, server?: TestServer): Promise<TestServer> {
  const api = server ?? (await startServer());
  await api.send('POST', `${ns}/pods`, pod(name));
  if (ip) await api.send('PUT', `${ns}/pods/${name}/status`, { ...pod(name), status: { podIP: ip, podIPs: [{ ip }] } });
  return api;
}
const slices = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices';
const slice = (service: string, endpoints: object[], ports: object[] = [{ port: 80 }]) => ({
  metadata: { generateName: `${service}-`, labels: { 'kubernetes.io/service-name': service } },
  addressType: 'IPv4',
  endpoints,
  ports,
});
const ref = (name: string, namespace = 'default') => ({ targetRef: { kind: 'Pod', name, namespace } });

describe('refusals', () => {
  const cases: { name: string; given: () => Promise<TestServer>; path: string; want: [number, string] }[] = [
    { name: 'no pod', given: startServer, path: 'pods/p/proxy/', want: [404, 'pods "p" not found'] },
    { name: 'no Service', given: startServer, path: 'services/s:80/proxy/', want: [404, 'services "s" not found'] },
    {
      name: 'a name that is none',
      given: startServer,
      path: 'pods/a:b:c/proxy/',
      want: [400, 'invalid pod request "a:b:c"'],
    },
    {
      name: 'a Service likewise',
      given: startServer,
      path: 'services/ftp:s:1/proxy/',
      want: [400, 'invalid service request "ftp:s:1"'],
    },
    {
      name: 'a pod without an address',
      given: () => withPod('p', undefined),
      path: 'pods/p/proxy/',
      want: [400, 'address not allowed'],
    },
    {
      name: 'a pod that calls itself loopback',
      given: () => withPod('p', '127.0.0.1'),
      path: 'pods/p:80/proxy/',
      want: [400, 'address not allowed'],
    },
    {
      name: 'a port that is none',
      given: () => withPod('p', '10.1.0.5'),
      path: 'pods/p:http/proxy/',
      want: [503, 'error trying to reach service: "http" is not a port'],
    },
    {
      name: 'a port that the Service does not have',
      given: async () => {
        const api = await startServer();
        await api.send('POST', `${ns}/services`, service('s'));
        return api;
      },
      path: 'services/s:81/proxy/',
      want: [503, 'no service port 81 found for service "s"'],
    },
    {
      name: 'endpoints without any',
      given: async () => {
        const api = await withPod('p', '10.1.0.5');
        await api.send('POST', slices, slice('s', []));
        await api.send('POST', slices, slice('other', [{ addresses: ['10.1.0.5'], ...ref('p') }]));
        return api;
      },
      path: 'services/s/proxy/',
      want: [503, 'no endpoints available for service "s"'],
    },
    {
      name: 'any port',
      given: async () => {
        const api = await withPod('p', '10.1.0.5');
        await api.send('POST', slices, slice('s', [{ addresses: ['10.1.0.5'], ...ref('p') }], [{}]));
        return api;
      },
      path: 'services/s/proxy/',
      want: [503, 'no endpoints available for service "s"'],
    },
    {
      name: 'endpoints under another name of port',
      given: async () => {
        const api = await withPod('p', '10.1.0.5');
        const ports = [{ name: 'web', port: 80 }];
        await api.send('POST', slices, slice('s', [{ addresses: ['10.1.0.5'], ...ref('p') }], ports));
        return api;
      },
      path: 'services/s/proxy/',
      want: [503, 'no endpoints available for service "s"'],
    },
    ...[
      { name: 'an endpoint without a pod', endpoint: { addresses: ['10.1.0.5'] } },
      { name: 'an endpoint that is not where its pod is', endpoint: { addresses: ['10.1.0.6'], ...ref('p') } },
      {
        name: 'an endpoint of a pod in another namespace',
        endpoint: { addresses: ['10.1.0.5'], ...ref('p', 'kube-system') },
      },
      { name: 'an endpoint whose pod is gone', endpoint: { addresses: ['10.1.0.5'], ...ref('q') } },
      {
        name: 'an endpoint that is not ready',
        endpoint: { addresses: ['10.1.0.5'], conditions: { ready: false, serving: true }, ...ref('p') },
      },
    ].map(({ name, endpoint }) => ({
      name,
      given: async () => {
        const api = await withPod('p', '10.1.0.5');
        assert.equal((await api.send('POST', slices, slice('s', [endpoint]))).status, 201);
        return api;
      },
      path: 'services/s/proxy/',
      want: [503, 'no endpoints available for service "s"'] as [number, string],
    })),
  ];
  for (const { name, given, path, want } of cases) {
    test(name, async () => {
      const api = await given();
      const { status, json } = await api.send('GET', `${ns}/${path}`);
      assert.deepEqual([status, json.message], want);
      assert.deepEqual([json.kind, json.code], ['Status', status]);
    });
  }

  test('a node that is not there', async () => {
    const api = await startServer();
    const { status, json } = await api.send('GET', '/api/v1/nodes/n/proxy/');
    assert.deepEqual([status, json.message], [404, 'nodes "n" not found']);
  });

  test('those who may read all may not look inside', async () => {
    const api = await withPod('p', '10.1.0.5');
    const user = { name: 'system:kube-scheduler', groups: [] };
    const { status, json } = await api.send('GET', `${ns}/pods/p/proxy/`, undefined, { user });
    assert.equal(status, 403);
    assert.match(json.message, /cannot get resource "pods\/proxy" in API group "" in the namespace "default"/);
  });
});

test('discovery knows of the proxies', async () => {
  const api = await startServer();
  const { json } = await api.send('GET', '/api/v1');
  for (const [name, kind] of [
    ['nodes/proxy', 'NodeProxyOptions'],
    ['pods/proxy', 'PodProxyOptions'],
    ['services/proxy', 'ServiceProxyOptions'],
  ]) {
    const found = json.resources.find((resource: { name: string }) => resource.name === name);
    assert.deepEqual([found?.kind, found?.verbs], [kind, ['create', 'delete', 'get', 'patch', 'update']]);
  }
});
