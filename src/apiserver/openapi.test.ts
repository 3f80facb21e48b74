// OpenAPI v2 over HTTP: its forms and its caching, and the real kubectl, which checks the items of a List against it.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer, type TestServer } from './in-process-suite.ts';
import { Kubectl, whyNoKubectl } from './kubectl-suite.ts';

const protobuf = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

let api: TestServer;
before(async () => {
  api = await startServer();
});
after(() => api.server.close());

describe('GET /openapi/v2', () => {
  const cases: { accept?: string; want: [number, string] }[] = [
    { want: [200, 'application/json'] },
    { accept: '*/*', want: [200, 'application/json'] },
    { accept: 'application/json', want: [200, 'application/json'] },
    { accept: protobuf, want: [200, protobuf] },
    { accept: 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf', want: [200, protobuf] },
    { accept: `text/html, ${protobuf};q=0.5, application/json;q=0.4`, want: [200, protobuf] },
    { accept: 'text/html', want: [406, 'application/json'] },
  ];
  for (const { accept, want } of cases) {
    test(`Accept: ${accept ?? '(none)'}`, async () => {
      const headers = accept === undefined ? undefined : { accept };
      const answer = await api.send('GET', '/openapi/v2?timeout=32s', undefined, headers && { headers });
      assert.deepEqual([answer.status, answer.headers['content-type']], want);
      if (want[0] === 200 && answer.json) assert.equal(answer.json.swagger, '2.0');
    });
  }

  test('who has it already gets 304, each form by its own tag', async () => {
    const tagOf = async (accept: string) => {
      const { headers } = await api.send('GET', '/openapi/v2', undefined, { headers: { accept } });
      return headers.etag as string;
    };
    const [json, binary] = await Promise.all([tagOf('application/json'), tagOf(protobuf)]);
    assert.notEqual(json, binary);
    const again = (accept: string) =>
      api.send('GET', '/openapi/v2', undefined, { headers: { accept, 'if-none-match': binary } });
    assert.equal((await again(protobuf)).status, 304);
    assert.equal((await again(protobuf)).text, '');
    assert.equal((await again('application/json')).status, 200);
  });
});

describe('kubectl', { skip: whyNoKubectl }, () => {
  let real: Kubectl;
  before(async () => {
    real = await Kubectl.connect(api);
  });
  after(() => real[Symbol.asyncDispose]());

  /** What kubectl prints, on both of its outputs. */
  async function kubectl(args: string[], input: unknown = '', env: Record<string, string> = {}) {
    const { stdout, stderr } = await real.run(args, { input, env });
    return `${stdout}${stderr}`.trim();
  }

  const list = (...items: object[]) => ({ apiVersion: 'v1', kind: 'List', items });
  const service = (name: string, spec: object = {}) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: {
      selector: { app: name },
      ports: [
        { port: 80, targetPort: 'http' },
        { name: 'b', port: 81 },
      ],
      ...spec,
    },
  });
  const web = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          containers: [{ name: 'c', image: 'host', resources: { limits: { cpu: 1, memory: '64Mi' } } }],
          volumes: [{ name: 'v', emptyDir: {} }],
        },
      },
    },
  };
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'outside', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['192.0.2.1'], conditions: { ready: true } }],
  };
  const named = service('web', { ports: [{ name: 'a', port: 80 }] });
  const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cm' }, data: { a: '1' } };

  test('applies a List, again, and what it reads back as a List', async () => {
    const items = list(named, web, slice, configMap);
    assert.equal(
      await kubectl(['apply', '-f', '-'], items),
      [
        'service/web created',
        'deployment.apps/web created',
        'endpointslice.discovery.k8s.io/outside created',
        'configmap/cm created',
      ].join('\n'),
    );
    assert.match(
      await kubectl(['apply', '-f', '-'], items),
      /^service\/web unchanged$[\s\S]*^configmap\/cm unchanged$/m,
    );
    const read = await kubectl(['get', 'svc,deploy,cm', '-o', 'yaml']);
    assert.match(read, /^kind: List$/m);
    assert.match(
      await kubectl(['replace', '-f', '-'], read),
      /service\/web replaced\n[\s\S]*deployment.apps\/web replaced/,
    );
  });

  const mistakes: { name: string; item: object; want: RegExp }[] = [
    {
      name: 'an unknown field',
      item: service('x', { colour: 'red' }),
      want: /error validating data: ValidationError\(Service\.spec\): unknown field "colour" in io\.k8s\.api\.core\.v1\.ServiceSpec/,
    },
    {
      name: 'an unknown field in a list',
      item: service('x', { ports: [{ port: 80, prot: 'TCP' }] }),
      want: /ValidationError\(Service\.spec\.ports\[0\]\): unknown field "prot" in io\.k8s\.api\.core\.v1\.ServicePort/,
    },
    {
      name: 'a missing field',
      item: service('x', { ports: [{ name: 'a' }] }),
      want: /ValidationError\(Service\.spec\.ports\[0\]\): missing required field "port" in io\.k8s\.api\.core\.v1\.ServicePort/,
    },
    {
      name: 'a wrong type',
      item: service('x', { ports: [{ port: 'http' }] }),
      want: /ValidationError\(Service\.spec\.ports\[0\]\.port\): invalid type for .*ServicePort\.port: got "string", expected "integer"/,
    },
  ];
  for (const { name, item, want } of mistakes) {
    test(`tells ${name} in an item of a List, and creates none`, async () => {
      assert.match(await kubectl(['create', '-f', '-'], list(service('good'), item)), want);
      assert.match(await kubectl(['get', 'svc', 'good']), /services "good" not found/);
    });
  }

  test('says which kind of a file is not served, and applies the rest of it', async () => {
    const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'data' }, spec: {} };
    const rest = { ...configMap, metadata: { name: 'beside' } };
    const said = await kubectl(['apply', '-f', '-'], [quota, rest].map((each) => JSON.stringify(each)).join('\n---\n'));
    assert.match(said, /no matches for kind "ResourceQuota" in version "v1"/);
    assert.match(said, /^configmap\/beside created$/m);
    assert.doesNotMatch(said, /failed to/);
  });

  test('explains from it', async () => {
    const explained = await kubectl(['explain', 'service.spec.ports', '--output=plaintext-openapiv2']);
    assert.match(explained, /^KIND:\s+Service$/m);
    assert.match(explained, /^RESOURCE: ports <\[\]Object>$/m);
    assert.match(explained, /^\s+port\t<integer> -required-$/m);
  });

  test('takes merge keys from it, as it did before 1.29', async () => {
    const old = { KUBECTL_OPENAPIV3_PATCH: 'false' };
    const merged = (ports: object[]) => service('merged', { ports });
    const [a, b, c] = [80, 81, 82].map((port) => ({ name: `p${port}`, port }));
    assert.match(
      await kubectl(['apply', '-f', '-'], merged([a as object, b as object]), old),
      /service\/merged created/,
    );
    // A port that another client added stays, which it does only if the list is merged.
    const patch = JSON.stringify({ spec: { ports: [c] } });
    assert.match(await kubectl(['patch', 'svc', 'merged', '-p', patch]), /patched/);
    const applied = await kubectl(['apply', '-f', '-', '-v=6'], merged([b as object]), old);
    assert.match(applied, /service\/merged configured/);
    assert.match(applied, /GET[^\n]*\/openapi\/v2\?/);
    assert.doesNotMatch(applied, /error calculating patch from openapi/);
    const ports = await kubectl(['get', 'svc', 'merged', '-o', 'jsonpath={.spec.ports[*].port}']);
    assert.deepEqual(ports.split(' ').sort(), ['81', '82']);
  });
});
