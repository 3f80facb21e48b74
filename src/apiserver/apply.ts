// Server-side apply (api.md §10.3): PATCH with `application/apply-patch+yaml`. Creates what is not there; else merges the
// configuration onto what is stored now, again after a lost race. The rules of ownership are in
// `#api/schema/managed-fields`; the result passes everything that a PUT passes.

import {
  ApiError,
  apiVersionOf,
  badRequest,
  conflict,
  invalid,
  isAlreadyExists,
  isNotFound,
  type KubeObject,
  required,
  tooLarge,
} from '#api/index.ts';
import { isObject } from '#api/schema/json.ts';
import {
  apply,
  type Conflict,
  checkApplied,
  conflictCauses,
  conflictMessage,
  entriesOf,
  fieldsOfCreator,
  type Ignored,
  type Manager,
  type Owner,
  ownerOf,
  storedOwners,
  type Versions,
} from '#api/schema/managed-fields/index.ts';
import { parseJson } from '#api/schema/strict.ts';
import { timestamp } from '#api/schema/time.ts';
import type { HttpRequest, HttpResponse } from '#lib/http.ts';
import { bodyLimit, checkObject, type Expected, mediaTypeOf, textOf } from './body.ts';
import { type Call, type WriteOptions, writeOptions } from './call.ts';
import { disallowed, hasLastApplied, withLastApplied } from './last-applied.ts';
import { assertName, placeInNamespace } from './metadata.ts';
import { versionsOf } from './object-versions.ts';
import { ignoredBy, managerOf } from './ownership.ts';
import type { Parts } from './parts.ts';
import { respondWithEntry } from './represent.ts';
import { boolean } from './request.ts';
import { parseYaml } from './yaml-body.ts';

export const applyMediaType = 'application/apply-patch+yaml';
export const isApply = (request: HttpRequest): boolean => mediaTypeOf(request) === applyMediaType;

const attempts = 16;

export async function applyPatch(parts: Parts, call: Call): Promise<HttpResponse> {
  const { registry, writer, clock } = parts;
  const { kind, at } = call;
  const options = applyOptions(call);
  const { subresource } = at;
  const wish: Wish = {
    config: parseConfig(call, kind, options),
    expected: kind,
    versions: versionsOf(kind),
    ignored: ignoredBy(kind, subresource),
    manager: managerOf(kind, { fieldManager: options.fieldManager, subresource }, 'Apply'),
    force: options.force,
  };
  const merge = (live: KubeObject): KubeObject => {
    const { managedFields, ...metadata } = live.metadata;
    const { object, owners } = applyOnto(wish, { ...live, metadata }, storedOwners(managedFields), clock.now());
    return withOwners(object, owners, kind, options);
  };
  const change = { dryRun: options.dryRun, warn: options.warn, rules: subresource ? 'status' : 'main' } as const;
  for (let attempt = 1; ; attempt++) {
    try {
      const entry = await writer.update({ ...at, kind }, { ...change, apply: (old) => placed(merge(old), call) });
      return respondWithEntry(registry, call, entry, clock.now());
    } catch (error) {
      if (!isNotFound(error) || subresource || (await registry.get(kind, at))) throw error;
    }
    try {
      const object = newObject(merge({ kind: kind.kind, apiVersion: apiVersionOf(kind), metadata: {} }), call);
      const entry = await writer.create(kind, object, { dryRun: options.dryRun, warn: options.warn });
      return respondWithEntry(registry, call, entry, clock.now(), 201);
    } catch (error) {
      // Somebody else created it in between, so there is something to apply to now.
      if (!isAlreadyExists(error) || attempt === attempts) throw error;
    }
  }
}

function withOwners(object: object, owners: readonly Owner[], expected: Expected, options: WriteOptions): KubeObject {
  const checked = checkObject(object, [], expected, { ...options, fieldValidation: 'Ignore' });
  const entries = entriesOf(owners);
  if (entries) checked.metadata.managedFields = entries;
  return checked;
}

function placed(object: KubeObject, { kind, at }: Call): KubeObject {
  placeInNamespace(kind, object, at);
  assertName(object, at);
  return object;
}

function newObject(object: KubeObject, call: Call): KubeObject {
  const { name, uid, resourceVersion } = object.metadata;
  const { kind, at } = call;
  if (!name) {
    throw badRequest(`the name of the object (${at.name} based on URL) was undeterminable: name must be provided`);
  }
  if (uid) {
    const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
    throw conflict(kind, at.name, why);
  }
  if (resourceVersion) throw conflict(kind, at.name);
  return placed(object, call);
}

