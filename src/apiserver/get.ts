// GET of one object.

import { notFound } from '#api/index.ts';
import type { HttpResponse } from '#lib/http.ts';
import type { Call } from './call.ts';
import type { Parts } from './parts.ts';
import { respondWithEntry } from './represent.ts';

export async function get({ registry, clock }: Parts, call: Call): Promise<HttpResponse> {
  const entry = await registry.get(call.kind, call.at);
  if (!entry) throw notFound(call.kind, call.at.name);
  return respondWithEntry(registry, call, entry, clock.now());
}
