// The HTTPS front with real clients on loopback: node's HTTP/1.1 and HTTP/2, and the real kubectl.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect as connectHttp2 } from 'node:http2';
import { createServer, request as httpsRequest, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { promisify } from 'node:util';
import { CertificateAuthority, type KeyPair } from '#cluster/pki.ts';
import { admin, configMap, type Json, pod, startServer, type TestServer } from './in-process-suite.ts';

const kubectlPath = '/usr/bin/kubectl';
const nodeUser = { name: 'system:node:n1', groups: ['system:nodes'] };

let api: TestServer;
let listening: { port: number; close(): Promise<void> };
let ca: CertificateAuthority;
let client: KeyPair;
let stranger: KeyPair;
let nobody: KeyPair;
let kubelet: Server;

before(async () => {
  ca = await CertificateAuthority.create('test-ca');
  const otherCa = await CertificateAuthority.create('other-ca');
  const [serving, kubeletServing] = await Promise.all([
    ca.issue({ commonName: 'apiserver', names: ['127.0.0.1', 'localhost'] }),
    ca.issue({ commonName: 'system:node:n1', organizations: ['system:nodes'], names: ['n1'] }),
  ]);
  client = await ca.issue({ commonName: 'admin', organizations: ['system:masters'] });
  nobody = await ca.issue({ commonName: 'jane', organizations: ['dev', 'ops'] });
  stranger = await otherCa.issue({ commonName: 'admin', organizations: ['system:masters'] });
  api = await startServer();
  const tls = { ...serving, ca: ca.pair.cert };
  listening = await api.server.listen({
    host: '127.0.0.1',
    port: 0,
    tls,
    kubeletClient: { ...client, ca: ca.pair.cert },
  });
  kubelet = await startKubelet({ ...kubeletServing, ca: ca.pair.cert });
  await registerNode((kubelet.address() as AddressInfo).port);
});

after(async () => {
  await api.server.close();
  kubelet.closeAllConnections();
  kubelet.close();
});

/** Answers as a kubelet does: logs as text, and an upgrade that echoes what it is sent. */
async function startKubelet(tls: { key: string; cert: string; ca: string }): Promise<Server> {
  const server = createServer({ ...tls, requestCert: true, rejectUnauthorized: true }, (request, response) => {
    if (request.url?.includes('previous=true')) {
      response.writeHead(400).end('previous terminated container "c" in pod "p" not found');
    } else response.end(`log of ${request.url}`);
  });
  server.on('upgrade', (request, socket) => {
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-Path: ${request.url}\r\n\r\n`,
    );
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return server;
}

async function registerNode(Port: number): Promise<void> {
  await api.send('POST', '/api/v1/nodes', { metadata: { name: 'n1' } });
  const status = {
    addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
    daemonEndpoints: { kubeletEndpoint: { Port } },
  };
  await api.send('PUT', '/api/v1/nodes/n1/status', { metadata: { name: 'n1' }, status });
  await api.send('POST', '/api/v1/namespaces/default/pods', pod('p', { nodeName: 'n1' }));
  await api.send('POST', '/api/v1/namespaces/default/pods', pod('unscheduled'));
}

interface Exchange {
  readonly status: number | undefined;
  readonly headers: Record<string, unknown>;
  readonly text: string;
}

interface RequestOptions {
  readonly method?: string;
  readonly body?: Uint8Array;
  readonly headers?: Record<string, string>;
}

function http1(path: string, pair: KeyPair | undefined, { method = 'GET', headers = {}, body }: RequestOptions = {}) {
  return new Promise<Exchange>((resolve, reject) => {
    const options = { host: '127.0.0.1', port: listening.port, path, method, headers, ca: ca.pair.cert, ...pair };
    const request = httpsRequest({ ...options, agent: false }, async (response) => {
      const chunks = await Array.fromAsync(response as AsyncIterable<Buffer>);
      resolve({ status: response.statusCode, headers: response.headers, text: Buffer.concat(chunks).toString() });
    });
    request.on('error', reject);
    request.end(body);
  });
}

describe('HTTPS', () => {
  const cases: {
    name: string;
    path: string;
    pair: () => KeyPair | undefined;
    headers?: Record<string, string>;
    want: [number, RegExp];
  }[] = [
    {
      name: 'a certificate of our CA is its subject',
      path: '/api/v1/nodes',
      pair: () => client,
      want: [200, /NodeList/],
    },
    { name: 'a certificate of another CA', path: '/api/v1/nodes', pair: () => stranger, want: [401, /Unauthorized/] },
    {
      name: 'no certificate, resources',
      path: '/api/v1/nodes',
      pair: () => undefined,
      want: [
        403,
        /nodes is forbidden: User \\"system:anonymous\\" cannot list resource \\"nodes\\" in API group \\"\\" at the cluster scope/,
      ],
    },
    { name: 'no certificate, health', path: '/readyz', pair: () => undefined, want: [200, /^ok$/] },
    { name: 'no certificate, version', path: '/version', pair: () => undefined, want: [200, /"gitVersion":"v1\.33/] },
    { name: 'no certificate, index of paths', path: '/', pair: () => undefined, want: [403, /cannot get path/] },
    {
      name: 'any bearer token',
      path: '/version',
      pair: () => undefined,
      headers: { authorization: 'Bearer x' },
      want: [401, /Unauthorized/],
    },
    {
      name: 'a known user without rights',
      path: '/api/v1/namespaces/default/secrets',
      pair: () => nobody,
      want: [
        403,
        /User \\"jane\\" cannot list resource \\"secrets\\" in API group \\"\\" in the namespace \\"default\\"/,
      ],
    },
    { name: 'a broken escape in the path', path: '/api/v1/%zz', pair: () => client, want: [400, /percent-encoding/] },
  ];
  for (const { name, path, pair, headers = {}, want } of cases) {
    test(`HTTP/1.1: ${name}`, async () => {
      const { status, text } = await http1(path, pair(), { headers });
      assert.equal(status, want[0], text);
      assert.match(text, want[1]);
    });
  }

  test('HTTP/2: many exchanges and a watch share a connection; the watch ends when the client leaves', async () => {
    const session = connectHttp2(`https://127.0.0.1:${listening.port}`, { ca: ca.pair.cert, ...client });
    const watch = session.request({ ':path': '/api/v1/namespaces/default/configmaps?watch=true&resourceVersion=0' });
    const events = watch[Symbol.asyncIterator]();
    const lists = Array.from({ length: 20 }, async () => {
      const stream = session.request({ ':path': '/api/v1/namespaces' });
      return JSON.parse(Buffer.concat(await Array.fromAsync(stream as AsyncIterable<Buffer>)).toString());
    });
    for (const list of await Promise.all(lists)) assert.equal((list as Json).kind, 'NamespaceList');
    await api.send('POST', '/api/v1/namespaces/default/configmaps', configMap('h2'));
    const { value } = await events.next();
    assert.equal(JSON.parse(String(value)).object.metadata.name, 'h2');
    watch.close();
    session.destroy();
  });

  test('a body beyond 3 MiB is refused with 413', async () => {
    const body = Buffer.alloc(3 * 1024 * 1024 + 1, 32);
    const result = await http1('/api/v1/namespaces', client, { method: 'POST', body }).catch((error: Error) => error);
    // The refusal may come while the client still writes, who then sees a closed connection.
    if (!(result instanceof Error)) assert.equal(result.status, 413);
  });

  test('large answers are compressed for those who can read them', async () => {
    const data = { big: 'x'.repeat(200_000) };
    await api.send('POST', '/api/v1/namespaces/default/configmaps', configMap('big', { data }));
    const path = '/api/v1/namespaces/default/configmaps/big';
    const encodings: [string, string | undefined][] = [
      ['gzip', 'gzip'],
      ['br, gzip;q=0.5', 'gzip'],
      ['gzip;q=0', undefined],
      ['gzip; q=0.0, br', undefined],
      ['not-gzip', undefined],
    ];
    for (const [wanted, got] of encodings) {
      const { headers } = await http1(path, client, { headers: { 'accept-encoding': wanted } });
      assert.equal(headers['content-encoding'], got, wanted);
    }
    assert.equal((await http1(path, client)).headers['content-encoding'], undefined);
  });

  test('garbage on the port hurts nobody else', async () => {
    const socket = connectTls({ host: '127.0.0.1', port: listening.port, ca: ca.pair.cert, ...client });
    socket.on('error', () => {});
    socket.write('\x00\x01 nonsense\r\n\r\n');
    const answer = await Array.fromAsync(socket as AsyncIterable<Buffer>);
    assert.match(Buffer.concat(answer).toString(), /^HTTP\/1\.1 400 Bad Request\r\n/);
    assert.equal((await http1('/livez', undefined)).status, 200);
  });
});

