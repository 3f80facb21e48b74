// GET of one object: the newest state, which satisfies every version that clients ask for unless it is still to come.

import { notFound } from '#api/index.ts';
import type { HttpResponse } from '#lib/http.ts';
import type { Call } from './call.ts';
import type { Parts } from './parts.ts';
import { respondWithEntry } from './represent.ts';
import { parseResourceVersion, reached } from './resource-version.ts';

export async function get({ registry, clock }: Parts, call: Call): Promise<HttpResponse> {
  const wanted = parseResourceVersion(call.query.get('resourceVersion'));
  if (wanted) await reached(registry.store, wanted, clock, call.request.signal);
  const entry = await registry.get(call.kind, call.at);
  if (!entry) throw notFound(call.kind, call.at.name);
  return respondWithEntry(registry, call, entry, clock.now());
}
