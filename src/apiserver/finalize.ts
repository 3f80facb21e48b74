// PUT namespaces/NAME/finalize (api.md §11): the namespace controller says that the contents are gone by emptying
// spec.finalizers, which completes the deletion.

import type { KubeObject, Namespace } from '#api/index.ts';
import type { HttpResponse } from '#lib/http.ts';
import { decodeObject } from './body.ts';
import { type Call, writeOptions } from './call.ts';
import { assertName } from './metadata.ts';
import type { Parts } from './parts.ts';
import { respondWithEntry } from './represent.ts';

export async function finalize({ registry, writer, clock }: Parts, call: Call): Promise<HttpResponse> {
  const options = writeOptions(call, 'UpdateOptions');
  const wanted = decodeObject(call.request, call.kind, options) as Namespace;
  assertName(wanted, call.at);
  const { uid, resourceVersion } = wanted.metadata;
  const apply = (old: KubeObject): Namespace => ({
    ...(old as Namespace),
    metadata: { ...old.metadata, ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) },
    spec: { ...(old as Namespace).spec, finalizers: wanted.spec?.finalizers ?? [] },
  });
  const target = { ...call.at, kind: call.kind };
  const entry = await writer.update(target, { ...options, rules: 'finalize', subresource: 'finalize', apply });
  return respondWithEntry(registry, call, entry, clock.now());
}