export interface ApplyOptions extends WriteOptions {
  readonly force: boolean;
}

export function applyOptions(call: Call): ApplyOptions {
  if (!call.query.get('fieldManager')) {
    const problems = [required('fieldManager', 'is required for apply patch')];
    throw invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', problems);
  }
  return { ...writeOptions(call, 'PatchOptions'), force: boolean(call.query, 'force') };
}

/** The body as a configuration that can be applied to an object of the expected kind. Throws 400 or 413. */
export function parseConfig({ request, warnings }: Call, expected: Expected, options: ApplyOptions): KubeObject {
  const body = request.body ?? new Uint8Array();
  if (body.length > bodyLimit) throw tooLarge(bodyLimit);
  const { value, duplicates } = parseText(textOf(body));
  if (!isObject(value)) throw badRequest('error decoding patch: the body is not an object');
  const { metadata } = value;
  const [apiVersion, kind] = [goText(value.apiVersion), goText(value.kind)];
  if (apiVersion !== apiVersionOf(expected) || kind !== expected.kind) {
    throw badRequest(`invalid object type: ${goGroupVersion(apiVersion)}, Kind=${kind}`);
  }
  if (isObject(metadata) && Array.isArray(metadata.managedFields)) {
    throw badRequest('metadata.managedFields must be nil');
  }
  const problem = checkApplied(expected.schema, value);
  if (problem !== undefined) {
    const { namespace = '', name = '' } = isObject(metadata) ? metadata : {};
    const type = `${goGroupVersion(apiVersion)}, Kind=${kind}`;
    const object = `${goText(namespace)}/${goText(name)}`;
    throw badRequest(`failed to create typed patch object (${object}; ${type}): ${problem}`);
  }
  const repeated = duplicates.map((path) => `duplicate field ${JSON.stringify(path)}`);
  if (repeated.length > 0 && options.fieldValidation === 'Strict') {
    throw badRequest(`error strict decoding patch: ${repeated.join(', ')}`);
  }
  if (options.fieldValidation === 'Warn') for (const text of repeated) warnings.add(text);
  return value as unknown as KubeObject;
}

/** Clients mostly send JSON, which is YAML too, but read far faster. */
function parseText(text: string): ReturnType<typeof parseYaml> {
  if (/^\s*\{/.test(text)) {
    try {
      return parseJson(text);
    } catch (error) {
      // Maps of YAML may begin like that.
      if (!(error instanceof ApiError)) throw error;
    }
  }
  return parseYaml(text);
}

/** As Go reads a field that should be text: anything else is empty. */
const goText = (value: unknown): string => (typeof value === 'string' ? value : '');
const goGroupVersion = (apiVersion = ''): string => (apiVersion.includes('/') ? apiVersion : `/${apiVersion}`);

export interface Wish {
  readonly config: KubeObject;
  readonly expected: Expected;
  readonly versions: Versions;
  readonly ignored: Ignored;
  readonly manager: Manager;
  readonly force: boolean;
}

/** The merged object, which may have nulls, and who owns what of it. Throws 409 with every conflict. */
export function applyOnto(wish: Wish, live: KubeObject, known: readonly Owner[], now: Date) {
  const { config, manager, force } = wish;
  const time = timestamp(now);
  const owners = known.length > 0 ? known : ownersBefore(wish, live, time);
  const application = { ...wish, live, owners, time };
  let result = apply({ ...application, force });
  const isKubectl = manager.name === 'kubectl';
  if ('conflicts' in result && isKubectl) {
    // What client-side apply wrote, and nobody has changed since, is the same person's.
    const left = disallowed(result.conflicts, wish, live);
    result = left.length > 0 ? { conflicts: left } : apply({ ...application, force: true });
  }
  if ('conflicts' in result) throw applyConflict(result.conflicts);
  const object = result.object as KubeObject;
  const isAnnotated = isKubectl && hasLastApplied(object);
  return { object: isAnnotated ? withLastApplied(object, config) : object, owners: result.owners };
}

/** Of an object that nobody was known to own: an owner for all that is there. */
function ownersBefore({ versions, ignored, manager }: Wish, live: KubeObject, time: string): Owner[] {
  const shape = versions.shapeOf(manager.apiVersion);
  if (!shape || !live.metadata.uid) return [];
  const before: Manager = { ...manager, name: 'before-first-apply', operation: 'Update' };
  return [ownerOf(before, fieldsOfCreator(shape, live, ignored), time)];
}

const applyConflict = (conflicts: readonly Conflict[]): ApiError =>
  new ApiError(409, 'Conflict', conflictMessage(conflicts), { causes: conflictCauses(conflicts) });
