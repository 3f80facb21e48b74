// Every kind that the API server serves, in the order in which discovery lists them: what the files of this folder export.
// Those files may not import this one, which waits for them.

import type { Kind } from '../kind.ts';
import { apiVersionOf } from '../resources.ts';
import { loadKinds } from './load.ts';

export const kinds: readonly Kind[] = await loadKinds(import.meta.dirname);

const byGroupVersionKind = new Map(kinds.map((kind) => [`${apiVersionOf(kind)} ${kind.kind}`, kind]));
/** By the `apiVersion` and `kind` that an object carries. */
export const kindFor = (apiVersion: string, kind: string): Kind | undefined =>
  byGroupVersionKind.get(`${apiVersion} ${kind}`);

export { validateMetadata, validateMetadataUpdate } from './metadata.ts';
export { scaleColumns } from './scale.ts';
