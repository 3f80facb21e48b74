// EndpointSlices and Endpoints through the API (services.md C.1): what counts as a change, and what PUT does.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Json, mergePatch, startServer, type TestServer } from './in-process-suite.ts';

const slices = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices';
const legacy = '/api/v1/namespaces/default/endpoints';
const endpoint = { addresses: ['10.244.1.5'] };
const slice = (rest: object = {}) => ({
  metadata: { name: 'web-1' },
  addressType: 'IPv4',
  endpoints: [endpoint],
  ...rest,
});

const ok = async (answer: ReturnType<TestServer['send']>): Promise<Json> => {
  const { status, json, text } = await answer;
  assert.ok(status < 300, text);
  return json;
};

describe('an EndpointSlice', () => {
  test('counts what is published and its labels as generations, nothing else', async () => {
    const api = await startServer();
    const patch = async (body: object) => (await ok(api.send('PATCH', `${slices}/web-1`, body, mergePatch))).metadata;
    const first = (await ok(api.send('POST', slices, slice({ metadata: { name: 'web-1', generation: 7 } })))).metadata;
    assert.equal(first.generation, 1);
    const changes: [change: object, generation: number][] = [
      [{ metadata: { annotations: { a: 'b' } } }, 1],
      [{ metadata: { finalizers: ['example.com/x'] } }, 1],
      [{ metadata: { labels: { a: 'b' } } }, 2],
      [{ metadata: { labels: { a: 'b' } } }, 2],
      [{ ports: [{ port: 80 }] }, 3],
      [{ endpoints: [{ ...endpoint, conditions: { ready: false } }] }, 4],
      [{ endpoints: [] }, 5],
    ];
    for (const [change, generation] of changes) {
      assert.equal((await patch(change)).generation, generation, JSON.stringify(change));
    }
  });

  test('is replaced without a version, but not created by PUT', async () => {
    const api = await startServer();
    assert.equal((await api.send('PUT', `${slices}/web-1`, slice())).status, 404);
    await ok(api.send('POST', slices, slice()));
    const replaced = await ok(api.send('PUT', `${slices}/web-1`, slice({ endpoints: null })));
    assert.deepEqual([replaced.endpoints, replaced.ports, replaced.metadata.generation], [[], [], 2]);
  });

  test('keeps its address type', async () => {
    const api = await startServer();
    await ok(api.send('POST', slices, slice()));
    const { status, json } = await api.send('PUT', `${slices}/web-1`, slice({ addressType: 'IPv6', endpoints: [] }));
    assert.deepEqual(
      [status, json.message],
      [
        422,
        'EndpointSlice.discovery.k8s.io "web-1" is invalid: addressType: Invalid value: "IPv6": field is immutable',
      ],
    );
  });

  test('has no word on what is unknown', async () => {
    const api = await startServer();
    const { endpoints, ports } = await ok(api.send('POST', slices, slice({ ports: [{}] })));
    assert.deepEqual([endpoints, ports], [[endpoint], [{ name: '', protocol: 'TCP' }]]);
  });
});

test('every request for Endpoints is told to use EndpointSlices', async () => {
  const api = await startServer();
  const body = { metadata: { name: 'web' }, subsets: [{ addresses: [{ ip: '10.244.1.5' }] }] };
  const requests: [method: string, url: string, body?: object][] = [
    ['PUT', `${legacy}/web`, body],
    ['GET', legacy],
    ['GET', `${legacy}/web`],
    ['GET', '/api/v1/endpoints'],
    ['PATCH', `${legacy}/web`, { metadata: { labels: { a: 'b' } } }],
    ['DELETE', `${legacy}/web`],
    ['DELETE', legacy],
  ];
  for (const [method, url, content] of requests) {
    const { status, headers } = await api.send(method, url, content, method === 'PATCH' ? mergePatch : {});
    assert.ok(status < 300, `${method} ${url}: ${status}`);
    assert.match(
      headers.warning ?? '',
      /^299 - "v1 Endpoints is deprecated in v1\.33\+; use discovery\.k8s\.io\/v1 EndpointSlice"/,
    );
  }
  const aborted = new AbortController();
  const response = await api.server.fetchAs({ name: 'admin', groups: ['system:masters'] })({
    method: 'GET',
    url: `${legacy}?watch=1`,
    headers: {},
    signal: aborted.signal,
    body: undefined,
  });
  assert.match(response.headers.warning ?? '', /Endpoints is deprecated/);
  aborted.abort();
});
