// What is served, told to clients in all forms that they know (api.md §2): aggregated discovery v2 and v2beta1, and the
// older lists of groups, versions and resources. All of it is fixed, so each answer is made once.

import { createHash } from 'node:crypto';
import { apiVersionOf, type Kind } from '#api/index.ts';
import type { HttpRequest, HttpResponse } from '#lib/http.ts';
import { negotiate, parseAccept } from './negotiate.ts';
import { storageOf } from './registry.ts';
import { type Format, respond } from './respond.ts';
import { subresourcesOf, verbsOf } from './subresources.ts';

const fullVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
export const verbsOfKind = (kind: Kind): string[] => fullVerbs.filter((verb) => !kind.omitVerbs?.includes(verb));

type AggregatedVersion = 'v2' | 'v2beta1';

export class Discovery {
  readonly #groups: Map<string, Map<string, Kind[]>>;
  readonly #serverAddress: string;
  readonly #etags = new Map<object, string>();
  readonly #answers = new Map<string, object>();

  constructor(kinds: readonly Kind[], serverAddress: string) {
    this.#groups = groupKinds(kinds);
    this.#serverAddress = serverAddress;
  }

  /** `v1`, `apps/v1`, … */
  get groupVersions(): string[] {
    return [...this.#groups].flatMap(([group, versions]) =>
      [...versions.keys()].map((version) => apiVersionOf({ group, version })),
    );
  }

  kindsOf(groupVersion: string): readonly Kind[] {
    return [...this.#groups.values()]
      .flatMap((versions) => [...versions.values()].flat())
      .filter((kind) => apiVersionOf(kind) === groupVersion);
  }

  /** Undefined for paths that are no discovery. */
  serve(path: string, request: HttpRequest, format: Format): HttpResponse | undefined {
    if (path === '/api' || path === '/apis') {
      const version = aggregatedVersion(request.headers.accept);
      if (version) return this.#aggregated(path, version, request, format);
    }
    const body = this.#remember(path, () => this.#legacy(path));
    if (!body) return undefined;
    negotiate(request.headers.accept);
    return respond(200, body, format, { vary: 'Accept' });
  }

  #aggregated(path: string, version: AggregatedVersion, request: HttpRequest, format: Format): HttpResponse {
    const body = this.#remember(`${path} ${version}`, () => this.#aggregatedList(path, version)) as object;
    let etag = this.#etags.get(body);
    if (!etag) {
      etag = `"${createHash('sha256').update(JSON.stringify(body)).digest('hex').toUpperCase()}"`;
      this.#etags.set(body, etag);
    }
    // Without these parameters clients take the body for the older kind of list.
    const contentType = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
    const headers = { etag, vary: 'Accept', 'content-type': contentType, 'cache-control': 'public' };
    if (request.headers['if-none-match'] === etag) return { status: 304, headers, body: new Uint8Array() };
    return respond(200, body, { ...format, media: 'json' }, headers);
  }

  #aggregatedList(path: string, version: AggregatedVersion): object {
    const groups = [...this.#groups].filter(([group]) => (group === '') === (path === '/api'));
    return {
      kind: 'APIGroupDiscoveryList',
      apiVersion: `apidiscovery.k8s.io/${version}`,
      metadata: {},
      items: groups.map(([group, versions]) => ({
        metadata: { ...(group && { name: group }), creationTimestamp: null },
        versions: [...versions].map(([name, kinds]) => ({
          version: name,
          resources: kinds.map(aggregatedResource),
          freshness: 'Current',
        })),
      })),
    };
  }

