// Serving OpenAPI (api.md §3). Version 3: an index of documents, one a group and version, each under a URL with the hash of
// its content, so that clients may keep it for ever. Version 2: one document of everything, as JSON or as protobuf. Each is
// made when it is first asked for.

import { createHash } from 'node:crypto';
import { notAcceptable } from '#api/index.ts';
import { openApiV3 } from '#api/schema/openapi.ts';
import { openApiV2 } from '#api/schema/openapi-v2.ts';
import { openApiV2Protobuf } from '#api/schema/openapi-v2-protobuf.ts';
import { openApiVersion } from '#api/schema/openapi-version.ts';
import type { HttpRequest, HttpResponse } from '#lib/http.ts';
import type { Discovery } from './discovery.ts';
import { parseAccept } from './negotiate.ts';
import { commonHeaders } from './respond.ts';

interface Document {
  readonly body: Uint8Array;
  readonly hash: string;
  readonly contentType: string;
}

const yearSeconds = 365 * 24 * 3600;
const json = 'application/json';
const protobuf = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
/** What clients may ask of version 2 for, and what they get then. kubectl spells protobuf with an @. */
const mediaTypesV2: Readonly<Record<string, typeof json | typeof protobuf>> = {
  [json]: json,
  [protobuf]: protobuf,
  'application/com.github.proto-openapi.spec.v2@v1.0+protobuf': protobuf,
  'application/*': json,
  '*/*': json,
};

export class OpenApi {
  readonly #discovery: Discovery;
  /** By group and version, and those of version 2 by media type. */
  readonly #documents = new Map<string, Document>();
  #index: Document | undefined;

  constructor(discovery: Discovery) {
    this.#discovery = discovery;
  }

  /** Undefined for documents that there are not. */
  serve(path: string, query: URLSearchParams, request: HttpRequest, now: Date): HttpResponse | undefined {
    if (path === '/openapi/v2') return answer(request, this.#version2(request.headers.accept));
    if (path === '/openapi/v3') return answer(request, this.#readIndex());
    const name = path.slice('/openapi/v3/'.length);
    const groupVersion = [...this.#discovery.groupVersions, aboutVersion].find(
      (candidate) => pathOf(candidate) === name,
    );
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

  /** Throws 406 when the client takes none of the forms. */
  #version2(accept: string | undefined): Document {
    const wanted = accept?.trim()
      ? parseAccept(accept).find(({ type }) => Object.hasOwn(mediaTypesV2, type))
      : { type: json };
    const mediaType = wanted && mediaTypesV2[wanted.type];
    if (!mediaType) throw notAcceptable([json, protobuf]);
    let document = this.#documents.get(mediaType);
    if (!document) {
      const content = openApiV2(this.#discovery.groupVersions.flatMap((name) => this.#discovery.kindsOf(name)));
      document = mediaType === json ? toDocument(content) : documentOf(openApiV2Protobuf(content), mediaType);
      this.#documents.set(mediaType, document);
    }
    return document;
  }

  #readIndex(): Document {
    this.#index ??= toDocument({
      paths: Object.fromEntries(
        [...this.#discovery.groupVersions, aboutVersion].map((groupVersion) => [
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
      document = toDocument(
        groupVersion === aboutVersion
          ? openApiVersion()
          : openApiV3(groupVersion, this.#discovery.kindsOf(groupVersion)),
      );
      this.#documents.set(groupVersion, document);
    }
    return document;
  }
}

/** The one document of the index that is about no group: what /version answers. */
const aboutVersion = 'version';
const pathOf = (groupVersion: string): string => {
  if (groupVersion === aboutVersion) return groupVersion;
  return groupVersion.includes('/') ? `apis/${groupVersion}` : `api/${groupVersion}`;
};
const urlOf = (groupVersion: string, { hash }: Document): string => `/openapi/v3/${pathOf(groupVersion)}?hash=${hash}`;

const toDocument = (value: object): Document => documentOf(Buffer.from(JSON.stringify(value)), json);

const documentOf = (body: Uint8Array, contentType: string): Document => ({
  body,
  hash: createHash('sha512').update(body).digest('hex').toUpperCase(),
  contentType,
});

function answer(request: HttpRequest, document: Document, headers: Record<string, string> = {}): HttpResponse {
  const { body, hash, contentType } = document;
  const etag = `"${hash}"`;
  const all = { ...commonHeaders, 'content-type': contentType, etag, vary: 'Accept', ...headers };
  if (request.headers['if-none-match'] === etag) return { status: 304, headers: all, body: new Uint8Array() };
  return { status: 200, headers: all, body };
}