describe('kubelet sub-resources', () => {
  const cases: { name: string; path: string; want: [number, RegExp | string] }[] = [
    {
      name: 'log',
      path: 'p/log?tailLines=3&follow=true',
      want: [200, 'log of /containerLogs/default/p/c?follow=true&tailLines=3'],
    },
    {
      name: 'log of a container that is not there',
      path: 'p/log?container=x',
      want: [400, /container x is not valid for pod p/],
    },
    { name: 'log that the kubelet refuses', path: 'p/log?previous=true', want: [400, /previous terminated container/] },
    { name: 'log of a pod without a node', path: 'unscheduled/log', want: [200, ''] },
    { name: 'log of a pod that is not there', path: 'gone/log', want: [404, /pods \\"gone\\" not found/] },
    { name: 'exec without an upgrade', path: 'p/exec?command=ls', want: [400, /upgrade/] },
  ];
  for (const { name, path, want } of cases) {
    test(name, async () => {
      const { status, text } = await http1(`/api/v1/namespaces/default/pods/${path}`, client);
      assert.equal(status, want[0], text);
      if (typeof want[1] === 'string') assert.equal(text, want[1]);
      else assert.match(text, want[1]);
    });
  }

  const upgrade = (path: string, pair: KeyPair | undefined) =>
    new Promise<string>((resolve, reject) => {
      const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-key': 'x' };
      const options = {
        host: '127.0.0.1',
        port: listening.port,
        path,
        headers,
        ca: ca.pair.cert,
        agent: false,
        ...pair,
      };
      const request = httpsRequest(options);
      request.on('upgrade', (answer, socket, head) => {
        socket.write('hello');
        socket.once('data', (data) => {
          resolve(`${answer.headers['x-path']} ${head}${data}`);
          socket.destroy();
        });
      });
      request.on('response', async (response) => {
        resolve(Buffer.concat(await Array.fromAsync(response as AsyncIterable<Buffer>)).toString());
      });
      request.on('error', reject);
      request.end();
    });

  test('exec is a tunnel to the kubelet', async () => {
    const path = '/api/v1/namespaces/default/pods/p/exec?command=sh&command=-c&stdin=true&stdout=true&tty=true';
    assert.equal(await upgrade(path, client), '/exec/default/p/c?input=1&output=1&tty=1&command=sh&command=-c hello');
  });
  test('exec is refused with a Status to those who may not', async () => {
    assert.match(await upgrade('/api/v1/namespaces/default/pods/p/exec?command=sh', nobody), /"code":403/);
    assert.match(await upgrade('/api/v1/namespaces/default/pods/p/exec?command=sh', stranger), /"code":401/);
    assert.match(
      await upgrade('/api/v1/namespaces/default/pods/unscheduled/exec?command=sh', client),
      /does not have a host assigned/,
    );
    assert.match(await upgrade('/api/v1/namespaces', client), /not supported/);
  });
  test('a kubelet that is gone is a readable error', async () => {
    await api.send('POST', '/api/v1/nodes', { metadata: { name: 'lost' } });
    await api.send('POST', '/api/v1/namespaces/default/pods', pod('stray', { nodeName: 'lost' }));
    const { status, text } = await http1('/api/v1/namespaces/default/pods/stray/log', client);
    assert.equal(status, 503);
    assert.match(text, /node lost has not told/);
    assert.equal((await api.send('GET', '/api/v1/nodes/lost', undefined, { user: nodeUser })).status, 200);
  });
});