  #legacy(path: string): object | undefined {
    const [, root, group, version, ...more] = path.split('/');
    if (more.length > 0) return undefined;
    if (root === 'api') {
      if (!group) return this.#apiVersions();
      return version ? undefined : this.#resourceList('', group);
    }
    if (root !== 'apis') return undefined;
    if (!group) return this.#groupList();
    return version ? this.#resourceList(group, version) : this.#group(group);
  }

  #apiVersions() {
    return {
      kind: 'APIVersions',
      versions: [...(this.#groups.get('')?.keys() ?? [])],
      serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: this.#serverAddress }],
    };
  }

  #groupList() {
    const names = [...this.#groups.keys()].filter((name) => name !== '');
    return {
      kind: 'APIGroupList',
      apiVersion: 'v1',
      groups: names.map((name) => ({ name, ...this.#groupVersions(name) })),
    };
  }

  #group(name: string) {
    if (!this.#groups.has(name)) return undefined;
    return { kind: 'APIGroup', apiVersion: 'v1', name, ...this.#groupVersions(name) };
  }

  #groupVersions(group: string) {
    const versions = [...(this.#groups.get(group)?.keys() ?? [])].map((version) => ({
      groupVersion: apiVersionOf({ group, version }),
      version,
    }));
    return { versions, preferredVersion: versions[0] };
  }

  #resourceList(group: string, version: string) {
    const kinds = this.#groups.get(group)?.get(version);
    if (!kinds) return undefined;
    const resources = kinds.flatMap(legacyResources);
    resources.sort((a, b) => (a.name < b.name ? -1 : 1));
    return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: apiVersionOf({ group, version }), resources };
  }

  /** Only for what there is, so that paths made up by clients fill no memory. */
  #remember(key: string, make: () => object | undefined): object | undefined {
    const known = this.#answers.get(key);
    if (known) return known;
    const made = make();
    if (made) this.#answers.set(key, made);
    return made;
  }
}

function groupKinds(kinds: readonly Kind[]): Map<string, Map<string, Kind[]>> {
  const groups = new Map<string, Map<string, Kind[]>>();
  for (const kind of kinds) {
    const versions = groups.get(kind.group) ?? new Map<string, Kind[]>();
    groups.set(kind.group, versions.set(kind.version, [...(versions.get(kind.version) ?? []), kind]));
  }
  return groups;
}

/** The newest form of aggregated discovery that the client puts before plain JSON. */
function aggregatedVersion(accept: string | undefined): AggregatedVersion | undefined {
  for (const { type, parameters } of parseAccept(accept ?? '')) {
    if (type !== 'application/json') continue;
    const { g, v, as } = parameters;
    if (as === undefined) return undefined;
    if (g === 'apidiscovery.k8s.io' && as === 'APIGroupDiscoveryList' && (v === 'v2' || v === 'v2beta1')) return v;
  }
  return undefined;
}

const gvk = ({ group, version, kind }: { group: string; version: string; kind: string }) => ({ group, version, kind });

function aggregatedResource(kind: Kind) {
  const subresources = subresourcesOf(kind).map((subresource) => ({
    subresource: subresource.name,
    responseKind: gvk(subresource.type),
    verbs: verbsOf(subresource),
  }));
  return {
    resource: kind.resource,
    responseKind: gvk(kind),
    scope: kind.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.singular,
    verbs: verbsOfKind(kind),
    ...(kind.shortNames && { shortNames: kind.shortNames }),
    ...(kind.categories && { categories: kind.categories }),
    ...(subresources.length > 0 && { subresources }),
  };
}

/** The order of the keys is what a test of kubectl asserts. */
function legacyResources(kind: Kind) {
  const { namespaced } = kind;
  const main = {
    name: kind.resource,
    singularName: kind.singular,
    namespaced,
    kind: kind.kind,
    verbs: verbsOfKind(kind),
    ...(kind.shortNames && { shortNames: kind.shortNames }),
    ...(kind.categories && { categories: kind.categories }),
    storageVersionHash: storageVersionHash(storageOf(kind)),
  };
  const subresources = subresourcesOf(kind).map((subresource) => {
    const { group, version } = subresource.type;
    const elsewhere = group !== kind.group || version !== kind.version;
    return {
      name: `${kind.resource}/${subresource.name}`,
      singularName: '',
      namespaced,
      ...(elsewhere && { group, version }),
      kind: subresource.type.kind,
      verbs: verbsOf(subresource),
    };
  });
  return [main, ...subresources];
}

const storageVersionHash = ({ group, version, kind }: Kind): string =>
  createHash('sha256').update(`${group}/${version}/${kind}`).digest().subarray(0, 8).toString('base64');
