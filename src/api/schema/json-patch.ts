// JSON Patch (RFC 6902) over fast-json-patch, with the answers of upstream's API server (api.md §10) and a fence round
// what the library leaves open: operations that are no JSON Patch, copies that double the document again and again,
// and the copy of the whole document that its own check of `from` makes for every operation.

import jsonPatch, { type Operation } from 'fast-json-patch';
import { ApiError, badRequest } from '../errors.ts';
import { copyJson, isObject, own } from './json.ts';

const maxOperations = 10_000;
/** Bytes of JSON that all copy operations of a patch may add: the size a request body may have. */
const maxCopied = 3 * 1024 * 1024;
/** As for bodies: operations could build what no body may have. */
const maxDepth = 1000;
const operationNames = ['add', 'remove', 'replace', 'move', 'copy', 'test'];

/**
 * The patched document; neither argument is changed, nor shared with the result. Throws 400 for what is not a list of
 * operations, 413 for too many of them, 422 when one fails (a path that is not there, a failed test).
 */
export function applyJsonPatch(document: unknown, operations: unknown): unknown {
  const patch = decode(operations);
  let result = copyJson(document);
  let copied = 0;
  patch.forEach((operation, index) => {
    try {
      copied += sizeOfCopy(operation, result);
      if (copied > maxCopied) throw new Error(`the copies add more than ${maxCopied} bytes`);
      // The library checks the path of every operation, and refuses `__proto__` anywhere in it.
      result = jsonPatch.applyOperation(result, operation, checkPath, true, true, index).newDocument;
    } catch (error) {
      throw rejected(index, operation, error);
    }
  });
  if (isDeeper(result, maxDepth)) {
    throw badRequest(`the JSON patch makes an object that is nested more than ${maxDepth} deep`);
  }
  return result;
}

/** Without recursion, since that is what too much depth would break. */
function isDeeper(value: unknown, limit: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limit) return true;
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []));
  }
  return false;
}

function decode(operations: unknown): Operation[] {
  if (!Array.isArray(operations)) throw badRequest('a JSON patch must be a list of operations');
  if (operations.length > maxOperations) {
    throw new ApiError(
      413,
      'RequestEntityTooLarge',
      `Request entity too large: a JSON patch may have ${maxOperations} operations, this one has ${operations.length}`,
    );
  }
  const odd = operations.findIndex((operation) => !isObject(operation));
  if (odd >= 0) throw badRequest(`operation ${odd} of the JSON patch is not an object`);
  // Values are put into the document as they are, so they must not be the caller's.
  return copyJson(operations) as Operation[];
}

/** Bytes that a copy adds. Checks on the way that what is copied or moved is there. */
function sizeOfCopy(operation: Operation, document: unknown): number {
  if (!operationNames.includes(operation.op)) throw new Error(`there is no operation ${JSON.stringify(operation.op)}`);
  if (operation.op !== 'copy' && operation.op !== 'move') return 0;
  const source = valueAt(document, operation.from);
  if (source === undefined) throw new Error(`there is nothing at ${JSON.stringify(operation.from)}`);
  if (operation.op === 'move' && String(operation.path).startsWith(`${operation.from}/`)) {
    throw new Error(`${JSON.stringify(operation.from)} cannot be moved into itself`);
  }
  return operation.op === 'copy' ? JSON.stringify(source).length : 0;
}

function valueAt(document: unknown, pointer: unknown): unknown {
  if (typeof pointer !== 'string') return undefined;
  if (pointer !== '' && !pointer.startsWith('/')) return undefined;
  let value = document;
  for (const step of pointer.split('/').slice(1)) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(value)) value = /^\d+$/.test(key) ? value[Number(key)] : undefined;
    else value = isObject(value) ? own(value, key) : undefined;
  }
  return value;
}

/** The library's own check, less the one of `from`, which was made in sizeOfCopy. */
const checkPath: typeof jsonPatch.validator = (operation, index, document, existing) =>
  jsonPatch.validator(
    operation,
    index,
    operation.op === 'copy' || operation.op === 'move' ? undefined : document,
    existing,
  );

/** Upstream says no more than this to the client; what went wrong is in the cause, for the log. */
function rejected(index: number, operation: Operation, cause: unknown): ApiError {
  const why = (cause as Error).message.split('\n')[0];
  const text = 'the server rejected our request due to an error in our request';
  return new ApiError(
    422,
    'Invalid',
    text,
    {},
    {
      cause: new Error(`operation ${index} (${operation.op} ${operation.path}) of the JSON patch: ${why}`),
    },
  );
}
