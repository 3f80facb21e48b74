// POST of a new object (api.md §6, §9).

import type { HttpResponse } from '#lib/http.ts';
import { decodeObject } from './body.ts';
import { type Call, writeOptions } from './call.ts';
import { placeInNamespace } from './metadata.ts';
import type { Parts } from './parts.ts';
import { respondWithEntry } from './represent.ts';

export async function create({ registry, writer, clock }: Parts, call: Call): Promise<HttpResponse> {
  const options = writeOptions(call, 'CreateOptions');
  const object = decodeObject(call.request, call.kind, options);
  placeInNamespace(call.kind, object, call.at);
  const entry = await writer.create(call.kind, object, options);
  return respondWithEntry(registry, call, entry, clock.now(), 201);
}
