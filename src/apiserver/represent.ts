// One object, in the form that the client asked for: its own bytes, a Table of one row, or its metadata (api.md §5).

import type { Kind, KubeObject } from '#api/index.ts';
import type { HttpResponse } from '#lib/http.ts';
import type { Entry } from '#storage/index.ts';
import { type Call, formatOf, representationOf } from './call.ts';
import type { Registry } from './registry.ts';
import { respond } from './respond.ts';
import { metadataOnly, parseIncludeObject, table } from './table.ts';

export function respondWithEntry(registry: Registry, call: Call, entry: Entry, now: Date, status = 200): HttpResponse {
  const representation = representationOf(call);
  const body = representation.as === 'object' ? entry.value : asWanted(call, call.kind, registry.decode(entry), now);
  return respond(status, body, formatOf(call, representation), call.warnings.headers());
}

/** For what is not stored in this form: a Scale. */
export function respondWithObject(
  call: Call,
  kind: Pick<Kind, 'columns'>,
  object: KubeObject,
  now: Date,
  status = 200,
): HttpResponse {
  const body = asWanted(call, kind, object, now);
  return respond(status, body, formatOf(call, representationOf(call)), call.warnings.headers());
}

function asWanted(call: Call, kind: Pick<Kind, 'columns' | 'rowConditions'>, object: KubeObject, now: Date): unknown {
  const { as, metaVersion: version } = representationOf(call);
  if (as === 'object') return object;
  if (as === 'metadata') return metadataOnly(object, version);
  const includeObject = parseIncludeObject(call.query);
  const metadata = { resourceVersion: object.metadata.resourceVersion ?? '' };
  return table(kind, [object], { version, includeObject, now, columns: true, metadata });
}

/** A plain success, for what has no object to answer with. */
export function respondWithSuccess(call: Call, status: number, details?: Record<string, string>): HttpResponse {
  const representation = { ...representationOf(call), as: 'object' as const };
  const body = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    ...(details && { details }),
    ...(status !== 200 && { code: status }),
  };
  return respond(status, body, formatOf(call, representation), call.warnings.headers());
}
