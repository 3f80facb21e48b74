// A real API server on the memory store, for tests of the DNS server: in this process, and by HTTP on loopback.

import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { TestContext } from 'node:test';
import { ApiServer } from '#apiserver/index.ts';
import type { Fetch } from '#lib/http.ts';
import { MemoryStore } from '#storage/index.ts';
import { log } from './testing/listening.ts';

/** As one who may do everything; ends with the test. */
export async function apiServer(t: TestContext, serviceCIDR = '10.96.0.0/12'): Promise<Fetch> {
  const store = new MemoryStore();
  const server = new ApiServer({ store, log }, { serviceCIDR });
  await server.start();
  t.after(async () => {
    await server.close();
    await store.close();
  });
  return server.fetchAs({ name: 'admin', groups: ['system:masters'] });
}

/** The way to it by HTTP, as a kubeconfig file. */
export async function kubeconfig(t: TestContext, fetch: Fetch): Promise<string> {
  const server = createServer((request, response) => void bridge(fetch, request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const folder = await mkdtemp(join(tmpdir(), 'portolan-dns-'));
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const file = join(folder, 'kubeconfig');
  const config = {
    'current-context': 'test',
    clusters: [{ name: 'test', cluster: { server: url } }],
    users: [{ name: 'test', user: { token: 'unused' } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
  };
  await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'Config', ...config }));
  return file;
}

async function bridge(fetch: Fetch, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const headers = { accept: request.headers.accept ?? '*/*' };
  const { method = 'GET', url = '/' } = request;
  const answer = await fetch({ method, url, headers, signal: gone.signal });
  response.writeHead(answer.status, answer.headers);
  if (answer.body instanceof Uint8Array) response.end(answer.body);
  else await pipeline(answer.body, response).catch(() => {});
}
