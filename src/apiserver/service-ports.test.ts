// Node ports and health-check ports of Services through the API (services.md A.5, A.7): who has which number, and when it
// is free again. Node ports 30000-32767.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Json, mergePatch, service, startServer, type TestServer } from './in-process-suite.ts';

const base = '/api/v1/namespaces/default/services';
const ok = async (answer: ReturnType<TestServer['send']>): Promise<Json> => {
  const { status, json, text } = await answer;
  assert.ok(status < 300, text);
  return json;
};
const create = (api: TestServer, name: string, spec: object, query = '') =>
  api.send('POST', `${base}${query}`, service(name, spec));
const put = (api: TestServer, name: string, spec: object, query = '') =>
  api.send('PUT', `${base}/${name}${query}`, service(name, spec));
const merge = (api: TestServer, name: string, spec: object) =>
  api.send('PATCH', `${base}/${name}`, { spec }, mergePatch);
const nodePort = (...nodePorts: number[]) => ({
  type: 'NodePort',
  ports: nodePorts.map((nodePort, i) => ({ name: `p${i}`, port: 80 + i, nodePort })),
});
const local = (healthCheckNodePort?: number) => ({
  type: 'LoadBalancer',
  externalTrafficPolicy: 'Local',
  ...(healthCheckNodePort && { healthCheckNodePort }),
});
/** A dry run is refused for what is taken. */
const isFree = async (api: TestServer, port: number): Promise<boolean> =>
  (await create(api, 'probe', nodePort(port), '?dryRun=All')).status === 201;

describe('node ports', () => {
  test('one number stands for the protocols of one Service, never for two Services', async () => {
    const api = await startServer();
    const two = (name: string, nodePort?: number) => ({
      type: 'NodePort',
      ports: ['TCP', 'UDP'].map((protocol) => ({
        name: `${name}-${protocol.toLowerCase()}`,
        port: 53,
        protocol,
        nodePort,
      })),
    });
    const { spec } = await ok(create(api, 'auto', two('a')));
    assert.equal(spec.ports[0].nodePort, spec.ports[1].nodePort);
    await ok(create(api, 'named', two('n', 30053)));
    const udp = { type: 'NodePort', ports: [{ port: 53, protocol: 'UDP', nodePort: 30053 }] };
    const { status, json } = await create(api, 'other', udp);
    assert.deepEqual(
      [status, json.message],
      [
        422,
        'Service "other" is invalid: spec.ports[0].nodePort: Invalid value: 30053: provided port is already allocated',
      ],
    );
  });

  test('a number named for one protocol is taken for the other too', async () => {
    const api = await startServer();
    const ports = [
      { name: 'udp', port: 53, protocol: 'UDP' },
      { name: 'tcp', port: 53, nodePort: 30053 },
    ];
    const { spec } = await ok(create(api, 'dns', { type: 'NodePort', ports }));
    assert.equal(spec.ports[0].nodePort, 30053);
  });

  test('a load balancer may do without, and have those that it names', async () => {
    const api = await startServer();
    const without = { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false };
    const ports = [
      { name: 'a', port: 80, nodePort: 30080 },
      { name: 'b', port: 81 },
    ];
    const { spec } = await ok(create(api, 'a', { ...without, ports }));
    assert.deepEqual(
      spec.ports.map((port: Json) => port.nodePort),
      [30080, undefined],
    );
    assert.equal(await isFree(api, 30080), false);
    const refused = await create(api, 'b', { ...without, ports: [{ port: 80, nodePort: 30080 }] });
    assert.match(refused.json.message, /provided port is already allocated/);
  });

  test('stay when a load balancer wants none any more, until the user takes them away', async () => {
    const api = await startServer();
    await ok(create(api, 'a', { ...nodePort(30080), type: 'LoadBalancer' }));
    const kept = await ok(merge(api, 'a', { allocateLoadBalancerNodePorts: false }));
    assert.equal(kept.spec.ports[0].nodePort, 30080);
    const gone = await ok(put(api, 'a', { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false }));
    assert.equal(gone.spec.ports[0].nodePort, undefined);
    assert.ok(await isFree(api, 30080));
  });

  test('are free when their port is gone, has another number, or its type has none', async () => {
    const api = await startServer();
    await ok(create(api, 'a', nodePort(30080, 30081, 30082)));
    await ok(put(api, 'a', nodePort(30080, 30091)));
    assert.deepEqual(await Promise.all([30080, 30081, 30082, 30091].map((port) => isFree(api, port))), [
      false,
      true,
      true,
      false,
    ]);
    await ok(merge(api, 'a', { type: 'ClusterIP' }));
    assert.ok((await isFree(api, 30080)) && (await isFree(api, 30091)));
  });

  test('stay through the types that have them, and with another protocol', async () => {
    const api = await startServer();
    await ok(create(api, 'a', nodePort(30080)));
    for (const type of ['LoadBalancer', 'NodePort']) {
      assert.equal((await ok(merge(api, 'a', { type }))).spec.ports[0].nodePort, 30080, type);
    }
    const ports = [{ name: 'p0', port: 80, protocol: 'UDP' }];
    assert.equal((await ok(put(api, 'a', { type: 'NodePort', ports }))).spec.ports[0].nodePort, 30080);
    assert.equal(await isFree(api, 30080), false);
  });

  test('that an alias says are nobody’s', async () => {
    const api = await startServer();
    await ok(create(api, 'holder', nodePort(30080)));
    const alias = { type: 'ExternalName', externalName: 'a.example', ports: [{ port: 80, nodePort: 30080 }] };
    await ok(create(api, 'alias', alias));
    const refused = await merge(api, 'alias', { type: 'NodePort' });
    assert.match(refused.json.message, /provided port is already allocated/);
    await ok(api.send('DELETE', `${base}/alias`));
    assert.equal(await isFree(api, 30080), false, 'it was not the alias that had it');
  });
});

