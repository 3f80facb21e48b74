// Request bodies: bytes to a checked object (api.md §4, §5, §9). JSON, YAML and protobuf; unknown and repeated fields are
// refused, warned about or ignored, as `fieldValidation` says; what has a wrong type is always refused.

import {
  ApiError,
  apiVersionOf,
  badRequest,
  invalid,
  invalidValue,
  type KubeObject,
  tooLarge,
  unsupportedMediaType,
} from '#api/index.ts';
import { kindFor } from '#api/kinds/index.ts';
import { Scale } from '#api/schema/autoscaling.ts';
import type { Message } from '#api/schema/dsl.ts';
import { isObject, jsonType } from '#api/schema/json.ts';
import { DeleteOptions } from '#api/schema/meta.ts';
import { Binding } from '#api/schema/pod.ts';
import { Eviction } from '#api/schema/policy.ts';
import { decodeProtobuf, isProtobuf } from '#api/schema/protobuf.ts';
import { checkFields, type ParsedJson, parseJson, prune } from '#api/schema/strict.ts';
import type { HttpRequest } from '#lib/http.ts';
import { acceptedMedia } from './negotiate.ts';
import { eachProblem, type Source, strictError } from './strict-problems.ts';
import { parseYaml } from './yaml-body.ts';

export const bodyLimit = 3 * 1024 * 1024;

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';
/** What to expect of a body. */
export interface Expected {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly schema: Message;
  /** Versions of old whose fields are the same. */
  readonly alsoAccepts?: readonly string[];
}
export interface Checking {
  readonly fieldValidation: FieldValidation;
  readonly warn: (text: string) => void;
}

export const mediaTypeOf = (request: HttpRequest): string =>
  (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() || 'application/json';

/** The body as an object of the expected kind. Throws 400, 413 or 415. */
export function decodeObject(request: HttpRequest, expected: Expected, checking: Checking): KubeObject {
  const { value, duplicates, source } = parseObject(request, expected);
  assertKind(value, expected);
  return checkObject(value, duplicates, expected, checking, source);
}

/** Holds a value that JSON can express against the kind's schema; the result is in canonical form. */
export function checkObject(
  value: unknown,
  duplicates: readonly string[],
  expected: Expected,
  checking: Checking,
  source: Source = {},
): KubeObject {
  const cannot = `${expected.kind} in version "${expected.version}" cannot be handled as a ${expected.kind}`;
  return decode(value, { duplicates, source, expected, checking }, (why) => badRequest(`${cannot}: ${why}`));
}

/** Like {@link checkObject}, for what a patch has made of an object. `shown` is what upstream shows of it. */
export function checkPatched(
  value: unknown,
  found: { readonly duplicates: readonly string[]; readonly said?: readonly string[] | undefined },
  expected: Expected,
  checking: Checking,
  shown: () => string,
): KubeObject {
  const { duplicates, said } = found;
  return decode(value, { duplicates, source: { said }, expected, checking }, (why) =>
    invalid({ group: '', kind: '' }, '', [invalidValue('patch', shortened(shown()), why)]),
  );
}

/** Nobody reads more of an object in an error. */
const shownLimit = 4096;
const shortened = (text: string): string => (text.length > shownLimit ? `${text.slice(0, shownLimit)} ...` : text);

interface Decoding {
  readonly duplicates: readonly string[];
  readonly source: Source;
  readonly expected: Expected;
  readonly checking: Checking;
}

function decode(value: unknown, decoding: Decoding, refusal: (why: string) => ApiError): KubeObject {
  const { duplicates, source, expected, checking } = decoding;
  const { unknown, typeError } = checkFields(expected.schema, value);
  if (typeError) throw refusal(typeError);
  const findings = { unknown, duplicates };
  if (checking.fieldValidation === 'Strict') {
    const why = strictError(findings, source);
    if (why) throw refusal(why);
  }
  if (checking.fieldValidation === 'Warn') for (const text of eachProblem(findings, source)) checking.warn(text);
  return prune(expected.schema, value) as KubeObject;
}

/** The body as an object of some kind; what cannot be read at all is told as upstream tells it. */
function parseObject(request: HttpRequest, { kind }: Expected): Parsed & { value: Partial<KubeObject> } {
  try {
    const parsed = parseBody(request);
    const { value } = parsed;
    if (isObject(value)) {
      for (const field of ['apiVersion', 'kind']) assertText(value, field);
      return { ...parsed, value };
    }
    throw badRequest(`json: cannot unmarshal ${jsonType(value)} into Go value of type struct`);
  } catch (error) {
    if (!isBadRequest(error) || mediaTypeOf(request) === protobuf) throw error;
    const why = `couldn't get version/kind; json parse error: ${error.message.replace(/^the body is not valid JSON: /, '')}`;
    const text = `the object provided is unrecognized (must be of type ${kind}): ${why} (${summary(request.body)})`;
    throw new ApiError(400, 'BadRequest', text, undefined, { cause: error });
  }
}

function assertText(value: Record<string, unknown>, field: string): void {
  const type = jsonType(value[field]);
  if (type === 'string' || type === 'null') return;
  throw badRequest(`json: cannot unmarshal ${type} into Go struct field .${field} of type string`);
}

const isBadRequest = (error: unknown): error is ApiError => error instanceof ApiError && error.code === 400;

/** The beginning of a body, as upstream shows it: text when it looks like JSON, else hexadecimal. */
function summary(body: Uint8Array = new Uint8Array()): string {
  const limit = 30;
  if (body.length === 0) return '<empty>';
  const start = Buffer.from(body.subarray(0, limit));
  const text = start[0] === 0x7b ? start.toString() : start.toString('hex');
  return body.length > limit ? `${text} ...` : text;
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

export interface Parsed extends ParsedJson {
  readonly source?: Source;
}

const protobuf = 'application/vnd.kubernetes.protobuf';

function parseBody(request: HttpRequest): Parsed {
  const body = request.body ?? new Uint8Array();
  if (body.length > bodyLimit) throw tooLarge(bodyLimit);
  const mediaType = mediaTypeOf(request);
  switch (mediaType) {
    case protobuf:
      if (!isProtobuf(body)) throw badRequest('the body does not begin as a Kubernetes protobuf message does');
      return { value: decodeProtobuf(body, messageFor), duplicates: [] };
    case 'application/json': {
      const json = textOf(body);
      return { ...parseJson(json), source: { json } };
    }
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
  if (body.length === 0) throw badRequest('unexpected end of JSON input');
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
  if (apiVersion !== want && !expected.alsoAccepts?.includes(apiVersion)) {
    throw badRequest(`the API version in the data (${apiVersion}) does not match the expected API version (${want})`);
  }
}
