// PUT of a whole object, or of its status; to a name that does not exist it creates some kinds (api.md §9).

import { isAlreadyExists, isNotFound, type KubeObject } from '#api/index.ts';
import { copyJson } from '#api/schema/json.ts';
import type { HttpResponse } from '#lib/http.ts';
import { decodeObject } from './body.ts';
import { type Call, writeOptions } from './call.ts';
import { assertName, placeInNamespace } from './metadata.ts';
import type { Parts } from './parts.ts';
import { respondWithEntry } from './represent.ts';

export async function update(parts: Parts, call: Call): Promise<HttpResponse> {
  const { registry, writer, clock } = parts;
  const options = writeOptions(call, 'UpdateOptions');
  const object = decodeObject(call.request, call.kind, options);
  placeInNamespace(call.kind, object, call.at);
  assertName(object, call.at);
  const rules = call.at.subresource === 'status' ? 'status' : 'main';
  const change = { ...options, rules, apply: () => copyJson(object) } as const;
  try {
    const entry = await writer.update({ ...call.at, kind: call.kind }, change);
    return respondWithEntry(registry, call, entry, clock.now());
  } catch (error) {
    // Who names a version means an object that was there, and is not to get another in its place.
    const mayCreate = call.kind.allowCreateOnUpdate && rules === 'main' && !object.metadata.resourceVersion;
    if (!isNotFound(error) || !mayCreate) throw error;
    return createNamed(parts, call, object);
  }
}

async function createNamed(parts: Parts, call: Call, object: KubeObject): Promise<HttpResponse> {
  const options = writeOptions(call, 'UpdateOptions');
  try {
    const entry = await parts.writer.create(call.kind, copyJson(object), options);
    return respondWithEntry(parts.registry, call, entry, parts.clock.now(), 201);
  } catch (error) {
    // Somebody else created it in between, so there is something to update now.
    if (isAlreadyExists(error)) return update(parts, call);
    throw error;
  }
}