describe('kubectl', { skip: existsSync(kubectlPath) ? false : `there is no ${kubectlPath}` }, () => {
  let home: string;
  const run = promisify(execFile);
  const kubectl = async (...args: string[]) => {
    const env = { HOME: home, KUBECONFIG: join(home, 'config'), PATH: '/usr/bin:/bin' };
    const all = ['--cache-dir', join(home, 'cache'), '--request-timeout=10s', ...args];
    const { stdout, stderr } = await run(kubectlPath, all, { env, timeout: 30_000 }).catch((error: Json) => ({
      stdout: error.stdout as string,
      stderr: `${error.stderr}`,
    }));
    return `${stdout}${stderr}`.trim();
  };
  const file = async (name: string, value: unknown) => {
    await writeFile(join(home, name), typeof value === 'string' ? value : JSON.stringify(value));
    return join(home, name);
  };

  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'portolan-kubectl-'));
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    await file('config', {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'test',
      clusters: [
        {
          name: 'test',
          cluster: {
            server: `https://127.0.0.1:${listening.port}`,
            'certificate-authority-data': base64(ca.pair.cert),
          },
        },
      ],
      users: [
        {
          name: admin.name,
          user: { 'client-certificate-data': base64(client.cert), 'client-key-data': base64(client.key) },
        },
      ],
      contexts: [{ name: 'test', context: { cluster: 'test', user: admin.name } }],
    });
  });
  after(() => rm(home, { recursive: true, force: true }));

  test('creates, reads, changes and deletes what a tutorial does', async () => {
    const has = async (want: RegExp, ...args: string[]) => assert.match(await kubectl(...args), want, args.join(' '));
    await has(/Server Version: v1\.33\.0/, 'version');
    await has(/^services\s+svc\s+v1\s+true\s+Service$/m, 'api-resources');
    await has(
      /deployment.apps\/web created/,
      'create',
      'deployment',
      'web',
      '--image=host',
      '--replicas=2',
      '--',
      'sleep',
      '9',
    );
    await has(/^web\s+0\/2\s+0\s+0\s+\d+s/m, 'get', 'deploy');
    await has(/service\/web exposed/, 'expose', 'deployment', 'web', '--port=80', '--target-port=8080');
    await has(/^web\s+ClusterIP\s+10\.\d+\.\d+\.\d+\s+<none>\s+80\/TCP\s+\d+s\s+app=web$/m, 'get', 'svc', '-o', 'wide');
    await has(/TargetPort:\s+8080\/TCP/, 'describe', 'svc', 'web');
    await has(/deployment.apps\/web scaled/, 'scale', 'deployment', 'web', '--replicas=5');
    await has(/^5$/, 'get', 'deploy', 'web', '-o', 'jsonpath={.spec.replicas}');
    await has(/service\/web labeled/, 'label', 'svc', 'web', 'tier=front');
    await has(/service\/web not labeled/, 'label', 'svc', 'web', 'tier=front');
    await has(/service\/web patched/, 'patch', 'svc', 'web', '-p', '{"spec":{"type":"NodePort"}}');
    await has(/80:3\d{4}\/TCP/, 'get', 'svc', 'web');
    await has(/patched \(no change\)/, 'patch', 'svc', 'web', '-p', '{"spec":{"type":"NodePort"}}');
    await has(/KIND:\s+Service[\s\S]*targetPort/, 'explain', 'service.spec.ports');
    await has(/service "web" deleted/, 'delete', 'svc', 'web');
  });

  test('applies files, tells what is wrong with them, deletes with waiting', async () => {
    const has = async (want: RegExp, ...args: string[]) => assert.match(await kubectl(...args), want, args.join(' '));
    const manifest = (data: object) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cm' }, data });
    const path = await file('cm.json', manifest({ a: '1' }));
    await has(/configmap\/cm created/, 'apply', '-f', path);
    await has(/configmap\/cm unchanged/, 'apply', '-f', path);
    await file('cm.json', manifest({ b: '2' }));
    await has(/configmap\/cm configured/, 'apply', '-f', path);
    await has(/^\{"b":"2"\}$/, 'get', 'cm', 'cm', '-o', 'jsonpath={.data}');
    await has(/configmap\/cm replaced/, 'replace', '-f', path);
    const wrong = await file('wrong.yaml', 'apiVersion: v1\nkind: Service\nmetadata: {name: w}\nspec: {prots: []}\n');
    await has(/unknown field "spec.prots"/, 'apply', '-f', wrong);
    await has(
      /Service "Web" is invalid: [\s\S]*a lowercase RFC 1123 label must consist/,
      'create',
      'service',
      'clusterip',
      'Web',
      '--tcp=80',
    );
    await has(/configmaps "none" not found/, 'get', 'cm', 'none');
    await has(/configmap\/cm serverside-applied/, 'apply', '--server-side', '-f', path);
    await has(/configmap "cm" deleted/, 'delete', '-f', path);
    await has(/namespace\/other created/, 'create', 'namespace', 'other');
    await has(/secret\/s created/, '-n', 'other', 'create', 'secret', 'generic', 's', '--from-literal=k=v');
    await has(/pod\/tmp created/, '-n', 'other', 'run', 'tmp', '--image=host', '--restart=Never', '--', 'sleep', '9');
    await has(/pod "tmp" deleted/, '-n', 'other', 'delete', 'pod', 'tmp', '--now');
    await has(/secret "s" deleted/, '-n', 'other', 'delete', 'secret', '--all');
    await has(/serviceaccount\/robot created/, '-n', 'other', 'create', 'serviceaccount', 'robot');
  });
});

test('a server that closes ends watches after their last event, and promptly', async () => {
  const other = await startServer();
  const serving = await ca.issue({ commonName: 'apiserver', names: ['127.0.0.1'] });
  const { port } = await other.server.listen({ host: '127.0.0.1', port: 0, tls: { ...serving, ca: ca.pair.cert } });
  const path = '/api/v1/namespaces?watch=true';
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const request = httpsRequest({ host: '127.0.0.1', port, path, ca: ca.pair.cert, ...client, agent: false });
  request.on('error', reject);
  request.on('response', (response) => {
    let text = '';
    response.once('data', () => void other.server.close());
    response.on('data', (chunk) => {
      text += chunk;
    });
    response.on('end', () => resolve(text));
    response.on('error', reject);
  });
  request.end();
  const lines = (await promise).trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).type),
    Array(4).fill('ADDED'),
  );
});
