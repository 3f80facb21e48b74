// PATCH (api.md §10). The patch is applied to what is stored now, again after a lost race; the result passes everything
// that a PUT passes. Server-side apply, the fourth form, is another matter: apply.ts.

import { badRequest, forbiddenField, invalid, type KubeObject, tooLarge, unsupportedMediaType } from '#api/index.ts';
import { goText } from '#api/schema/go-text.ts';
import { applyJsonPatch } from '#api/schema/json-patch.ts';
import { applyMergePatch } from '#api/schema/merge-patch.ts';
import { strategicMerge } from '#api/schema/strategic-merge.ts';
import { parseJson } from '#api/schema/strict.ts';
import type { HttpRequest, HttpResponse } from '#lib/http.ts';
import { applyMediaType, applyPatch, isApply } from './apply.ts';
import { bodyLimit, checkPatched, type Expected, mediaTypeOf, textOf } from './body.ts';
import { type Call, type WriteOptions, writeOptions } from './call.ts';
import type { Parts } from './parts.ts';
import { respondWithEntry } from './represent.ts';
import { jsonPatchProblems } from './strict-problems.ts';

const mediaTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
] as const;

export async function patch(parts: Parts, call: Call): Promise<HttpResponse> {
  if (isApply(call.request)) return applyPatch(parts, call);
  const { registry, writer, clock } = parts;
  const options = patchOptions(call);
  const apply = parsePatch(call.request, call.kind, options);
  const rules = call.at.subresource === 'status' ? 'status' : 'main';
  const change = { ...options, rules, apply } as const;
  const entry = await writer.update({ ...call.at, kind: call.kind }, change);
  return respondWithEntry(registry, call, entry, clock.now());
}

export function patchOptions(call: Call): WriteOptions {
  if (call.query.get('force')) {
    const why = 'may not be specified for non-apply patch';
    throw invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [forbiddenField('force', why)]);
  }
  return writeOptions(call, 'PatchOptions');
}

/** What the request's patch makes of an object of the expected kind. */
export function parsePatch(request: HttpRequest, expected: Expected, options: WriteOptions) {
  const body = request.body ?? new Uint8Array();
  if (body.length > bodyLimit) throw tooLarge(bodyLimit);
  const mediaType = mediaTypeOf(request);
  if (!mediaTypes.some((known) => known === mediaType)) throw unsupportedMediaType([...mediaTypes, applyMediaType]);
  const { value, duplicates } = parseJson(textOf(body));
  const said = mediaType === mediaTypes[0] ? jsonPatchProblems(value, duplicates) : undefined;
  const merged = (live: KubeObject): unknown => {
    switch (mediaType) {
      case 'application/json-patch+json':
        if (!Array.isArray(value)) throw badRequest('a JSON patch must be a list of operations');
        return applyJsonPatch(live, value);
      case 'application/merge-patch+json':
        return applyMergePatch(live, asObject(value));
      default:
        return strategicMerge(expected.schema, live, asObject(value));
    }
  };
  return (live: KubeObject): KubeObject => {
    const { kind, apiVersion, metadata } = live;
    const patched = merged(live);
    const shown = () => (mediaType === mediaTypes[2] ? goText(value) : textWithoutManagers(patched));
    const object = checkPatched(patched, { duplicates, said }, expected, options, shown);
    assertSameIdentity(object, { kind, apiVersion, metadata });
    return object;
  };
}

/** What people look for in an error; who owns which field only hides it. */
const textWithoutManagers = (object: unknown): string =>
  JSON.stringify(object, (key, value: unknown) => (key === 'managedFields' ? undefined : value)) ?? 'null';

function asObject(value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw badRequest('a merge patch must be an object');
}

function assertSameIdentity(object: KubeObject, old: KubeObject): void {
  for (const field of ['name', 'namespace'] as const) {
    if ((object.metadata[field] ?? '') !== (old.metadata[field] ?? '')) {
      throw badRequest(
        `the ${field} of the object (${object.metadata[field] ?? ''}) does not match the ${field} on the URL (${old.metadata[field] ?? ''})`,
      );
    }
  }
  for (const field of ['kind', 'apiVersion'] as const) {
    if (object[field] && object[field] !== old[field]) {
      throw badRequest(`a patch may not change ${field} from ${old[field]} to ${object[field]}`);
    }
  }
}
