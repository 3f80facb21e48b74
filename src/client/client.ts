// Typed verbs of the Kubernetes API over a `Fetch` (api.md §1, §7-§11). Knows nothing of sockets: in one process, and in
// tests, the API server's own handler is passed in; `connect` makes a Fetch for a kubeconfig. Every refusal of the
// server is thrown as the ApiError that its Status body describes.

import {
  ApiError,
  apiVersionOf,
  type KubeList,
  type KubeObject,
  type ResourceRef,
  type Status,
  type WatchEvent,
} from '#api/index.ts';
import type { Fetch, HttpResponse } from '#lib/http.ts';
import { lines, readAll } from './body.ts';

export interface ListOptions {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly limit?: number | undefined;
  readonly continue?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}
export interface WatchOptions {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly timeoutSeconds?: number | undefined;
  readonly allowWatchBookmarks?: boolean | undefined;
  readonly signal: AbortSignal;
}
export interface PatchOptions {
  readonly namespace?: string | undefined;
  readonly type: 'json' | 'merge' | 'strategic';
  readonly subresource?: string | undefined;
}
export interface DeleteRequest {
  readonly namespace?: string | undefined;
  readonly gracePeriodSeconds?: number | undefined;
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground' | undefined;
  /** Preconditions: the delete is refused with a Conflict when the object is another one or has changed. */
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

/** The verbs of one resource. The namespace of `create`, `update` and `updateStatus` is the object's own. */
export interface Resource<T extends KubeObject> {
  readonly ref: ResourceRef<T>;
  get(name: string, namespace?: string): Promise<T>;
  /** One page when `limit` is given, else all. Items carry `apiVersion` and `kind`, which the wire leaves out. */
  list(options?: ListOptions): Promise<KubeList<T>>;
  /** Ends when the server ends it or the signal aborts; throws the ApiError of an ERROR event or a refusal. */
  watch(options: WatchOptions): AsyncIterable<WatchEvent<T>>;
  create(object: T): Promise<T>;
  update(object: T): Promise<T>;
  updateStatus(object: T): Promise<T>;
  patch(name: string, patch: unknown, options: PatchOptions): Promise<T>;
  delete(name: string, options?: DeleteRequest): Promise<void>;
  /** POST to a sub-resource, for example a Binding to `binding`. */
  subresource(name: string, subresource: string, body: unknown, namespace?: string): Promise<unknown>;
}

const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
} as const;

/** What a status code means where the body does not say: unknown paths are answered in plain text. */
const reasons: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Expired',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

export class Client {
  readonly #fetch: Fetch;
  readonly #userAgent: string;

  constructor(fetch: Fetch, options: { userAgent?: string } = {}) {
    this.#fetch = fetch;
    this.#userAgent = options.userAgent ?? 'portolan';
  }

  resource<T extends KubeObject>(ref: ResourceRef<T>): Resource<T> {
    return new ResourceClient(this, ref);
  }

  /** One exchange as it is, whatever its status. A body that is not bytes or text is sent as JSON. */
  async raw(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
    signal?: AbortSignal,
  ): Promise<HttpResponse> {
    const request = { accept: 'application/json', 'user-agent': this.#userAgent, ...headers };
    if (body === undefined) return await this.#fetch({ method, url: path, headers: request, signal });
    const bytes =
      body instanceof Uint8Array ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    const content = { 'content-type': 'application/json', 'content-length': String(bytes.length), ...request };
    return await this.#fetch({ method, url: path, headers: content, body: bytes, signal });
  }

  /** One exchange of JSON for JSON. Throws ApiError for a status of 400 or more. */
  async json(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
    signal?: AbortSignal,
  ): Promise<unknown> {
    const response = await this.raw(method, path, body, headers, signal);
    const text = (await readAll(response.body)).toString();
    if (response.status >= 400) throw refusal(method, path, response.status, text);
    return parse(method, path, text);
  }

  /** The events of a watch at `path`. */
  async *events<T extends KubeObject>(path: string, signal: AbortSignal): AsyncGenerator<WatchEvent<T>> {
    const response = await this.raw('GET', path, undefined, undefined, signal);
    if (response.status >= 400) {
      throw refusal('GET', path, response.status, (await readAll(response.body)).toString());
    }
    for await (const line of lines(response.body)) {
      const event = parse('GET', path, line) as WatchEvent<T> | null;
      if (event?.type === 'ERROR') throw ApiError.fromStatus((event.object ?? {}) as object, response.status);
      // What an event is about may be anything: whoever reads it decides what to do without.
      yield event ?? ({} as WatchEvent<T>);
    }
  }
}

/** An answer that cannot be one of an API server. */
export class MalformedAnswer extends Error {
  override name = 'MalformedAnswer';
}

function parse(method: string, path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new MalformedAnswer(`${method} ${path}: the server's answer is not JSON: ${text.slice(0, 200)}`, { cause });
  }
}

