// Answers: bytes with the headers that every answer carries (api.md §1), in JSON or YAML, pretty-printed on request.

import { stringify as toYaml } from 'yaml';
import { ApiError, internalError } from '#api/index.ts';
import type { HttpRequest, HttpResponse } from '#lib/http.ts';
import { listBody } from './list-body.ts';
import { negotiateError, type Representation } from './negotiate.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** Read by parsers of YAML 1.1 as well, to which `no` is false and a bare time is no text; keys sorted as upstream has them. */
const yamlStyle = { lineWidth: 0, aliasDuplicateObjects: false, version: '1.1', sortMapEntries: true } as const;
export const commonHeaders = { 'cache-control': 'no-cache, private' } as const;

/** `?pretty=`, or a program whose output people read. */
export function isPretty(request: HttpRequest, query: URLSearchParams): boolean {
  const wanted = query.get('pretty');
  if (wanted !== null) return wanted !== '0' && wanted !== 'false';
  return /^(curl\/|Wget\/|Mozilla\/)/.test(request.headers['user-agent'] ?? '');
}

export interface Format {
  readonly media: Representation['media'];
  readonly pretty: boolean;
}

/** An answer from a value, or from bytes that are JSON already and mostly need no work. */
export function respond(status: number, body: unknown, format: Format, headers: Record<string, string> = {}) {
  const yaml = format.media === 'yaml';
  const contentType = yaml ? 'application/yaml' : 'application/json';
  return { status, headers: { ...commonHeaders, 'content-type': contentType, ...headers }, body: encode(body, format) };
}

function encode(body: unknown, { media, pretty }: Format): Uint8Array {
  if (body instanceof Uint8Array) {
    if (media === 'json' && !pretty) return body;
    return encode(JSON.parse(decoder.decode(body)), { media, pretty });
  }
  if (media === 'yaml') return encoder.encode(toYaml(body, yamlStyle));
  return encoder.encode(pretty ? `${JSON.stringify(body, null, 2)}\n` : `${JSON.stringify(body)}\n`);
}

/** `{…head, "field": [items]}`: as it comes when it is JSON for programs, else put together first. */
export function respondWithList(
  head: object,
  field: string,
  items: Iterable<Uint8Array>,
  format: Format,
  headers: Record<string, string>,
): HttpResponse {
  if (format.media === 'json' && !format.pretty) {
    const body = listBody(head, field, items);
    return {
      status: 200,
      headers: { ...commonHeaders, 'content-type': 'application/json', ...headers },
      body,
      isBulk: true,
    };
  }
  const values = Array.from(items, (item) => JSON.parse(decoder.decode(item)));
  return respond(200, { ...head, [field]: values }, format, headers);
}

export const textResponse = (status: number, text: string): HttpResponse => ({
  status,
  headers: { ...commonHeaders, 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
  body: encoder.encode(text),
});

/** Any failure as a Status. What is no ApiError is a fault of ours: the client learns that, and the log learns more. */
export function errorResponse(error: unknown, request: HttpRequest): HttpResponse {
  const known = error instanceof ApiError ? error : internalError(error instanceof Error ? error.message : 'unknown');
  return statusResponse(known, known.toStatus(), request);
}

export function statusResponse(error: ApiError, status: unknown, request: HttpRequest): HttpResponse {
  const retryAfter = error.details?.retryAfterSeconds;
  const { media } = negotiateError(request.headers.accept);
  const headers = retryAfter ? { 'retry-after': String(retryAfter) } : undefined;
  return respond(error.code, status, { media, pretty: isPretty(request, queryOf(request.url)) }, headers);
}

const queryOf = (url: string): URLSearchParams =>
  new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?')) : '');
