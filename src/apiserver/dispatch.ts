// From a request to the code that answers it: authorization first, then the verb of the resource, the sub-resource, or
// one of the paths that are no resources. The only place where errors become answers.

import { ApiError, badRequest, type Kind, methodNotAllowed } from '#api/index.ts';
import type { HttpRequest, HttpResponse } from '#lib/http.ts';
import type { Logger } from '#lib/log.ts';
import type { User } from './authentication.ts';
import { authorize } from './authorization.ts';
import { type Call, representationOf, Warnings } from './call.ts';
import { create } from './create.ts';
import { serveDefinitions } from './custom-resources.ts';
import { remove } from './delete.ts';
import { deleteCollection } from './delete-collection.ts';
import { type Discovery, verbsOfKind } from './discovery.ts';
import { get } from './get.ts';
import { type Health, serveVersion } from './health.ts';
import type { KubeletProxy } from './kubelet-proxy.ts';
import { list } from './list.ts';
import type { ServerMetrics } from './metrics/server-metrics.ts';
import { negotiateError } from './negotiate.ts';
import type { OpenApi } from './openapi.ts';
import type { Parts } from './parts.ts';
import { patch } from './patch.ts';
import { connectSubresources, type RequestInfo, type ResourceInfo } from './request.ts';
import { errorResponse, type Format, isPretty, respond, textResponse } from './respond.ts';
import type { ReverseProxy } from './reverse-proxy/proxy.ts';
import { type Handler, subresourcesOf } from './subresources.ts';
import { parseIncludeObject } from './table.ts';
import { update } from './update.ts';
import { watch } from './watch.ts';

export interface DispatcherParts extends Parts {
  readonly kinds: readonly Kind[];
  readonly discovery: Discovery;
  readonly openApi: OpenApi;
  readonly kubelet: KubeletProxy;
  readonly proxy: ReverseProxy;
  readonly health: Health;
  readonly metrics: ServerMetrics;
  readonly log: Logger;
}

const verbs: Readonly<Record<string, Handler>> = {
  get,
  list,
  watch,
  create,
  update,
  patch,
  delete: remove,
  deletecollection: deleteCollection,
};
/** Verbs on a collection; the others want a name. */
const collectionVerbs = new Set(['list', 'create', 'deletecollection']);

