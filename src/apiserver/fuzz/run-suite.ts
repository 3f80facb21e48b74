// A fuzz run: requests one after the other, each held against the oracle, and what it did to the store against what it said.

import assert from 'node:assert/strict';
import type { HttpResponse } from '#lib/http.ts';
import { admin, type Json, type TestServer } from '../in-process-suite.ts';
import { collectionOf, sampleOf } from '../samples-suite.ts';
import { checkAnswer, checkPrototypes, checkStatus, type Heard } from './oracle-suite.ts';
import { Random } from './random-suite.ts';
import { type FuzzRequest, requestOf } from './requests-suite.ts';
import { isOfCollection, type Route } from './routes-suite.ts';

/** In processor time of this thread, for one request; a thousand times what most take. */
const mostCpuMs = 1_500;
const mostMs = 20_000;
/** How long a stream is listened to. */
const listenMs = 5;
const maxFailures = 12;

export type Send = (request: FuzzRequest) => Promise<Heard>;

export interface Tally {
  answered: number;
  refused: number;
}

export class FuzzRun {
  readonly #api: TestServer;
  readonly #routes: readonly Route[];
  readonly #seed: number;
  /** By the name of the route. */
  readonly tallies = new Map<string, Tally>();
  /** One of each sort. */
  readonly failures = new Map<string, string>();

  constructor(api: TestServer, routes: readonly Route[], seed: number) {
    this.#api = api;
    this.#routes = routes;
    this.#seed = seed;
  }

  /** Requests by number, so that each can be made again by itself. Stops when there is enough to look at. */
  async play(first: number, count: number, send?: Send): Promise<void> {
    for (let index = first; index < first + count && this.failures.size < maxFailures; index++) {
      await this.#playOne(index, send);
    }
  }

  async #playOne(index: number, send: Send | undefined): Promise<void> {
    const random = new Random(this.#seed, index);
    const route = this.#routes[index % this.#routes.length] as Route;
    const { at, live, good } = await this.#prepare(route, random);
    const request = requestOf({ route, random, live, good }, at);
    const before = this.#api.store.revision;
    const cpu = process.threadCpuUsage();
    let heard: Heard | undefined;
    try {
      heard = await inTime((send ?? this.#inProcess)(request));
      const { user, system } = process.threadCpuUsage(cpu);
      checkAnswer(request, heard);
      checkPrototypes();
      if (!send)
        assert.ok((user + system) / 1000 < mostCpuMs, `it took ${(user + system) / 1000} ms of processor time`);
      if (mustNotWrite(request, heard)) {
        assert.deepEqual(
          await this.#written(before),
          [],
          `something was stored although the answer is ${heard.status}`,
        );
      }
    } catch (error) {
      this.#failed(index, request, heard, error as Error);
    }
    const tally = this.tallies.get(route.name) ?? { answered: 0, refused: 0 };
    this.tallies.set(route.name, tally);
    if (heard && heard.status < 400) tally.answered++;
    else tally.refused++;
  }

  /** The keys of what was stored since, apart from what the server repairs by itself in its own time, and says in an event. */
  async #written(since: number): Promise<string[]> {
    if (this.#api.store.revision === since) return [];
    const stop = new AbortController();
    const changes = this.#api.store.watch('/', since, stop.signal);
    // Only those that there are by now.
    stop.abort();
    const events = (await Array.fromAsync(changes)).flat();
    return events.map(({ key }) => key).filter((key) => !/\/ipaddresses\/|\/core\/events\//.test(key));
  }

  /** Something to ask for, most of the time, and what is known of it. */
  async #prepare({ kind, verb, ...route }: Route, random: Random): Promise<{ at: Place; live: Json; good: Json }> {
    if (!kind) return { at: { namespace: '', name: '' }, live: undefined, good: undefined };
    const namespace = random.pick(['default', 'default', 'default', 'kube-public', 'nowhere']);
    const sample = sampleOf(kind, namespace) as Json;
    // Most kinds let an object have any name; those that do not have one in their sample.
    const isFree = sample.metadata.name === 'x' && kind.kind !== 'Namespace';
    const name: string = isFree ? random.pick(['x', 'y', 'z']) : sample.metadata.name;
    const at = { namespace, name };
    const good: Json = structuredClone(sample);
    good.metadata.name = verb === 'create' && isFree && random.percent(50) ? `n${random.below(1000)}` : name;
    if (route.subresource) Object.assign(good, subresourceBody(route.subresource, at));
    const collection = collectionOf(kind, namespace);
    if (!isOfCollection({ ...route, kind, verb }) && random.percent(80)) {
      await this.#api.send('POST', collection, { ...structuredClone(sample), metadata: { ...sample.metadata, name } });
    }
    if (verb !== 'update' && verb !== 'patch') return { at, live: undefined, good };
    const path = `${collection}/${name}${route.subresource === 'scale' ? '/scale' : ''}`;
    const { status, json } = await this.#api.send('GET', path);
    return { at, live: status === 200 ? json : undefined, good };
  }

  readonly #inProcess: Send = async ({ method, url, headers, body, route }) => {
    const stop = new AbortController();
    const response = await this.#api.server.fetchAs(admin)({ method, url, headers, body, signal: stop.signal });
    if (response.body instanceof Uint8Array || response.isBulk) return heardOf(response);
    const text = await listen(response.body, stop);
    const isWatch = route.verb === 'watch' && response.headers['content-type'] === 'application/json';
    if (isWatch && text) checkEvents(text);
    return { status: response.status, headers: response.headers, text: '' };
  };

  #failed(index: number, request: FuzzRequest, heard: Heard | undefined, error: Error): void {
    const { route, method, url, headers, body } = request;
    const sort = `${error.message.split('\n')[0]?.slice(0, 90)} ${heard?.status ?? ''}`;
    if (this.failures.has(sort)) return;
    const shown = Buffer.from(body ?? new Uint8Array())
      .toString()
      .slice(0, 1500);
    this.failures.set(
      sort,
      [
        `request ${index} of seed ${this.#seed} (${route.name}): ${error.message.slice(0, 1500)}`,
        `${method} ${url.slice(0, 300)}`,
        JSON.stringify(headers).slice(0, 400),
        shown,
        `=> ${heard?.status} ${heard?.text.slice(0, 600)}`,
      ].join('\n'),
    );
  }
}

