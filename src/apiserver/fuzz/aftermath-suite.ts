// What must be true of a server that has been through a fuzz run: of its objects, its watches, its allocators.

import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { apiVersionOf, fieldErrorMessage, type Kind, type KubeObject } from '#api/index.ts';
import { kinds, validateMetadata } from '#api/kinds/index.ts';
import { checkFields, prune } from '#api/schema/strict.ts';
import { type Cidr, contains, parseAddress, parseCidr } from '#lib/cidr.ts';
import { type Json, service, type TestServer } from '../in-process-suite.ts';

const allOf = (kind: Kind): string =>
  `${kind.group ? `/apis/${apiVersionOf(kind)}` : `/api/${kind.version}`}/${kind.resource}`;
const urlOf = (kind: Kind, { metadata: { namespace, name } }: KubeObject): string => {
  const root = kind.group ? `/apis/${apiVersionOf(kind)}` : `/api/${kind.version}`;
  return kind.namespaced
    ? `${root}/namespaces/${namespace}/${kind.resource}/${name}`
    : `${root}/${kind.resource}/${name}`;
};

export async function everyObject(api: TestServer): Promise<{ kind: Kind; object: Json }[]> {
  const found: { kind: Kind; object: Json }[] = [];
  for (const kind of kinds) {
    const { json } = await api.send('GET', allOf(kind));
    for (const object of json.items) found.push({ kind, object });
  }
  return found;
}

/** Each is what its type says, in canonical form, valid, and taken back by the server without a change. */
export async function checkObjects(api: TestServer): Promise<string[]> {
  const problems: string[] = [];
  for (const { kind, object } of await everyObject(api)) {
    const report = (what: unknown) =>
      problems.push(
        `${kind.kind} ${object.metadata.name}: ${String(what).slice(0, 300)}\n${JSON.stringify(object).slice(0, 1500)}`,
      );
    const { unknown, typeError } = checkFields(kind.schema, object);
    if (typeError) report(typeError);
    if (unknown.length > 0) report(`unknown fields ${unknown}`);
    const { apiVersion, kind: name, ...rest } = object;
    if (apiVersion !== apiVersionOf(kind) || name !== kind.kind) report(`it calls itself ${apiVersion} ${name}`);
    const { apiVersion: _a, kind: _k, ...pruned } = prune(kind.schema, object) as KubeObject;
    if (!isDeepStrictEqual(pruned, rest)) report(`it is not in canonical form: ${JSON.stringify(pruned)}`);
    const errors = [...validateMetadata(kind, object), ...(kind.validate?.(object) ?? [])];
    if (errors.length > 0) report(errors.map((error) => `${error.field}: ${fieldErrorMessage(error)}`).join('; '));
    const back = await api.send('PUT', urlOf(kind, object), object);
    if (back.status !== 200) report(`the server does not take it back: ${back.text}`);
    else if (back.json.metadata.resourceVersion !== object.metadata.resourceVersion) {
      report(`taken back, it changes: ${differenceOf(object, back.json)}`);
    }
  }
  return problems;
}

