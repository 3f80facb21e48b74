// Request bodies: bytes to a checked object (api.md §4, §5, §9). JSON, YAML and protobuf; unknown and repeated fields are
// refused, warned about or ignored, as `fieldValidation` says; what has a wrong type is always refused.

import { isMap, isScalar, isSeq, parseDocument, type Node as YamlNode } from 'yaml';
import { ApiError, apiVersionOf, badRequest, type KubeObject, tooLarge, unsupportedMediaType } from '#api/index.ts';
import { kindFor } from '#api/kinds/index.ts';
import { Scale } from '#api/schema/autoscaling.ts';
import type { Message } from '#api/schema/dsl.ts';
import { DeleteOptions } from '#api/schema/meta.ts';
import { Binding } from '#api/schema/pod.ts';
import { Eviction } from '#api/schema/policy.ts';
import { decodeProtobuf, isProtobuf } from '#api/schema/protobuf.ts';
import { checkFields, parseJson, prune } from '#api/schema/strict.ts';
import type { HttpRequest } from '#lib/http.ts';
import { acceptedMedia } from './negotiate.ts';

export const bodyLimit = 3 * 1024 * 1024;
/** Aliases that a YAML body may expand to: enough for anchors that people write, too few to blow up memory. */
const yamlAliasLimit = 100;

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';
/** What to expect of a body. */
export interface Expected {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly schema: Message;
}
export interface Checking {
  readonly fieldValidation: FieldValidation;
  readonly warn: (text: string) => void;
}

export const mediaTypeOf = (request: HttpRequest): string =>
  (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() || 'application/json';

/** The body as an object of the expected kind. Throws 400, 413 or 415. */
export function decodeObject(request: HttpRequest, expected: Expected, checking: Checking): KubeObject {
  const { value, duplicates } = parseBody(request);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badRequest(`the body is not an object: a ${expected.kind} was expected`);
  }
  assertKind(value as Partial<KubeObject>, expected);
  return checkObject(value, duplicates, expected, checking);
}

/** Holds a value that JSON can express against the kind's schema; the result is in canonical form. */
export function checkObject(value: unknown, duplicates: string[], expected: Expected, checking: Checking): KubeObject {
  const { unknown, typeError } = checkFields(expected.schema, value);
  const cannot = `${expected.kind} in version "${expected.version}" cannot be handled as a ${expected.kind}`;
  if (typeError) throw badRequest(`${cannot}: ${typeError}`);
  const problems = [
    ...unknown.map((path) => `unknown field ${JSON.stringify(path)}`),
    ...duplicates.map((path) => `duplicate field ${JSON.stringify(path)}`),
  ];
  if (problems.length > 0 && checking.fieldValidation === 'Strict') {
    throw badRequest(`${cannot}: strict decoding error: ${problems.join(', ')}`);
  }
  if (checking.fieldValidation === 'Warn') for (const problem of problems) checking.warn(problem);
  return prune(expected.schema, value) as KubeObject;
}

/** DeleteOptions, from the body if there is one; they may call themselves a member of any group. */
export function decodeDeleteOptions(request: HttpRequest): DeleteOptions {
  if (!request.body || request.body.length === 0) return {};
  const { value } = parseBody(request);
  const { typeError } = checkFields(DeleteOptions, value);
  if (typeError) throw badRequest(`DeleteOptions in version "v1" cannot be handled as a DeleteOptions: ${typeError}`);
  const { kind } = value as { kind?: string };
  if (kind && kind !== 'DeleteOptions') throw badRequest(`the body of a delete must be DeleteOptions, not ${kind}`);
  return prune(DeleteOptions, value);
}

interface Parsed {
  readonly value: unknown;
  readonly duplicates: string[];
}

function parseBody(request: HttpRequest): Parsed {
  const body = request.body ?? new Uint8Array();
  if (body.length > bodyLimit) throw tooLarge(bodyLimit);
  const mediaType = mediaTypeOf(request);
  switch (mediaType) {
    case 'application/vnd.kubernetes.protobuf':
      if (!isProtobuf(body)) throw badRequest('the body does not begin as a Kubernetes protobuf message does');
      return { value: decodeProtobuf(body, messageFor), duplicates: [] };
    case 'application/json':
      return parseJson(textOf(body));
    case 'application/yaml':
    case 'text/yaml':
    case 'application/x-yaml':
      return parseYaml(textOf(body));
    default:
      throw unsupportedMediaType(acceptedMedia);
  }
}

/** The text of a body that must be UTF-8. */
export function textOf(body: Uint8Array): string {
  if (body.length === 0) throw badRequest('the request has no body: an object was expected');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch (error) {
    throw new ApiError(400, 'BadRequest', 'the body is not valid UTF-8', undefined, { cause: error });
  }
}

const extraMessages: Readonly<Record<string, Message>> = { DeleteOptions, Scale, Eviction, Binding };
const messageFor = (apiVersion: string, kind: string): Message | undefined =>
  kindFor(apiVersion, kind)?.schema ?? extraMessages[kind];

function assertKind(value: Partial<KubeObject>, expected: Expected): void {
  const want = apiVersionOf(expected);
  // Left out, they are what the URL says.
  const apiVersion = value.apiVersion || want;
  const kind = value.kind || expected.kind;
  if (kind !== expected.kind) {
    throw badRequest(
      kindFor(apiVersion, kind)
        ? `${kind} in version "${apiVersion}" cannot be handled as a ${expected.kind}: the kinds differ`
        : `the object provided is unrecognized (must be of type ${expected.kind}): no kind "${kind}" is known in version "${apiVersion}"`,
    );
  }
  if (apiVersion !== want) {
    throw badRequest(`the API version in the data (${apiVersion}) does not match the expected API version (${want})`);
  }
}

/** One YAML document, read as kubectl does: to the JSON that it stands for. */
export function parseYaml(text: string): Parsed {
  const document = parseDocument(text, { uniqueKeys: false, merge: true });
  const [error] = document.errors;
  if (error) throw badRequest(`the body is not valid YAML: ${error.message}`);
  const duplicates: string[] = [];
  findDuplicates(document.contents, '', duplicates);
  try {
    const json = JSON.stringify(document.toJS({ maxAliasCount: yamlAliasLimit })) ?? 'null';
    return { value: parseJson(json).value, duplicates };
  } catch (error) {
    throw error instanceof ApiError ? error : badRequest(`the body is not valid YAML: ${(error as Error).message}`);
  }
}

function findDuplicates(node: YamlNode | null, path: string, found: string[]): void {
  if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) findDuplicates(item as YamlNode, `${path}[${index}]`, found);
  } else if (isMap(node)) {
    const seen = new Set<string>();
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value) : '';
      const inner = path ? `${path}.${name}` : name;
      if (seen.has(name)) found.push(inner);
      seen.add(name);
      findDuplicates(value as YamlNode | null, inner, found);
    }
  }
}