interface Place {
  readonly namespace: string;
  readonly name: string;
}

function subresourceBody(subresource: string, { name }: Place): object {
  switch (subresource) {
    case 'scale':
      return { metadata: { name }, spec: { replicas: 2 } };
    case 'binding':
      return { metadata: { name }, target: { kind: 'Node', name: 'n' } };
    case 'eviction':
      return { metadata: { name } };
    default:
      return {};
  }
}

/** What was refused, only looked at or rehearsed leaves no trace. Of collections a part may be gone when one object stays. */
function mustNotWrite({ method, route, url }: FuzzRequest, { status }: Heard): boolean {
  if (method === 'DELETE' && status >= 400 && route.verb === 'deletecollection') return false;
  const query = new URLSearchParams(url.split('?', 2)[1]);
  return status >= 400 || ['GET', 'HEAD', 'OPTIONS'].includes(method) || query.getAll('dryRun').includes('All');
}

async function heardOf({ status, headers, body }: HttpResponse): Promise<Heard> {
  const chunks = body instanceof Uint8Array ? [body] : await Array.fromAsync(body);
  return { status, headers, text: Buffer.concat(chunks).toString() };
}

/** What a stream says in a moment. */
async function listen(body: AsyncIterable<Uint8Array>, stop: AbortController): Promise<string> {
  const timer = setTimeout(() => stop.abort(), listenMs);
  let text = '';
  try {
    for await (const chunk of body) text += Buffer.from(chunk).toString();
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
  }
  return text;
}

function checkEvents(text: string): void {
  for (const line of text.trimEnd().split('\n')) {
    const { type, object } = JSON.parse(line);
    assert.ok(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR'].includes(type), `an event of type ${type}`);
    assert.ok(object.kind && object.apiVersion, 'an event without an object');
    if (type === 'ERROR') checkStatus(object, object.code);
  }
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`there was no answer in ${mostMs} ms`)), mostMs);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
