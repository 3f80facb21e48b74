// What a request asks for, read from its method and URL alone (api.md §1): authorization and dispatch both start here.

import { badRequest } from '#api/index.ts';

export interface RequestInfo {
  readonly method: string;
  /** Decoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** get, list, watch, create, update, patch, delete, deletecollection; else the method in lower case. */
  readonly verb: string;
  /** Undefined for /version, /healthz, discovery and the like. */
  readonly resource?: ResourceInfo | undefined;
}

export interface ResourceInfo {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  /** Empty for the resource itself. */
  readonly subresource: string;
  /** Empty for cluster-scoped resources and for all namespaces. */
  readonly namespace: string;
  /** Empty for a collection. */
  readonly name: string;
  /** What follows `…/proxy` in the URL, as the client wrote it: empty, or a path that begins with a slash. */
  readonly proxyPath?: string | undefined;
}

/** What lives as long as its client wants: neither counted among the requests in flight nor limited in time. */
export const isLongRunning = ({ verb, resource }: RequestInfo): boolean =>
  verb === 'watch' || (resource !== undefined && connectSubresources.has(resource.subresource));

/** Sub-resources that are a connection to somebody else, or may be one. */
export const connectSubresources: ReadonlySet<string> = new Set(['attach', 'exec', 'log', 'portforward', 'proxy']);

export function parseRequest(method: string, url: string): RequestInfo {
  const at = url.indexOf('?');
  const path = at < 0 ? url : url.slice(0, at);
  const query = new URLSearchParams(at < 0 ? '' : url.slice(at + 1));
  const segments = path
    .split('/')
    .filter((segment) => segment !== '')
    .map(decodeSegment);
  const parsed = parseResource(segments, path);
  const decoded = `/${segments.join('/')}`;
  if (!parsed) return { method, path: decoded, query, verb: method.toLowerCase() };
  const { watchPrefix, ...resource } = parsed;
  return { method, path: decoded, query, verb: verbOf(method, resource, query, watchPrefix), resource };
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw badRequest(`the path segment ${JSON.stringify(segment)} is not valid percent-encoding`);
  }
}

/** The words after a namespace's name that are its own sub-resources; any other is a resource inside it. */
const namespaceSubresources = new Set(['status', 'finalize']);

function parseResource(
  segments: readonly string[],
  path: string,
): (ResourceInfo & { watchPrefix: boolean }) | undefined {
  const [root, ...rest] = segments;
  let group = '';
  if (root === 'apis') group = rest.shift() ?? '';
  else if (root !== 'api') return undefined;
  const version = rest.shift() ?? '';
  // The deprecated form of a watch: /api/v1/watch/pods.
  const watchPrefix = rest[0] === 'watch' && rest.length > 1;
  if (watchPrefix) rest.shift();
  if (rest.length === 0) return undefined;

  let namespace = '';
  if (rest[0] === 'namespaces' && rest.length > 1) {
    namespace = rest[1] as string;
    const inside = rest[2];
    if (inside !== undefined && !namespaceSubresources.has(inside)) rest.splice(0, 2);
  }
  const [resource = '', name = '', ...sub] = rest;
  const at = { group, version, resource, namespace, name, watchPrefix };
  if (sub[0] !== 'proxy') return { ...at, subresource: sub.join('/') };
  return { ...at, subresource: 'proxy', proxyPath: pathAfter(path, segments.length - sub.length + 1) };
}

/** What is left of a path after so many segments: undecoded, with its slashes as they are. */
function pathAfter(path: string, segments: number): string {
  const [before = ''] = new RegExp(`^(?:/*[^/]+){${segments}}`).exec(path) ?? [];
  return path.slice(before.length);
}

const byMethod: ReadonlyMap<string, string> = new Map([
  ['POST', 'create'],
  ['PUT', 'update'],
  ['PATCH', 'patch'],
]);

function verbOf(method: string, { name, subresource }: ResourceInfo, query: URLSearchParams, watch: boolean): string {
  if (method === 'GET' || method === 'HEAD') {
    if (watch || (subresource === '' && boolean(query, 'watch'))) return 'watch';
    return name ? 'get' : 'list';
  }
  if (method === 'DELETE') return name ? 'delete' : 'deletecollection';
  return byMethod.get(method) ?? method.toLowerCase();
}

/** A boolean query parameter; `?watch` alone counts as true, as it does upstream. Throws 400 for other words. */
export function boolean(query: URLSearchParams, name: string): boolean {
  switch (query.get(name)?.toLowerCase()) {
    case undefined:
    case null:
    case '0':
    case 'f':
    case 'false':
      return false;
    case '':
    case '1':
    case 't':
    case 'true':
      return true;
    default:
      throw badRequest(
        `invalid value ${JSON.stringify(query.get(name))} for the query parameter ${name}: must be a boolean`,
      );
  }
}

/** An integer; undefined when absent or empty. Throws 400 for anything else. */
export function integer(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (!text) return undefined;
  if (/^-?\d{1,15}$/.test(text)) return Number(text);
  throw badRequest(`invalid value ${JSON.stringify(text)} for the query parameter ${name}: must be an integer`);
}

/** A whole number of zero or more; undefined when absent or empty. Throws 400 for anything else. */
export function wholeNumber(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (!text) return undefined;
  if (!/^\d{1,15}$/.test(text)) {
    throw badRequest(
      `invalid value ${JSON.stringify(text)} for the query parameter ${name}: must be a non-negative integer`,
    );
  }
  return Number(text);
}
