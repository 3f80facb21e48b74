// PUT of a whole object, or of its status; to a name that does not exist it creates some kinds (api.md §9).

import { isAlreadyExists, isNotFound } from '#api/index.ts';
import { copyJson } from '#api/schema/json.ts';
import type { HttpResponse } from '#lib/http.ts';
import { decodeObject } from './body.ts';
import { type Call, writeOptions } from './call.ts';
import { assertName, placeInNamespace } from './metadata.ts';
import type { Parts } from './parts.ts';
import { respondWithEntry } from './represent.ts';

/** Somebody else would have to create and delete the object each time, just in between. */
const attempts = 5;

export async function update(parts: Parts, call: Call): Promise<HttpResponse> {
  const { registry, writer, clock } = parts;
  const options = writeOptions(call, 'UpdateOptions');
  const object = decodeObject(call.request, call.kind, options);
  placeInNamespace(call.kind, object, call.at);
  assertName(object, call.at);
  const rules = call.at.subresource === 'status' ? 'status' : 'main';
  const change = { ...options, rules, apply: () => copyJson(object) } as const;
  // Who names a version means an object that was there, and is not to get another in its place.
  const mayCreate = call.kind.allowCreateOnUpdate && rules === 'main' && !object.metadata.resourceVersion;
  for (let attempt = 1; ; attempt++) {
    try {
      const entry = await writer.update({ ...call.at, kind: call.kind }, change);
      return respondWithEntry(registry, call, entry, clock.now());
    } catch (error) {
      if (!isNotFound(error) || !mayCreate) throw error;
    }
    try {
      const entry = await writer.create(call.kind, copyJson(object), options);
      return respondWithEntry(registry, call, entry, clock.now(), 201);
    } catch (error) {
      // Somebody else created it in between, so there is something to update now, unless it has gone again meanwhile.
      if (!isAlreadyExists(error) || attempt === attempts) throw error;
    }
  }
}
