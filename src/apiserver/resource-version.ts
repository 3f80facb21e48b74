// What `resourceVersion` and `resourceVersionMatch` of a list or watch ask for (api.md §7, §8).

import { ApiError, badRequest, expired, type FieldError, forbiddenField, invalid, notAmong } from '#api/index.ts';
import type { Clock } from '#lib/clock.ts';
import { CompactedError, FutureRevisionError, type Store } from '#storage/index.ts';

/** How long a request for a version that does not exist yet is held, in the hope that it will. */
const patienceMs = 3000;

export const invalidListOptions = (...errors: FieldError[]): ApiError =>
  invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);

/** A version as clients send it; 0 for "0", undefined when absent. */
export function parseResourceVersion(text: string | null): number | undefined {
  if (!text) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw badRequest(`invalid resourceVersion ${JSON.stringify(text)}: must be a non-negative integer`);
}

/** The revision that a list must read exactly; undefined for the newest, which satisfies all other wishes. */
export function exactRevision(query: URLSearchParams, limit: number | undefined): number | undefined {
  const errors = listErrors(query);
  if (errors.length > 0) throw invalidListOptions(...errors);
  const resourceVersion = parseResourceVersion(query.get('resourceVersion'));
  switch (query.get('resourceVersionMatch')) {
    case 'Exact':
      return resourceVersion;
    case 'NotOlderThan':
      return undefined;
    default:
      return resourceVersion && limit ? resourceVersion : undefined;
  }
}

const matchPath = 'resourceVersionMatch';
const withContinue = 'resourceVersionMatch is forbidden when continue is provided';

/** All that contradicts itself in the options of a list. */
function listErrors(query: URLSearchParams): FieldError[] {
  const match = query.get('resourceVersionMatch');
  const resourceVersion = query.get('resourceVersion');
  const errors: FieldError[] = [];
  if (match) {
    const unless = 'resourceVersionMatch is forbidden unless resourceVersion is provided';
    if (!resourceVersion) errors.push(forbiddenField(matchPath, unless));
    if (query.get('continue')) errors.push(forbiddenField(matchPath, withContinue));
    if (match !== 'Exact' && match !== 'NotOlderThan') {
      errors.push(notAmong(matchPath, match, ['Exact', 'NotOlderThan', '']));
    }
    if (match === 'Exact' && resourceVersion === '0') {
      errors.push(forbiddenField(matchPath, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
    }
  }
  if (query.get('sendInitialEvents')) {
    errors.push(forbiddenField('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  }
  return errors;
}

/** All that contradicts itself in the options of a watch. */
export function watchErrors(query: URLSearchParams): FieldError[] {
  const match = query.get('resourceVersionMatch');
  const sendsInitialEvents = Boolean(query.get('sendInitialEvents'));
  const errors: FieldError[] = [];
  if (sendsInitialEvents && match !== 'NotOlderThan') {
    const why = 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan';
    errors.push(forbiddenField(matchPath, why));
  }
  if (match) {
    const unless = 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided';
    if (!sendsInitialEvents) errors.push(forbiddenField(matchPath, unless));
    if (match !== 'NotOlderThan') errors.push(notAmong(matchPath, match, ['NotOlderThan']));
    if (query.get('continue')) errors.push(forbiddenField(matchPath, withContinue));
  }
  return errors;
}

/** Waits a little until the store has reached `wanted`; throws 504 when it does not. */
export async function reached(store: Store, wanted: number, clock: Clock, signal?: AbortSignal): Promise<void> {
  const step = 100;
  for (let waited = 0; store.revision < wanted; waited += step) {
    if (waited >= patienceMs) throw translateRevision(new FutureRevisionError(wanted, store.revision));
    await clock.sleep(step, signal);
  }
}

/** The store's errors in the API's words; others pass through. */
export function translateRevision(error: unknown): unknown {
  if (error instanceof CompactedError) return expired('The resourceVersion for the provided list is too old.');
  if (error instanceof FutureRevisionError) {
    return new ApiError(504, 'Timeout', error.message, {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    });
  }
  return error;
}
