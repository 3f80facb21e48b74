import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isNotFound, pods } from '#api/index.ts';
import { Client } from './client.ts';
import { connect, connectTo } from './connect.ts';
import { inClusterConfig } from './in-cluster.ts';
import { loadKubeconfig } from './kubeconfig.ts';

const pem = Buffer.from('-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n').toString('base64');
const document = (cluster: string, user: string): string => `
apiVersion: v1
kind: Config
current-context: here
contexts: [{ name: here, context: { cluster: one, user: me } }]
clusters: [{ name: one, cluster: { ${cluster} } }]
users: [{ name: me, user: { ${user} } }]
`;

test('loadKubeconfig reads inline material', async () => {
  const text = document(
    `server: 'https://127.0.0.1:6443/', certificate-authority-data: ${pem}`,
    `client-certificate-data: ${pem}, client-key-data: ${pem}`,
  );
  const config = await loadKubeconfig(text);
  assert.equal(config.server, 'https://127.0.0.1:6443');
  assert.equal(config.namespace, 'default');
  assert.match(config.ca ?? '', /^-----BEGIN/);
  assert.match(config.key ?? '', /^-----BEGIN/);
});

for (const { name, text, want } of [
  {
    name: 'a missing file',
    text: '/nonexistent/config',
    want: /kubeconfig \/nonexistent\/config: there is no such file/,
  },
  { name: 'text that is not YAML', text: '{\n', want: /kubeconfig: not YAML: / },
  { name: 'a document that is no kubeconfig', text: '- a\n- b\n', want: /not a kubeconfig/ },
  { name: 'no current context', text: 'kind: Config\n', want: /current-context is not set/ },
  { name: 'a server that is no URL', text: document('server: here', ''), want: /cluster "one": server "here" is not/ },
  {
    name: 'half a key pair',
    text: document('server: "https://h"', `client-key-data: ${pem}`),
    want: /user "me" has a client certificate or a key, but not both/,
  },
  {
    name: 'a program as credential',
    text: document('server: "https://h"', 'exec: { command: aws }'),
    want: /user "me" uses "exec"/,
  },
  {
    name: 'a certificate file that is missing',
    text: document('server: "https://h", certificate-authority: /nonexistent/ca.crt', ''),
    want: /certificate-authority cannot be read: ENOENT/,
  },
]) {
  test(`loadKubeconfig says what is wrong with ${name}`, async () => {
    await assert.rejects(loadKubeconfig(text), want);
  });
}

test('connect sends the token, reads streams, and turns refusals into ApiErrors', async () => {
  const server = http.createServer((request, response) => {
    assert.equal(request.headers.authorization, 'Bearer secret');
    if (request.url?.includes('watch=true')) {
      response.write('{"type":"ADDED","object":{"metadata":{"name":"a"}}}\n');
    } else {
      response.writeHead(404).end('404 page not found');
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    const client = new Client(await connect(document(`server: "http://127.0.0.1:${port}"`, 'token: secret')));
    await assert.rejects(client.resource(pods).get('a', 'default'), isNotFound);
    const stop = new AbortController();
    const seen: (string | undefined)[] = [];
    await assert.rejects(async () => {
      for await (const { object } of client.resource(pods).watch({ signal: stop.signal })) {
        seen.push(object.metadata.name);
        stop.abort();
      }
    });
    assert.deepEqual(seen, ['a']);
  } finally {
    server.closeAllConnections();
    server.close();
  }
  const gone = new Client(await connect(document(`server: "http://127.0.0.1:${port}"`, 'token: secret')));
  await assert.rejects(gone.resource(pods).list(), /GET http:\/\/127.0.0.1:\d+\/api\/v1\/pods: .*ECONNREFUSED/);
});

test('a token in a file is read for the request, as a pod has it', async (t) => {
  const seen: (string | undefined)[] = [];
  const server = http.createServer((request, response) => {
    seen.push(request.headers.authorization);
    response.end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const directory = await mkdtemp(join(tmpdir(), 'portolan-token-'));
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await rm(directory, { recursive: true });
  });
  await Promise.all([writeFile(join(directory, 'token'), 'secret\n'), writeFile(join(directory, 'ca.crt'), 'ca')]);
  const { port } = server.address() as AddressInfo;
  const env = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(port) };
  const config = await inClusterConfig(env, directory);
  assert.deepEqual([config.server, config.ca], [`https://127.0.0.1:${port}`, 'ca']);
  const fetch = connectTo({ ...config, server: `http://127.0.0.1:${port}` });
  await fetch({ method: 'GET', url: '/', headers: {} });
  assert.deepEqual(seen, ['Bearer secret']);
});

test('outside of a pod, and without a token, the service account is refused with what is missing', async () => {
  await assert.rejects(inClusterConfig({}), /this is no pod of a cluster .*: name a kubeconfig/);
  const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };
  await assert.rejects(inClusterConfig(env, '/nonexistent'), /service account cannot be used: ENOENT.*nonexistent/);
});
