// Proxied exchanges over real sockets: a backend on loopback stands in for a pod, which only this test allows.

import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { WebSocket, WebSocketServer } from 'ws';
import { HttpsServer } from '../https-suite.ts';
import { type Json, pod, service } from '../in-process-suite.ts';

const ns = '/api/v1/namespaces/default';
const proxy = `${ns}/pods/p/proxy`;
const html = '<html><body><a href="/page">page</a></body></html>';

let server: HttpsServer;
let backend: Server;
let port: number;
/** Exchanges of the backend that ended before their answer did. */
let abandoned = 0;

before(async () => {
  backend = createServer(respond);
  const sockets = new WebSocketServer({ noServer: true });
  backend.on('upgrade', (request, socket, head) => {
    if (request.url === '/refuse') return socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\nnot me');
    if (request.url === '/plain') return socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    sockets.handleUpgrade(request, socket, head, (client) => {
      client.send(`hello from ${request.url} as ${request.headers.host}`);
      client.on('message', (message) => client.send(`echo ${message}`));
    });
  });
  backend.listen(0, '127.0.0.1');
  await once(backend, 'listening');
  ({ port } = backend.address() as AddressInfo);
  server = await HttpsServer.start({}, { mayProxyTo: (address) => address.startsWith('127.') });
  await runPod('p', '127.0.0.1', port);
  await server.api.send('POST', '/api/v1/nodes', { metadata: { name: 'n' } });
  const daemonEndpoints = { kubeletEndpoint: { Port: 1 } };
  const status = { addresses: [{ type: 'InternalIP', address: '127.0.0.1' }], daemonEndpoints };
  await server.api.send('PUT', '/api/v1/nodes/n/status', { metadata: { name: 'n' }, status });
});
after(async () => {
  await server[Symbol.asyncDispose]();
  backend.closeAllConnections();
  backend.close();
});

async function runPod(name: string, ip: string, containerPort: number): Promise<void> {
  const spec = { containers: [{ name: 'c', image: 'host', ports: [{ containerPort }] }] };
  await server.api.send('POST', `${ns}/pods`, pod(name, spec));
  const status = { podIP: ip, podIPs: [{ ip }] };
  await server.api.send('PUT', `${ns}/pods/${name}/status`, { ...pod(name, spec), status });
}

async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.on('close', () => {
    if (!response.writableFinished) abandoned++;
  });
  const { method, url = '', headers } = request;
  switch (url.split('?')[0]) {
    case '/redirect':
      return void response.writeHead(302, { location: '/elsewhere?a=1' }).end();
    case '/html':
      return void response
        .writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-length': html.length })
        .end(html);
    case '/html-gzip':
      return void response
        .writeHead(200, { 'content-type': 'text/html', 'content-encoding': 'gzip' })
        .end(gzipSync(html));
    case '/cookies':
      return void response.writeHead(200, { 'set-cookie': ['a=1', 'b=2'], 'x-powered-by': 'boats' }).end();
    case '/endless':
      response.write('first');
      return;
    case '/teapot':
      return void response.writeHead(418, { connection: 'x-secret', 'x-secret': 'hop' }).end('short and stout');
    case '/abort':
      response.write('half');
      return void setTimeout(() => response.destroy(), 20);
  }
  const chunks = await Array.fromAsync(request as AsyncIterable<Buffer>).catch(() => []);
  const body = Buffer.concat(chunks);
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ method, url, headers, size: body.length, body: body.toString().slice(0, 100) }));
}

const json = (text: string): Json => JSON.parse(text);