describe('health-check ports', () => {
  test('come and go with what needs them', async () => {
    const api = await startServer();
    const { spec } = await ok(create(api, 'a', local()));
    const port = spec.healthCheckNodePort;
    assert.ok(port >= 30086 && port !== spec.ports[0].nodePort);
    assert.equal((await ok(put(api, 'a', local()))).spec.healthCheckNodePort, port, 'a PUT keeps it');
    assert.equal((await ok(merge(api, 'a', { externalTrafficPolicy: 'Cluster' }))).spec.healthCheckNodePort, undefined);
    assert.ok(await isFree(api, port));
    await ok(merge(api, 'a', { externalTrafficPolicy: 'Local', healthCheckNodePort: 30090 }));
    assert.equal(await isFree(api, 30090), false);
    await ok(merge(api, 'a', { type: 'NodePort' }));
    assert.ok(await isFree(api, 30090));
  });

  test('do not change while they are needed', async () => {
    const api = await startServer();
    await ok(create(api, 'a', local(30090)));
    const { status, json } = await merge(api, 'a', { healthCheckNodePort: 30091 });
    assert.deepEqual(
      [status, json.message],
      [422, 'Service "a" is invalid: spec.healthCheckNodePort: Forbidden: field is immutable'],
    );
    assert.ok(await isFree(api, 30091));
    assert.equal(await isFree(api, 30090), false);
  });

  test('are other numbers than the node ports of the same Service', async () => {
    const api = await startServer();
    await ok(create(api, 'a', { ...nodePort(30080), ...local(30090) }));
    const taken = await put(api, 'a', { ...nodePort(30080, 30090), ...local(30090) });
    assert.match(
      taken.json.message,
      /spec\.ports\[1\]\.nodePort: Invalid value: 30090: provided port is already allocated/,
    );
    await ok(create(api, 'b', nodePort(30081)));
    const own = await put(api, 'b', { ...nodePort(30081), ...local(30081) });
    assert.deepEqual(
      [own.status, own.json.message],
      [
        500,
        'Internal error occurred: failed to allocate requested HealthCheck NodePort 30081: provided port is already allocated',
      ],
    );
  });
});

test('a dry run shows a number of its own for each port that would be chosen', async () => {
  const api = await startServer();
  const ports = [
    { name: 'a', port: 80 },
    { name: 'b', port: 81 },
  ];
  const { spec } = await ok(create(api, 'a', { ...local(), ports }, '?dryRun=All'));
  assert.deepEqual([...spec.ports.map((port: Json) => port.nodePort), spec.healthCheckNodePort], [32769, 32770, 32771]);
  const taken = await create(api, 'a', nodePort(80), '?dryRun=All');
  assert.equal(taken.status, 422);
});