export class Dispatcher {
  readonly #parts: DispatcherParts;
  readonly #kinds: ReadonlyMap<string, Kind>;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    this.#kinds = new Map(parts.kinds.map((kind) => [keyOf(kind), kind]));
  }

  /** Never rejects: whatever goes wrong is an answer. */
  async handle(request: HttpRequest, user: User, info: RequestInfo): Promise<HttpResponse> {
    try {
      authorize(user, info);
      return await this.dispatch(request, user, info);
    } catch (error) {
      return errorResponse(error, request);
    }
  }

  /** The same for a user who is known to have the right. */
  async dispatch(request: HttpRequest, user: User, info: RequestInfo): Promise<HttpResponse> {
    try {
      return await (info.resource ? this.#resource(request, user, info, info.resource) : this.#path(request, info));
    } catch (error) {
      // Of a request that was given up nobody needs to hear how it failed.
      if (!(error instanceof ApiError) && !request.signal?.aborted) {
        const { method, url } = request;
        this.#parts.log.error('Request failed', { method, url, error: error instanceof Error ? error.stack : error });
      }
      return errorResponse(error, request);
    }
  }

  /** The kind that a path names; undefined when none is served there. */
  kindAt(at: ResourceInfo): Kind | undefined {
    return this.#kinds.get(keyOf(at));
  }

  async #resource(request: HttpRequest, user: User, info: RequestInfo, at: ResourceInfo): Promise<HttpResponse> {
    const kind = this.kindAt(at);
    if (!kind) return this.#unserved(request, info);
    if (kind.namespaced && at.name && !at.namespace) return textResponse(404, '404 page not found\n');
    if (!kind.namespaced && at.namespace && kind.kind !== 'Namespace') return textResponse(404, '404 page not found\n');
    const call: Call = { request, user, kind, query: info.query, at: placed(kind, at), warnings: new Warnings() };
    if (kind.deprecation) call.warnings.add(kind.deprecation);
    if (!connectSubresources.has(at.subresource)) assertAnswerable(call);
    if (at.subresource) return this.#subresource(call, info);
    const handler = Object.hasOwn(verbs, info.verb) && info.method !== 'HEAD' ? verbs[info.verb] : undefined;
    if (!handler || !verbsOfKind(kind).includes(info.verb)) throw methodNotAllowed();
    if (info.verb !== 'watch' && collectionVerbs.has(info.verb) === (at.name !== '')) throw methodNotAllowed();
    if (info.verb === 'create' && kind.namespaced && !at.namespace) throw methodNotAllowed();
    return handler(this.#parts, call);
  }

  async #unserved(request: HttpRequest, info: RequestInfo): Promise<HttpResponse> {
    const answer = await serveDefinitions(info, this.#parts.registry, plainFormat(request, info));
    return answer ?? textResponse(404, '404 page not found\n');
  }

  #subresource(call: Call, { verb, method }: RequestInfo): Promise<HttpResponse> | HttpResponse {
    const subresource = subresourcesOf(call.kind).find(({ name }) => name === call.at.subresource);
    if (!subresource) return textResponse(404, '404 page not found\n');
    const handler =
      Object.hasOwn(subresource.handlers, verb) && method !== 'HEAD' ? subresource.handlers[verb] : undefined;
    if (handler) return handler(this.#parts, call);
    // Whatever the method is, it is the backend's to judge.
    if (subresource.name === 'proxy') return this.#parts.proxy.serve(call);
    if (!subresource.connectVerbs?.includes(verb) || method === 'HEAD') throw methodNotAllowed();
    if (subresource.name === 'log') return this.#parts.kubelet.log(this.#parts.registry, call);
    throw badRequest(`${subresource.name} needs a connection of its own: the request must ask for an upgrade`);
  }

  async #path(request: HttpRequest, info: RequestInfo): Promise<HttpResponse> {
    const { path, query, method } = info;
    const health = this.#parts.health.serve(path, query);
    if (health) return health;
    if (method !== 'GET') return textResponse(405, '405 method not allowed\n');
    if (path === '/metrics') return this.#parts.metrics.serve();
    const format = plainFormat(request, info);
    return (
      (path === '/version' ? serveVersion(format) : undefined) ??
      (path === '/' ? respond(200, { paths: this.#rootPaths() }, format) : undefined) ??
      this.#parts.discovery.serve(path, request, format) ??
      this.#parts.openApi.serve(path, query, request, this.#parts.clock.now()) ??
      textResponse(404, '404 page not found\n')
    );
  }

  #rootPaths(): string[] {
    const groupVersions = this.#parts.discovery.groupVersions;
    const served = groupVersions.map((name) => (name.includes('/') ? `/apis/${name}` : `/api/${name}`));
    const groups = served.filter((path) => path.startsWith('/apis/')).map((path) => path.split('/', 3).join('/'));
    return [
      ...new Set([
        '/api',
        '/apis',
        ...served,
        ...groups,
        '/healthz',
        '/livez',
        '/metrics',
        '/openapi/v2',
        '/openapi/v3',
        '/readyz',
        '/version',
      ]),
    ].sort();
  }
}

/** Before anything is done: a write whose answer cannot be given would be told as one that failed. */
function assertAnswerable(call: Call): void {
  if (representationOf(call).as === 'table') parseIncludeObject(call.query);
}

/** Of what has no other form than its own. */
const plainFormat = (request: HttpRequest, { query }: RequestInfo): Format => ({
  media: negotiateError(request.headers.accept).media,
  pretty: isPretty(request, query),
});

const keyOf = ({ group, version, resource }: { group: string; version: string; resource: string }): string =>
  `${group}/${version}/${resource}`;

/** A namespace's URL carries its own name where others have their namespace; it is not in one. */
const placed = (kind: Kind, at: ResourceInfo): ResourceInfo => (kind.namespaced ? at : { ...at, namespace: '' });