describe('requests', () => {
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'REPORT']) {
    test(`${method} with its path and query as they are`, async () => {
      const body = method === 'GET' || method === 'OPTIONS' ? undefined : 'freight';
      const headers: Record<string, string> = body ? { 'content-length': String(body.length) } : {};
      const answer = await server.http1(`${proxy}/a%2Fb//c/?x=%20y&z`, { method, body, headers });
      assert.equal(answer.status, 200, answer.text);
      const seen = json(answer.text);
      assert.deepEqual([seen.method, seen.url, seen.body], [method, '/a%2Fb//c/?x=%20y&z', body ?? '']);
    });
  }

  test('HEAD has no body but its length', async () => {
    const answer = await server.http1(`${proxy}/html`, { method: 'HEAD' });
    assert.deepEqual([answer.status, answer.text, answer.headers['content-length']], [200, '', String(html.length)]);
  });

  test('headers: the backend learns where it is seen and by whom, and no credentials', async () => {
    const headers = {
      'x-fresh': 'yes',
      'x-forwarded-for': '192.0.2.1',
      'impersonate-user': 'root',
      'x-remote-group': 'system:masters',
      connection: 'x-hop',
      'x-hop': '1',
      cookie: 'a=1; b=2',
    };
    const { headers: seen } = json((await server.http1(`${proxy}/a?b=c`, { headers })).text);
    assert.equal(seen.host, `127.0.0.1:${server.port}`);
    assert.equal(seen['x-forwarded-uri'], `${proxy}/a`);
    assert.equal(seen['x-forwarded-for'], '192.0.2.1, 127.0.0.1');
    assert.deepEqual([seen['x-fresh'], seen.cookie], ['yes', 'a=1; b=2']);
    for (const name of ['impersonate-user', 'x-remote-group', 'x-hop', 'audit-id', 'authorization']) {
      assert.equal(seen[name], undefined, name);
    }
  });

  test('a body larger than any object passes, of known and of unknown length', async () => {
    const body = Buffer.alloc(8 * 1024 * 1024, 'x');
    for (const headers of [{ 'content-length': String(body.length) }, { 'transfer-encoding': 'chunked' }] as Record<
      string,
      string
    >[]) {
      const answer = await server.http1(`${proxy}/`, { method: 'POST', body, headers });
      assert.equal(json(answer.text).size, body.length);
    }
  });

  test('over HTTP/2', async () => {
    const session = server.http2();
    const stream = session.request({ ':method': 'POST', ':path': `${proxy}/h2` });
    stream.end('freight');
    const text = Buffer.concat(await Array.fromAsync(stream as AsyncIterable<Buffer>)).toString();
    assert.deepEqual(
      [json(text).url, json(text).body, json(text).headers.host],
      ['/h2', 'freight', `127.0.0.1:${server.port}`],
    );
    session.destroy();
  });

  test('in process', async () => {
    const { json: seen } = await server.api.send('POST', `${proxy}/here`, 'freight');
    assert.deepEqual([seen.url, seen.body], ['/here', 'freight']);
  });
});

describe('answers', () => {
  test('without a path, 301 to the path that ends in a slash', async () => {
    for (const [path, want] of [
      [proxy, `${proxy}/`],
      [`${proxy}?a=b`, `${proxy}/?a=b`],
    ] as const) {
      const { status, headers, text } = await server.http1(path);
      assert.deepEqual([status, headers.location, text], [301, want, '']);
    }
    assert.equal((await server.http1(proxy, { method: 'POST', body: 'x' })).status, 200);
  });
  test("status, headers and cookies are the backend's", async () => {
    const teapot = await server.http1(`${proxy}/teapot`);
    assert.deepEqual([teapot.status, teapot.text, teapot.headers['x-secret']], [418, 'short and stout', undefined]);
    const { headers } = await server.http1(`${proxy}/cookies`);
    assert.deepEqual([headers['set-cookie'], headers['x-powered-by']], [['a=1', 'b=2'], 'boats']);
  });
  test('a redirect leads through the proxy', async () => {
    const { status, headers } = await server.http1(`${proxy}/redirect`);
    assert.deepEqual([status, headers.location], [302, `${proxy}/elsewhere?a=1`]);
  });
  test('so do links of HTML, compressed too', async () => {
    const want = html.replace('/page', `${proxy}/page`);
    assert.equal((await server.http1(`${proxy}/html`)).text, want);
    const chunks = await new Promise<Buffer>((resolve, reject) => {
      const options = { host: '127.0.0.1', port: server.port, path: `${proxy}/html-gzip`, ca: server.ca.pair.cert };
      const request = httpsRequest({ ...options, ...server.admin, agent: false }, async (response) => {
        assert.equal(response.headers['content-encoding'], 'gzip');
        resolve(Buffer.concat(await Array.fromAsync(response as AsyncIterable<Buffer>)));
      });
      request.on('error', reject).end();
    });
    assert.equal(gunzipSync(chunks).toString(), want);
  });
  test('an answer that breaks off breaks off', async () => {
    await assert.rejects(server.http1(`${proxy}/abort`), /aborted|ECONNRESET|socket hang up/);
    assert.equal((await server.http1('/livez')).status, 200);
  });
  test('a client that goes away takes the exchange with it; what comes is passed on at once', async () => {
    const before = abandoned;
    const session = server.http2();
    const stream = session.request({ ':path': `${proxy}/endless` });
    const [first] = await once(stream, 'data');
    assert.equal(String(first), 'first');
    stream.close();
    for (let i = 0; i < 100 && abandoned === before; i++) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(abandoned, before + 1);
    session.destroy();
  });
  test('nobody there', async () => {
    await runPod('dead', '127.0.0.1', 1);
    const { status, text } = await server.http1(`${ns}/pods/dead/proxy/`);
    assert.equal(status, 503);
    assert.match(
      text,
      /"error trying to reach service: dial tcp 127\.0\.0\.1:1: connect: connection refused","reason":"ServiceUnavailable"/,
    );
  });
});

