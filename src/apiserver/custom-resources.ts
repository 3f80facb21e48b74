// The list of CustomResourceDefinitions, which is empty: none can be made here. It is no resource and not in discovery,
// yet kubectl asks for it before it says that a kind is not known, and without an answer blames the server instead and
// applies nothing of the file (api.md §17).

import type { HttpResponse } from '#lib/http.ts';
import type { Registry } from './registry.ts';
import type { RequestInfo } from './request.ts';
import { type Format, respond } from './respond.ts';

const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** Undefined for every other request. */
export async function serveDefinitions(
  { path: asked, verb }: RequestInfo,
  { store }: Registry,
  format: Format,
): Promise<HttpResponse | undefined> {
  if (asked !== path || verb !== 'list') return undefined;
  // As current as the list of any kind is.
  const { revision } = await store.list(`/registry${path}/`, { limit: 1 });
  const metadata = { resourceVersion: String(revision) };
  const list = { kind: 'CustomResourceDefinitionList', apiVersion: 'apiextensions.k8s.io/v1', metadata, items: [] };
  return respond(200, list, format);
}