function refusal(method: string, path: string, status: number, text: string): ApiError {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body && 'kind' in body && body.kind === 'Status') {
      return ApiError.fromStatus(body as Partial<Status>, status);
    }
  } catch {
    // Not a Status: a path that nobody serves, or something between us and the server, answers in its own words.
  }
  const words = text.trim().slice(0, 500);
  return new ApiError(
    status,
    reasons[status] ?? '',
    `${method} ${path}: HTTP status ${status}${words && `: ${words}`}`,
  );
}

const query = (parameters: Readonly<Record<string, string | number | boolean | undefined>>): string => {
  const pairs = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== '');
  return pairs.length
    ? `?${pairs.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join('&')}`
    : '';
};

class ResourceClient<T extends KubeObject> implements Resource<T> {
  readonly ref: ResourceRef<T>;
  readonly #client: Client;
  readonly #root: string;

  constructor(client: Client, ref: ResourceRef<T>) {
    this.#client = client;
    this.ref = ref;
    this.#root = ref.group ? `/apis/${ref.group}/${ref.version}` : `/api/${ref.version}`;
  }

  async get(name: string, namespace?: string): Promise<T> {
    return this.#typed(await this.#client.json('GET', this.#named(name, namespace)));
  }

  async list({ signal, namespace, ...parameters }: ListOptions = {}): Promise<KubeList<T>> {
    const path = this.#collection(namespace) + query({ ...parameters });
    const list = (await this.#client.json('GET', path, undefined, undefined, signal)) as KubeList<T>;
    if (!list?.metadata || typeof list.metadata !== 'object' || !Array.isArray(list.items ?? [])) {
      throw new MalformedAnswer(`GET ${path}: the server's answer is no list`);
    }
    list.items ??= [];
    for (const item of list.items) if (typeof item === 'object' && item !== null) this.#typed(item);
    return list;
  }

  watch({ signal, namespace, ...parameters }: WatchOptions): AsyncIterable<WatchEvent<T>> {
    return this.#client.events<T>(this.#collection(namespace) + query({ watch: true, ...parameters }), signal);
  }

  async create(object: T): Promise<T> {
    return this.#typed(await this.#client.json('POST', this.#owned(object), this.#typed({ ...object })));
  }

  async update(object: T): Promise<T> {
    return await this.#put(object, '');
  }

  async updateStatus(object: T): Promise<T> {
    return await this.#put(object, '/status');
  }

  async patch(name: string, patch: unknown, { namespace, type, subresource }: PatchOptions): Promise<T> {
    const path = this.#named(name, namespace) + (subresource ? `/${subresource}` : '');
    const headers = { 'content-type': patchTypes[type] };
    return this.#typed(await this.#client.json('PATCH', path, JSON.stringify(patch), headers));
  }

  async delete(name: string, options: DeleteRequest = {}): Promise<void> {
    const { namespace, uid, resourceVersion, ...rest } = options;
    const preconditions = uid || resourceVersion ? { preconditions: { uid, resourceVersion } } : {};
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', ...rest, ...preconditions };
    await this.#client.json('DELETE', this.#named(name, namespace), body);
  }

  async subresource(name: string, subresource: string, body: unknown, namespace?: string): Promise<unknown> {
    return await this.#client.json('POST', `${this.#named(name, namespace)}/${subresource}`, body);
  }

  async #put(object: T, suffix: string): Promise<T> {
    const path = `${this.#owned(object)}/${encodeURIComponent(object.metadata.name ?? '')}${suffix}`;
    return this.#typed(await this.#client.json('PUT', path, this.#typed({ ...object })));
  }

  #collection(namespace: string | undefined): string {
    const within = this.ref.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : '';
    return `${this.#root}${within}/${this.ref.resource}`;
  }

  #named(name: string, namespace: string | undefined): string {
    if (this.ref.namespaced && !namespace) {
      throw new TypeError(`${this.ref.kind} "${name}": a namespace is needed to address it`);
    }
    return `${this.#collection(namespace)}/${encodeURIComponent(name)}`;
  }

  #owned({ metadata }: T): string {
    if (this.ref.namespaced && !metadata.namespace) {
      throw new TypeError(
        `${this.ref.kind} "${metadata.name ?? metadata.generateName}": metadata.namespace is missing`,
      );
    }
    return this.#collection(metadata.namespace);
  }

  #typed(object: unknown): T {
    const typed = object as T;
    typed.apiVersion ??= apiVersionOf(this.ref);
    typed.kind ??= this.ref.kind;
    return typed;
  }
}