describe('Services and nodes', () => {
  test('a Service leads to a ready pod, by name, number and name of its port', async () => {
    await server.api.send(
      'POST',
      `${ns}/services`,
      service('s', { ports: [{ name: 'web', port: 80, targetPort: port }] }),
    );
    await runPod('other', '127.0.0.2', port);
    const endpoint = (name: string, address: string, conditions: object) => ({
      addresses: [address],
      conditions,
      targetRef: { kind: 'Pod', name, namespace: 'default' },
    });
    // Written past the API, which takes no loopback addresses.
    const slice = {
      kind: 'EndpointSlice',
      apiVersion: 'discovery.k8s.io/v1',
      metadata: { name: 's-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 's' } },
      addressType: 'IPv4',
      endpoints: [endpoint('p', '127.0.0.1', {}), endpoint('other', '127.0.0.2', { ready: false })],
      ports: [{ name: 'web', port, protocol: 'TCP' }],
    };
    const bytes = Buffer.from(JSON.stringify(slice));
    await server.api.store.put('/registry/discovery.k8s.io/endpointslices/default/s-1', 0, () => bytes);
    for (const name of ['s:web', 's:80', 'http:s:web']) {
      const { status, text } = await server.http1(`${ns}/services/${name}/proxy/x`);
      assert.deepEqual([status, json(text).url], [200, '/x'], text);
      assert.equal(json(text).headers['x-forwarded-uri'], `${ns}/services/${name}/proxy/x`);
    }
    assert.equal((await server.http1(`${ns}/services/s/proxy/x`)).status, 503, 'a port with a name wants to be named');
  });
  test('any port of a node', async () => {
    const { status, text } = await server.http1(`/api/v1/nodes/n:${port}/proxy/x`);
    assert.deepEqual([status, json(text).url], [200, '/x'], text);
  });
});

describe('upgrades', () => {
  const connect = (path: string) =>
    new WebSocket(`wss://127.0.0.1:${server.port}${path}`, { ca: server.ca.pair.cert, ...server.admin });

  test('a WebSocket passes through, both ways', async () => {
    const socket = connect(`${proxy}/chat?room=1`);
    const messages: string[] = [];
    socket.on('message', (data) => messages.push(String(data)));
    await once(socket, 'open');
    socket.send('ahoy');
    while (messages.length < 2) await once(socket, 'message');
    assert.deepEqual(messages, [`hello from /chat?room=1 as 127.0.0.1:${server.port}`, 'echo ahoy']);
    socket.close();
  });
  const refusals: { path: string; want: [number, RegExp] }[] = [
    { path: '/refuse', want: [403, /^not me$/] },
    { path: '/plain', want: [500, /invalid upgrade response: status code 200/] },
  ];
  for (const { path, want } of refusals) {
    test(`${path} is answered with ${want[0]}`, async () => {
      const socket = connect(`${proxy}${path}`);
      socket.on('error', () => {});
      const [, answer] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
      const text = Buffer.concat(await Array.fromAsync(answer as AsyncIterable<Buffer>)).toString();
      assert.equal(answer.statusCode, want[0]);
      assert.match(text, want[1]);
    });
  }
  test('a tunnel ends with the server', async () => {
    const own = await HttpsServer.start({}, { mayProxyTo: () => true });
    const shared = server;
    server = own;
    await runPod('p', '127.0.0.1', port);
    const socket = connect(`${proxy}/chat`);
    server = shared;
    await once(socket, 'open');
    const closed = once(socket, 'close');
    await own[Symbol.asyncDispose]();
    await closed;
    assert.ok(
      (socket as WebSocket & { _socket: Socket | null })._socket === null || socket.readyState === WebSocket.CLOSED,
    );
  });
});

const kubectlPath = '/usr/bin/kubectl';
describe('kubectl', { skip: existsSync(kubectlPath) ? false : `there is no ${kubectlPath}` }, () => {
  let home: string;
  let running: ChildProcess;
  let base: string;

  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'portolan-kubectl-'));
    const data = (text: string) => Buffer.from(text).toString('base64');
    const cluster = {
      server: `https://127.0.0.1:${server.port}`,
      'certificate-authority-data': data(server.ca.pair.cert),
    };
    const user = { 'client-certificate-data': data(server.admin.cert), 'client-key-data': data(server.admin.key) };
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 't',
      clusters: [{ name: 't', cluster }],
      users: [{ name: 't', user }],
      contexts: [{ name: 't', context: { cluster: 't', user: 't' } }],
    };
    await writeFile(join(home, 'config'), JSON.stringify(config));
    const env = { HOME: home, KUBECONFIG: join(home, 'config'), PATH: '/usr/bin:/bin' };
    running = spawn(kubectlPath, ['proxy', '--port=0'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(running.stdout as Readable, 'data');
    base = `http://${/127\.0\.0\.1:\d+/.exec(String(line))?.[0]}`;
  });
  after(async () => {
    running.kill();
    await rm(home, { recursive: true, force: true });
  });

  test('proxy: objects, watches, and what pods serve, with links that lead back', async () => {
    const version = (await (await fetch(`${base}/version`)).json()) as Json;
    assert.match(version.gitVersion, /^v1\./);
    const watch = await fetch(`${base}${ns}/pods?watch=true&fieldSelector=metadata.name%3Dp`);
    const reader = (watch.body as ReadableStream<Uint8Array>).getReader();
    const { value } = await reader.read();
    assert.equal(json(Buffer.from(value ?? []).toString()).object.metadata.name, 'p');
    await reader.cancel();
    const page = await fetch(`${base}${proxy}/html`);
    assert.equal(await page.text(), html.replace('/page', `${proxy}/page`));
    const moved = await fetch(`${base}${proxy}/redirect`, { redirect: 'manual' });
    assert.equal(moved.headers.get('location'), `${proxy}/elsewhere?a=1`);
    const followed = (await (await fetch(`${base}${proxy}/redirect`)).json()) as Json;
    assert.equal(followed.url, '/elsewhere?a=1');
    const socket = new WebSocket(`${base.replace('http', 'ws')}${proxy}/chat`);
    const [hello] = await once(socket, 'message');
    assert.match(String(hello), /^hello from \/chat/);
    socket.close();
  });

  test('get --raw', async () => {
    const env = { HOME: home, KUBECONFIG: join(home, 'config'), PATH: '/usr/bin:/bin' };
    const { stdout } = await promisify(execFile)(kubectlPath, ['get', '--raw', `${proxy}/raw`], { env });
    assert.equal(json(stdout).url, '/raw');
  });
});
