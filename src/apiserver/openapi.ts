// Serving OpenAPI v3 (api.md §3): an index of documents, one a group and version, each under a URL with the hash of its
// content, so that clients may keep it for ever.

import { createHash } from 'node:crypto';
import { openApiV3 } from '#api/schema/openapi.ts';
import type { HttpRequest, HttpResponse } from '#lib/http.ts';
import type { Discovery } from './discovery.ts';
import { commonHeaders } from './respond.ts';

interface Document {
  readonly body: Uint8Array;
  readonly hash: string;
}

const yearSeconds = 365 * 24 * 3600;

export class OpenApi {
  readonly #discovery: Discovery;
  readonly #documents = new Map<string, Document>();
  #index: Document | undefined;

  constructor(discovery: Discovery) {
    this.#discovery = discovery;
  }

  /** Undefined for documents that there are not. */
  serve(path: string, query: URLSearchParams, request: HttpRequest, now: Date): HttpResponse | undefined {
    if (path === '/openapi/v3') return answer(request, this.#readIndex());
    const name = path.slice('/openapi/v3/'.length);
    const groupVersion = this.#discovery.groupVersions.find((candidate) => pathOf(candidate) === name);
    if (!path.startsWith('/openapi/v3/') || !groupVersion) return undefined;
    const document = this.#document(groupVersion);
    const hash = query.get('hash');
    if (hash && hash !== document.hash) {
      const headers = { ...commonHeaders, location: urlOf(groupVersion, document) };
      return { status: 301, headers, body: new Uint8Array() };
    }
    if (!hash) return answer(request, document);
    const expires = new Date(now.getTime() + yearSeconds * 1000).toUTCString();
    return answer(request, document, { 'cache-control': 'public, immutable', expires });
  }

  #readIndex(): Document {
    this.#index ??= toDocument({
      paths: Object.fromEntries(
        this.#discovery.groupVersions.map((groupVersion) => [
          pathOf(groupVersion),
          { serverRelativeURL: urlOf(groupVersion, this.#document(groupVersion)) },
        ]),
      ),
    });
    return this.#index;
  }

  #document(groupVersion: string): Document {
    let document = this.#documents.get(groupVersion);
    if (!document) {
      document = toDocument(openApiV3(groupVersion, this.#discovery.kindsOf(groupVersion)));
      this.#documents.set(groupVersion, document);
    }
    return document;
  }
}

const pathOf = (groupVersion: string): string =>
  groupVersion.includes('/') ? `apis/${groupVersion}` : `api/${groupVersion}`;
const urlOf = (groupVersion: string, { hash }: Document): string => `/openapi/v3/${pathOf(groupVersion)}?hash=${hash}`;

function toDocument(value: object): Document {
  const body = Buffer.from(JSON.stringify(value));
  return { body, hash: createHash('sha512').update(body).digest('hex').toUpperCase() };
}

function answer(request: HttpRequest, { body, hash }: Document, headers: Record<string, string> = {}): HttpResponse {
  const etag = `"${hash}"`;
  const all = { ...commonHeaders, 'content-type': 'application/json', etag, vary: 'Accept', ...headers };
  if (request.headers['if-none-match'] === etag) return { status: 304, headers: all, body: new Uint8Array() };
  return { status: 200, headers: all, body };
}
