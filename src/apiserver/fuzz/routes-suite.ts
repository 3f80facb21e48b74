// Everything that the server says it serves, as discovery tells clients: what is added there is fuzzed from then on.

import assert from 'node:assert/strict';
import type { Kind } from '#api/index.ts';
import { kinds } from '#api/kinds/index.ts';
import { Scale } from '#api/schema/autoscaling.ts';
import type { Message } from '#api/schema/dsl.ts';
import { DeleteOptions } from '#api/schema/meta.ts';
import { Binding } from '#api/schema/pod.ts';
import { Eviction } from '#api/schema/policy.ts';
import type { Json, TestServer } from '../in-process-suite.ts';

export interface Route {
  /** Such as `v1 pods/status patch`. */
  readonly name: string;
  readonly verb: string;
  readonly method: string;
  /** Undefined for paths that are no resources. */
  readonly kind?: Kind;
  readonly subresource: string;
  /** The path, or what stands before the namespace. */
  readonly root: string;
  /** What a body is expected to be. */
  readonly body?: { readonly apiVersion: string; readonly kind: string; readonly schema: Message };
}

const methods: Readonly<Record<string, string>> = {
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
};
const collectionVerbs = new Set(['list', 'create', 'deletecollection']);
export const isOfCollection = ({ verb, subresource }: Route): boolean => !subresource && collectionVerbs.has(verb);

/** Whose bodies are somebody else's: no type of ours is expected. */
const passedOn = /^(Node|Pod|Service)ProxyOptions$|^Pod(Attach|Exec|PortForward)Options$/;
const bodies: Readonly<Record<string, Message>> = { Scale, Binding, Eviction };

export async function routesOf(api: TestServer): Promise<Route[]> {
  const paths: string[] = (await api.send('GET', '/')).json.paths;
  const documents = Object.values((await api.send('GET', '/openapi/v3')).json.paths) as Json[];
  const plain = [...paths, ...documents.map(({ serverRelativeURL }) => serverRelativeURL as string), '/'];
  const routes: Route[] = plain.map((path) => ({
    name: path.replace(/\?.*/, ''),
    verb: 'get',
    method: 'GET',
    subresource: '',
    root: path,
  }));
  for (const path of paths) {
    if (!/^\/(api\/v1|apis\/[^/]+\/[^/]+)$/.test(path)) continue;
    const { groupVersion, resources } = (await api.send('GET', path)).json;
    for (const resource of resources) routes.push(...routesOfResource(path, groupVersion, resource));
  }
  return routes;
}

function routesOfResource(root: string, groupVersion: string, resource: Json): Route[] {
  const [plural, subresource = ''] = resource.name.split('/');
  const [group, version] = groupVersion.includes('/') ? groupVersion.split('/') : ['', groupVersion];
  const kind = kinds.find((one) => one.group === group && one.version === version && one.resource === plural);
  assert.ok(kind, `${resource.name} of ${groupVersion} is in discovery and not among the kinds`);
  const typeGroup = resource.group ?? group;
  const apiVersion = typeGroup ? `${typeGroup}/${resource.version ?? version}` : (resource.version ?? version);
  return resource.verbs.map((verb: string) => ({
    name: `${groupVersion} ${resource.name} ${verb}`,
    verb,
    method: methods[verb] ?? 'GET',
    kind,
    subresource,
    root,
    body: bodyOf(kind, verb, { apiVersion, kind: resource.kind }),
  }));
}

function bodyOf(kind: Kind, verb: string, type: { apiVersion: string; kind: string }): Route['body'] {
  if (verb.startsWith('delete')) return { apiVersion: 'v1', kind: 'DeleteOptions', schema: DeleteOptions };
  if (!['create', 'update', 'patch'].includes(verb) || passedOn.test(type.kind)) return undefined;
  const schema = type.kind === kind.kind ? kind.schema : bodies[type.kind];
  assert.ok(schema, `no schema is known for the ${type.kind} that is written to a sub-resource: add it to the bodies`);
  return { ...type, schema };
}

/** A path of the route. Paths of resources get a namespace and a name where they have one. */
export function pathOf(route: Route, { namespace, name }: { namespace: string; name: string }): string {
  const { kind, root, subresource } = route;
  if (!kind) return root;
  const collection = kind.namespaced ? `${root}/namespaces/${namespace}/${kind.resource}` : `${root}/${kind.resource}`;
  if (isOfCollection(route) || (route.verb === 'watch' && !subresource)) return collection;
  return `${collection}/${name}${subresource && `/${subresource}`}`;
}
