// JSON Merge Patch (RFC 7396): objects merge, null deletes, everything else replaces.

import { copyJson, isObject, type JsonObject, own, put } from './json.ts';

/** The patched document; neither argument is changed, nor shared with the result. */
export function applyMergePatch(document: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return copyJson(patch);
  const merged: JsonObject = isObject(document) ? copyJson(document) : {};
  mergeInto(merged, patch);
  return merged;
}

function mergeInto(target: JsonObject, patch: JsonObject): void {
  for (const key of Object.keys(patch)) {
    const change = patch[key];
    const present = own(target, key);
    if (change === null) delete target[key];
    else if (isObject(change) && isObject(present)) mergeInto(present, change);
    else put(target, key, applyMergePatch(undefined, change));
  }
}
