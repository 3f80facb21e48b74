// GET of a collection (api.md §7): pages of one snapshot, filtered, in the wanted form, streamed when they are long.
// A plain JSON list is put together from the stored bytes of its items.

import { ApiError, apiVersionOf, badRequest, type Kind, type KubeObject } from '#api/index.ts';
import type { HttpResponse } from '#lib/http.ts';
import { CompactedError, type Entry } from '#storage/index.ts';
import { type Call, formatOf, representationOf } from './call.ts';
import { decodeContinue, encodeContinue } from './continue-token.ts';
import type { Parts } from './parts.ts';
import type { Registry } from './registry.ts';
import { wholeNumber } from './request.ts';
import { exactRevision, parseResourceVersion, reached, translateRevision } from './resource-version.ts';
import { respondWithList, statusResponse } from './respond.ts';
import { parseSelection, type Selection } from './selection.ts';
import { metadataOnly, parseIncludeObject, row, table } from './table.ts';

/** Entries that are read at once while looking for those that a selector matches. */
const scanPage = 1000;

export interface Page {
  readonly entries: readonly Entry[];
  readonly revision: number;
  /** The key at which the next page starts; undefined when this was the last. */
  readonly next: string | undefined;
  readonly remaining: number | undefined;
}

export async function list(parts: Parts, call: Call): Promise<HttpResponse> {
  const limit = wholeNumber(call.query, 'limit') || undefined;
  const selection = parseSelection(call.kind, call.query);
  try {
    const page = await readPage(parts, call, selection, limit);
    return render(parts, call, page, parts.registry.prefixFor(call.kind, call.at.namespace, selection.name));
  } catch (error) {
    if (error instanceof CompactedError && call.query.get('continue')) return expiredContinue(call);
    throw translateRevision(error);
  }
}

async function readPage({ registry, clock }: Parts, call: Call, selection: Selection, limit: number | undefined) {
  const { query, at, kind, request } = call;
  const prefix = registry.prefixFor(kind, at.namespace, selection.name);
  const exact = exactRevision(query, limit);
  const wanted = parseResourceVersion(query.get('resourceVersion'));
  const token = query.get('continue');
  if (token) {
    if (wanted) throw badRequest('specifying resource version is not allowed when using continue');
    const { revision, start } = decodeContinue(token);
    const snapshot = revision < 0 ? undefined : revision;
    return collect(registry, { kind, prefix, startKey: prefix + start, revision: snapshot, selection, limit });
  }
  if (wanted) await reached(registry.store, wanted, clock, request.signal);
  return collect(registry, { kind, prefix, startKey: prefix, revision: exact, selection, limit });
}

interface Reading {
  readonly kind: Kind;
  readonly prefix: string;
  readonly startKey: string;
  readonly revision: number | undefined;
  readonly selection: Selection;
  readonly limit: number | undefined;
}

/** Reads until `limit` entries match or the collection ends. */
export async function collect(registry: Registry, reading: Reading): Promise<Page> {
  const { kind, prefix, selection, limit } = reading;
  const entries: Entry[] = [];
  let { startKey, revision } = reading;
  for (;;) {
    const size = limit === undefined ? undefined : selection.matchesAll ? limit : scanPage;
    const page = await registry.store.list(prefix, { startKey, revision, limit: size });
    revision = page.revision;
    for (const [index, stored] of page.entries.entries()) {
      const entry = registry.view(kind, stored);
      if (!selection.matchesAll && !selection.matches(registry.decode(entry))) continue;
      entries.push(entry);
      const left = page.entries.length - 1 - index + page.remaining;
      if (limit !== undefined && entries.length === limit && left > 0) {
        return { entries, revision, next: `${entry.key}\0`, remaining: selection.matchesAll ? left : undefined };
      }
    }
    const last = page.entries.at(-1);
    if (!last || page.remaining === 0) return { entries, revision, next: undefined, remaining: undefined };
    startKey = `${last.key}\0`;
  }
}

function render({ registry, clock }: Parts, call: Call, page: Page, prefix: string): HttpResponse {
  const representation = representationOf(call);
  const format = formatOf(call, representation);
  const headers = call.warnings.headers();
  const metadata = {
    resourceVersion: String(page.revision),
    ...(page.next && { continue: encodeContinue({ revision: page.revision, start: page.next.slice(prefix.length) }) }),
    ...(page.remaining && { remainingItemCount: page.remaining }),
  };
  const { metaVersion: version } = representation;
  const objects = decoded(registry, page.entries);
  switch (representation.as) {
    case 'object':
      return respondWithList(listHead(call, metadata), 'items', bytesOf(page.entries), format, headers);
    case 'metadata': {
      const head = { kind: 'PartialObjectMetadataList', apiVersion: `meta.k8s.io/${version}`, metadata };
      return respondWithList(
        head,
        'items',
        encoded(objects, (object) => metadataOnly(object, version)),
        format,
        headers,
      );
    }
    case 'table': {
      const includeObject = parseIncludeObject(call.query);
      const options = { version, includeObject, now: clock.now(), columns: true, metadata };
      const { rows: _none, ...head } = table(call.kind, [], options);
      return respondWithList(
        head,
        'rows',
        encoded(objects, (object) => row(call.kind, object, options)),
        format,
        headers,
      );
    }
  }
}

function* bytesOf(entries: readonly Entry[]): Generator<Uint8Array> {
  for (const { value } of entries) yield value;
}
function* decoded(registry: Registry, entries: readonly Entry[]): Generator<KubeObject> {
  for (const entry of entries) yield registry.decode(entry);
}
function* encoded<T>(objects: Iterable<T>, form: (object: T) => unknown): Generator<Uint8Array> {
  for (const object of objects) yield Buffer.from(JSON.stringify(form(object)));
}

export const listHead = ({ kind }: Call, metadata: object) => ({
  kind: `${kind.kind}List`,
  apiVersion: apiVersionOf(kind),
  metadata,
});

/** The snapshot is gone: the client gets a token to go on without one, if it can live with that. */
function expiredContinue(call: Call): HttpResponse {
  const { start } = decodeContinue(call.query.get('continue') ?? '');
  const error = new ApiError(
    410,
    'Expired',
    'The snapshot that the continue token belongs to is no longer kept. List again from the start, or go on with the token in metadata.continue if an inconsistent list will do.',
  );
  const status = { ...error.toStatus(), metadata: { continue: encodeContinue({ revision: -1, start }) } };
  return statusResponse(error, status, call.request);
}