/** The first place at which two values differ. */
function differenceOf(a: Json, b: Json, path = ''): string {
  if (isDeepStrictEqual(a, b)) return '';
  const isInner = typeof a === 'object' && typeof b === 'object' && a !== null && b !== null;
  if (!isInner) return `${path}: ${JSON.stringify(a)} becomes ${JSON.stringify(b)}`;
  const differences = [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .filter((key) => !/^(resourceVersion|managedFields)$/.test(key))
    .map((key) => differenceOf(a[key], b[key], `${path}.${key}`));
  return differences.filter(Boolean).join('; ');
}

/** Follows every kind, as an informer does, from now on. */
export class Followers {
  readonly #stop = new AbortController();
  readonly #seen = new Map<Kind, Map<string, Json>>();
  readonly #ended: Promise<void>[] = [];
  readonly #api: TestServer;
  readonly problems: string[] = [];

  constructor(api: TestServer) {
    this.#api = api;
  }

  async start(): Promise<void> {
    for (const kind of kinds) {
      const { json } = await this.#api.send('GET', allOf(kind));
      const known = new Map<string, Json>(json.items.map((object: Json) => [keyOf(object), withType(kind, object)]));
      this.#seen.set(kind, known);
      const url = `${allOf(kind)}?watch=true&resourceVersion=${json.metadata.resourceVersion}`;
      const events = await this.#api.watch(url, this.#stop.signal);
      this.#ended.push(this.#follow(kind, known, events, Number(json.metadata.resourceVersion)));
    }
  }

  async #follow(kind: Kind, known: Map<string, Json>, events: AsyncGenerator<Json>, from: number): Promise<void> {
    let last = from;
    for await (const { type, object } of events) {
      const key = keyOf(object);
      const revision = Number(object.metadata?.resourceVersion);
      const isFitting = type === 'ADDED' ? !known.has(key) : known.has(key);
      if (!(revision > last) || !isFitting) {
        this.problems.push(
          `${kind.kind} ${key}: ${type} at ${revision}, after ${last}, is out of place: ${JSON.stringify(object).slice(0, 300)}`,
        );
      }
      last = revision;
      if (type === 'DELETED') known.delete(key);
      else known.set(key, object);
    }
  }

  /** Whether what was followed is what is there. */
  async compare(): Promise<string[]> {
    for (let patience = 100; patience > 0; patience--) {
      if ((await this.#differences()).length === 0) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const differences = await this.#differences();
    this.#stop.abort();
    await Promise.allSettled(this.#ended);
    return [...this.problems, ...differences];
  }

  async #differences(): Promise<string[]> {
    const problems: string[] = [];
    for (const [kind, seen] of this.#seen) {
      const { json } = await this.#api.send('GET', allOf(kind));
      const there = new Map<string, Json>(json.items.map((object: Json) => [keyOf(object), withType(kind, object)]));
      for (const key of new Set([...seen.keys(), ...there.keys()])) {
        if (isDeepStrictEqual(seen.get(key), there.get(key))) continue;
        problems.push(
          `${kind.kind} ${key} as watched: ${JSON.stringify(seen.get(key))}, as stored: ${JSON.stringify(there.get(key))}`,
        );
      }
    }
    return problems;
  }
}

const keyOf = ({ metadata }: Json): string => `${metadata?.namespace ?? ''}/${metadata?.name}`;
const withType = (kind: Kind, object: Json): Json => ({ kind: kind.kind, apiVersion: apiVersionOf(kind), ...object });

/** Whatever protects it. Only what the server provides stays. */
export async function removeEverything(api: TestServer): Promise<string[]> {
  const problems: string[] = [];
  for (const { kind, object } of await everyObject(api)) {
    const url = urlOf(kind, object);
    if (kind.kind === 'Namespace' && /^(default|kube-.*)$/.test(object.metadata.name)) continue;
    const gone = await api.send('DELETE', url, { gracePeriodSeconds: 0, propagationPolicy: 'Background' });
    const left = await api.send('GET', url);
    if (left.status === 404) continue;
    const finalizers = { metadata: { finalizers: null } };
    const merge = { headers: { 'content-type': 'application/merge-patch+json' } };
    const patched = await api.send('PATCH', url, finalizers, merge);
    if (kind.kind === 'Namespace') {
      await api.send('PUT', `${url}/finalize`, {
        ...left.json,
        metadata: { name: object.metadata.name },
        spec: { finalizers: [] },
      });
    }
    const after = await api.send('GET', url);
    if (after.status === 200)
      problems.push(`${url} cannot be deleted: ${gone.text.slice(0, 300)} ${patched.text.slice(0, 300)}`);
  }
  return problems;
}

/** Leaves, of the ServiceCIDRs that requests have made and deleted, the one that the server began with. */
async function onlyRange(api: TestServer, range: string): Promise<void> {
  const path = '/apis/networking.k8s.io/v1/servicecidrs';
  const headers = { 'content-type': 'application/merge-patch+json' };
  const { json } = await api.send('GET', path);
  for (const { metadata } of json.items) {
    await api.send('DELETE', `${path}/${metadata.name}`);
    await api.send('PATCH', `${path}/${metadata.name}`, { metadata: { finalizers: null } }, { headers });
  }
  const made = await api.send('POST', path, { metadata: { name: 'kubernetes' }, spec: { cidrs: [range] } });
  assert.equal(made.status, 201, made.text);
  assert.equal((await api.send('GET', path)).json.items.length, 1);
}

/** IPAddresses that requests have made for Services that there are not; the server takes its time before it repairs that. */
async function deleteOrphans(api: TestServer, services: readonly Json[]): Promise<void> {
  const path = '/apis/networking.k8s.io/v1/ipaddresses';
  const held = new Set(services.flatMap(({ spec }) => spec.clusterIPs ?? []));
  for (const { metadata } of (await api.send('GET', path)).json.items) {
    if (!held.has(metadata.name)) await api.send('DELETE', `${path}/${metadata.name}`);
  }
}

/** Takes all that is free and counts: what no Service has must be there to be had, and no more. */
export async function checkAllocators(
  api: TestServer,
  size: { range: string; addresses: number; ports: number },
): Promise<void> {
  await onlyRange(api, size.range);
  const range = parseCidr(size.range) as Cidr;
  const { json } = await api.send('GET', '/api/v1/services');
  await deleteOrphans(api, json.items);
  const addresses = new Set<string>();
  const ports = new Set<number>();
  const count = ({ spec }: Json) => {
    for (const ip of spec.clusterIPs ?? []) {
      const address = parseAddress(ip);
      if (address && contains(range, address)) addresses.add(ip);
    }
    for (const { nodePort } of spec.ports ?? []) if (nodePort) ports.add(nodePort);
    if (spec.healthCheckNodePort) ports.add(spec.healthCheckNodePort);
  };
  for (const item of json.items) count(item);
  const fill = async (prefix: string, spec: object): Promise<string> => {
    for (let index = 0; ; index++) {
      const answer = await api.send('POST', '/api/v1/namespaces/default/services', service(`${prefix}-${index}`, spec));
      if (answer.status !== 201) return answer.text;
      count(answer.json);
    }
  };
  assert.match(
    await fill('port', { type: 'NodePort', clusterIP: undefined }),
    /failed to allocate a nodePort: range is full/,
  );
  assert.equal(ports.size, size.ports, 'node ports that Services have, once none is free');
  assert.match(await fill('address', {}), /failed to allocate a serviceIP: range is full/);
  assert.equal(addresses.size, size.addresses, 'cluster IPs that Services have, once none is free');
}
