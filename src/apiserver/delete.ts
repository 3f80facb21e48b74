// DELETE of one object (api.md §11): at once, or by marking it and waiting for finalizers, a pod's grace period or a
// namespace's contents. Deletion that waits is completed by the update that removes the last finalizer.

import {
  conflict,
  type DeleteOptions,
  type FieldError,
  invalid,
  invalidValue,
  type Kind,
  type KubeObject,
  type Namespace,
  notAmong,
  notFound,
} from '#api/index.ts';
import { copyJson } from '#api/schema/json.ts';
import { prune } from '#api/schema/strict.ts';
import { timestamp } from '#api/schema/time.ts';
import type { HttpResponse } from '#lib/http.ts';
import type { Entry } from '#storage/index.ts';
import { assertDeletable } from './admission.ts';
import { decodeDeleteOptions } from './body.ts';
import { type Call, isDryRun } from './call.ts';
import type { Parts } from './parts.ts';
import { respondWithEntry, respondWithSuccess } from './represent.ts';
import { boolean, integer } from './request.ts';

const attempts = 16;

export async function remove(parts: Parts, call: Call): Promise<HttpResponse> {
  const { kind, at } = call;
  const options = deleteOptions(call);
  const { entry, gone } = await deleteObject(parts, { kind, namespace: at.namespace, name: at.name }, options);
  const object = parts.registry.decode(entry);
  if (gone && !kind.deleteReturnsObject) {
    const { uid = '' } = object.metadata;
    return respondWithSuccess(call, 200, {
      name: at.name,
      ...(kind.group && { group: kind.group }),
      kind: kind.resource,
      uid,
    });
  }
  const accepted = !gone && options.orphanDependents === false;
  return respondWithEntry(parts.registry, call, entry, parts.clock.now(), accepted ? 202 : 200);
}

export interface ParsedDeleteOptions extends DeleteOptions {
  readonly isDryRun: boolean;
}

/** From the body and, where that says nothing, from the query. Throws 422 for options that contradict each other. */
export function deleteOptions(call: Call): ParsedDeleteOptions {
  const options = decodeDeleteOptions(call.request);
  options.gracePeriodSeconds ??= integer(call.query, 'gracePeriodSeconds');
  options.propagationPolicy ??= call.query.get('propagationPolicy') || undefined;
  if (call.query.get('orphanDependents')) options.orphanDependents ??= boolean(call.query, 'orphanDependents');
  return parseDeleteOptions(options, call.query.getAll('dryRun'));
}

const policies = ['Foreground', 'Background', 'Orphan'] as const;

export function parseDeleteOptions(options: DeleteOptions, dryRun: readonly string[] = []): ParsedDeleteOptions {
  const errors: FieldError[] = [];
  const { propagationPolicy, orphanDependents } = options;
  if (propagationPolicy !== undefined && orphanDependents !== undefined) {
    const why = 'orphanDependents and deletionPropagation cannot be both set';
    errors.push(invalidValue('propagationPolicy', propagationPolicy, why));
  }
  if (propagationPolicy !== undefined && !policies.some((policy) => policy === propagationPolicy)) {
    errors.push(notAmong('propagationPolicy', propagationPolicy, [...policies, 'nil']));
  }
  const isRehearsal = isDryRun([...(options.dryRun ?? []), ...dryRun], errors);
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors);
  return { ...options, isDryRun: isRehearsal };
}

interface Deleted {
  /** The last state, or the state of what still waits to go. */
  readonly entry: Entry;
  readonly gone: boolean;
}

export async function deleteObject(
  parts: Parts,
  { kind, namespace, name }: { kind: Kind; namespace: string; name: string },
  options: ParsedDeleteOptions,
): Promise<Deleted> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const entry = await parts.registry.get(kind, { namespace, name });
    if (!entry) throw notFound(kind, name);
    assertPreconditions(kind, parts.registry.decode(entry), options);
    assertDeletable(kind, name);
    const result = await tryDelete(parts, kind, entry, options);
    if (result) return result;
  }
  throw conflict(kind, name, `it was changed by others ${attempts} times while it was being deleted`);
}

/** Undefined when the object changed meanwhile. */
async function tryDelete(parts: Parts, kind: Kind, entry: Entry, options: ParsedDeleteOptions) {
  const { registry, writer, clock } = parts;
  const object = copyJson(registry.decode(entry));
  setPropagation(object, options);
  const grace = kind.gracePeriod?.(object, options.gracePeriodSeconds) ?? 0;
  if (grace > 0 || mustWait(kind, object)) {
    mark(kind, object, grace, clock.now());
    const wanted = prune(kind.schema, object) as KubeObject;
    if (registry.isUnchanged(kind, entry, wanted)) return { entry, gone: false };
    const marked = await writer.replace(kind, entry, wanted, options.isDryRun);
    return marked && { entry: marked, gone: false };
  }
  const last = prune(kind.schema, object) as KubeObject;
  const gone = await writer.remove(kind, entry, last, options.isDryRun);
  return gone && { entry: gone, gone: true };
}

function assertPreconditions(kind: Kind, { metadata }: KubeObject, { preconditions }: DeleteOptions): void {
  const { uid, resourceVersion } = preconditions ?? {};
  const fail = (what: string, wanted: string, found = '') =>
    conflict(
      kind,
      metadata.name ?? '',
      `Precondition failed: ${what} in precondition: ${wanted}, ${what} in object meta: ${found}`,
    );
  if (uid && uid !== metadata.uid) throw fail('UID', uid, metadata.uid);
  if (resourceVersion && resourceVersion !== metadata.resourceVersion) {
    throw fail('ResourceVersion', resourceVersion, metadata.resourceVersion);
  }
}

/** The garbage collector works by these two finalizers; a delete that says nothing leaves them as they are. */
function setPropagation({ metadata }: KubeObject, { propagationPolicy, orphanDependents }: DeleteOptions): void {
  const policy =
    propagationPolicy ?? (orphanDependents === undefined ? undefined : orphanDependents ? 'Orphan' : 'Background');
  if (policy === undefined) return;
  const others = (metadata.finalizers ?? []).filter((name) => name !== 'orphan' && name !== 'foregroundDeletion');
  if (policy === 'Orphan') others.push('orphan');
  if (policy === 'Foreground') others.push('foregroundDeletion');
  metadata.finalizers = others;
}

const isNamespace = (kind: Kind): boolean => kind.group === '' && kind.kind === 'Namespace';

function mustWait(kind: Kind, object: KubeObject): boolean {
  if ((object.metadata.finalizers?.length ?? 0) > 0) return true;
  return isNamespace(kind) && ((object as Namespace).spec?.finalizers?.length ?? 0) > 0;
}

/** Sets the deletion timestamp; later deletes may only bring it forward. */
function mark(kind: Kind, object: KubeObject, grace: number, now: Date): void {
  const { metadata } = object;
  const isFirst = !metadata.deletionTimestamp;
  const before = metadata.deletionGracePeriodSeconds ?? 0;
  if (isFirst || grace < before) {
    // Counted from the first delete, whatever has passed since.
    const start = metadata.deletionTimestamp ? Date.parse(metadata.deletionTimestamp) - before * 1000 : now.getTime();
    metadata.deletionTimestamp = timestamp(new Date(start + grace * 1000));
    if (!isNamespace(kind)) metadata.deletionGracePeriodSeconds = grace;
  }
  if (isFirst && kind.hasGeneration) metadata.generation = (metadata.generation ?? 0) + 1;
  if (isNamespace(kind)) {
    const namespace = object as Namespace;
    namespace.status = { ...namespace.status, phase: 'Terminating' };
  }
}
