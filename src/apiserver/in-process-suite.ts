// What the tests of this folder share: a server on a memory store, and requests to it as short as the cases need.

import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import type { Clock } from '#lib/clock.ts';
import { systemClock } from '#lib/clock.ts';
import type { HttpResponse } from '#lib/http.ts';
import { createLogger } from '#lib/log.ts';
import { MemoryStore, type MemoryStoreOptions } from '#storage/index.ts';
import { ApiServer, type ApiServerOptions } from './server.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers of all kinds are looked into by path
export type Json = any;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly json: Json;
  readonly text: string;
}

export interface TestServer {
  readonly server: ApiServer;
  readonly store: MemoryStore;
  send(method: string, url: string, body?: unknown, options?: SendOptions): Promise<Answer>;
  /** The events of a watch, decoded. Aborting the signal ends it. */
  watch(url: string, signal: AbortSignal, headers?: Record<string, string>): Promise<AsyncGenerator<Json>>;
}
export interface SendOptions {
  readonly headers?: Record<string, string>;
  readonly user?: { name: string; groups: string[] };
}

export const admin = { name: 'admin', groups: ['system:masters'] };
export const jsonPatch = { headers: { 'content-type': 'application/json-patch+json' } };
export const mergePatch = { headers: { 'content-type': 'application/merge-patch+json' } };
export const strategicPatch = { headers: { 'content-type': 'application/strategic-merge-patch+json' } };
export const tableV1 = { headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' } };

export interface TestServerOptions extends Partial<ApiServerOptions>, MemoryStoreOptions {
  readonly store?: MemoryStore;
  readonly clock?: Clock;
}

export async function startServer(options: TestServerOptions = {}): Promise<TestServer> {
  const store = options.store ?? new MemoryStore(options);
  const log = createLogger('test', 'error');
  const server = new ApiServer(
    { store, log, clock: options.clock ?? systemClock },
    { serviceCIDR: '10.96.0.0/12', ...options },
  );
  await server.start();
  const exchange = (method: string, url: string, body: unknown, { headers = {}, user = admin }: SendOptions) =>
    server.fetchAs(user)({ method, url, headers, body: bytesOf(body) });
  return {
    server,
    store,
    async send(method, url, body, sendOptions = {}) {
      return decode(await exchange(method, url, body, sendOptions));
    },
    async watch(url, signal, headers = {}) {
      const response = await server.fetchAs(admin)({ method: 'GET', url, headers, signal });
      assert.equal(response.status, 200, response.body instanceof Uint8Array ? String(Buffer.from(response.body)) : '');
      assert.ok(!(response.body instanceof Uint8Array));
      return lines(response.body);
    },
  };
}

const bytesOf = (body: unknown): Uint8Array | undefined => {
  if (body === undefined || body instanceof Uint8Array) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
};

async function decode({ status, headers, body }: HttpResponse): Promise<Answer> {
  const chunks = body instanceof Uint8Array ? [body] : await Array.fromAsync(body);
  const text = Buffer.concat(chunks).toString();
  const isJson = headers['content-type']?.startsWith('application/json') && text !== '';
  return { status, headers, text, json: isJson ? JSON.parse(text) : undefined };
}

async function* lines(body: AsyncIterable<Uint8Array>): AsyncGenerator<Json> {
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + Buffer.from(chunk).toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line);
  }
  assert.equal(rest, '', 'a watch ends with a whole line');
}

/** The next event, which must be there soon. */
export async function next(events: AsyncGenerator<Json>): Promise<Json> {
  const result = await events.next();
  assert.ok(!result.done, 'the watch has ended');
  return result.value;
}

export const service = (name: string, spec: object = {}) => ({
  metadata: { name },
  spec: { selector: { app: name }, ports: [{ port: 80 }], ...spec },
});
export const configMap = (name: string, rest: object = {}) => ({ metadata: { name }, data: { a: '1' }, ...rest });
export const pod = (name: string, spec: object = {}) => ({
  metadata: { name },
  spec: { containers: [{ name: 'c', image: 'host' }], ...spec },
});
export const deployment = (name: string) => ({
  metadata: { name },
  spec: {
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'host' }] } },
  },
});

/** Waits for what must be so soon. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  const limit = AbortSignal.timeout(5_000);
  while (!(await isSo())) {
    limit.throwIfAborted();
    await setTimeout(5);
  }
}
