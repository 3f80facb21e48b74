// The one error that crosses the wire: metav1.Status (api.md §12, services.md §0.1). The API server throws these, the
// client turns Status bodies back into them, so both sides read them with the same predicates.

import { goQuoted } from './schema/go-text.ts';
import type { Status, StatusCause, StatusDetails } from './schema/meta.ts';

export interface ResourceName {
  readonly group: string;
  /** Plural, for example `deployments`. */
  readonly resource: string;
}
const qualified = ({ group, resource }: ResourceName): string => (group ? `${resource}.${group}` : resource);

export class ApiError extends Error {
  override name = 'ApiError';
  readonly code: number;
  readonly reason: string;
  readonly details: StatusDetails | undefined;

  constructor(code: number, reason: string, message: string, details?: StatusDetails, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  toStatus(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      ...(this.reason && { reason: this.reason }),
      ...(this.details && { details: this.details }),
      code: this.code,
    };
  }

  static fromStatus(status: Partial<Status>, httpStatus: number): ApiError {
    return new ApiError(
      status.code ?? httpStatus,
      status.reason ?? '',
      status.message ?? `the server answered with HTTP status ${httpStatus}`,
      status.details,
    );
  }
}

export const badRequest = (message: string): ApiError => new ApiError(400, 'BadRequest', message);
export const unauthorized = (): ApiError => new ApiError(401, 'Unauthorized', 'Unauthorized');
export const forbidden = (message: string, details?: StatusDetails): ApiError =>
  new ApiError(403, 'Forbidden', message, details);
export const notFound = (resource: ResourceName, name: string): ApiError =>
  new ApiError(404, 'NotFound', `${qualified(resource)} "${name}" not found`, {
    name,
    ...(resource.group && { group: resource.group }),
    kind: resource.resource,
  });
export const methodNotAllowed = (): ApiError =>
  new ApiError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource');
export const alreadyExists = (resource: ResourceName, name: string): ApiError =>
  new ApiError(409, 'AlreadyExists', `${qualified(resource)} "${name}" already exists`, {
    name,
    ...(resource.group && { group: resource.group }),
    kind: resource.resource,
  });
export const conflict = (
  resource: ResourceName,
  name: string,
  why = 'the object has been modified; please apply your changes to the latest version and try again',
): ApiError =>
  new ApiError(409, 'Conflict', `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`, {
    name,
    ...(resource.group && { group: resource.group }),
    kind: resource.resource,
  });
export const expired = (message: string): ApiError => new ApiError(410, 'Expired', message);
export const tooLarge = (limit: number): ApiError =>
  new ApiError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${limit}`);
export const unsupportedMediaType = (accepted: readonly string[]): ApiError =>
  new ApiError(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );
export const notAcceptable = (accepted: readonly string[]): ApiError =>
  new ApiError(406, 'NotAcceptable', `only the following media types are accepted: ${accepted.join(', ')}`);
export const internalError = (why: string, cause?: unknown): ApiError =>
  new ApiError(500, 'InternalError', `Internal error occurred: ${why}`, undefined, { cause });

/** One thing wrong with one field; a validator returns all of them (services.md §0.1). */
export interface FieldError {
  readonly type:
    | 'Required'
    | 'Invalid'
    | 'TypeInvalid'
    | 'Duplicate'
    | 'NotSupported'
    | 'Forbidden'
    | 'TooLong'
    | 'TooMany'
    | 'NotFound'
    | 'Internal';
  readonly field: string;
  readonly value?: unknown;
  /** The value would say nothing to people. */
  readonly omitsValue?: boolean;
  /** How the value is printed, where JSON is not how upstream does it. */
  readonly shown?: string;
  readonly detail?: string | undefined;
}

const wording: Record<FieldError['type'], { text: string; reason: string; showsValue: boolean }> = {
  Required: { text: 'Required value', reason: 'FieldValueRequired', showsValue: false },
  Invalid: { text: 'Invalid value', reason: 'FieldValueInvalid', showsValue: true },
  TypeInvalid: { text: 'Invalid value', reason: 'FieldValueTypeInvalid', showsValue: true },
  Duplicate: { text: 'Duplicate value', reason: 'FieldValueDuplicate', showsValue: true },
  NotSupported: { text: 'Unsupported value', reason: 'FieldValueNotSupported', showsValue: true },
  Forbidden: { text: 'Forbidden', reason: 'FieldValueForbidden', showsValue: false },
  TooLong: { text: 'Too long', reason: 'FieldValueTooLong', showsValue: false },
  TooMany: { text: 'Too many', reason: 'FieldValueTooMany', showsValue: true },
  NotFound: { text: 'Not found', reason: 'FieldValueNotFound', showsValue: true },
  Internal: { text: 'Internal error', reason: 'InternalError', showsValue: false },
};

export const required = (field: string, detail?: string): FieldError => ({ type: 'Required', field, detail });
export const invalidValue = (field: string, value: unknown, detail: string): FieldError => ({
  type: 'Invalid',
  field,
  value,
  detail,
});
/** Of something that is wrong with a field as a whole. */
export const invalidField = (field: string, detail: string): FieldError => ({
  type: 'Invalid',
  field,
  omitsValue: true,
  detail,
});
export const duplicate = (field: string, value: unknown): FieldError => ({ type: 'Duplicate', field, value });
export const notSupported = (field: string, value: unknown, supported: readonly string[]): FieldError =>
  notAmong(field, value, [...supported].sort());
/** Like {@link notSupported}, in the order given: for the few lists that upstream does not sort. */
export const notAmong = (field: string, value: unknown, supported: readonly string[]): FieldError => ({
  type: 'NotSupported',
  field,
  value,
  detail: `supported values: ${supported.map(goQuoted).join(', ')}`,
});
export const forbiddenField = (field: string, detail: string): FieldError => ({ type: 'Forbidden', field, detail });
export const tooLong = (field: string, limit: number): FieldError => ({
  type: 'TooLong',
  field,
  detail: `may not be more than ${limit} bytes`,
});

/** The error's text without the leading `field: `; what `causes[].message` holds. */
export function fieldErrorMessage(error: FieldError): string {
  const { type, value, omitsValue, shown = textOf(value), detail } = error;
  const { text, showsValue } = wording[type];
  return [text, showsValue && !omitsValue ? cut(shown) : undefined, detail || undefined]
    .filter((part) => part !== undefined)
    .join(': ');
}

/** A value of more characters is cut: the client knows what it sent. */
const longestValue = 16 * 1024;
/** Characters of the errors that one answer tells of; a body of 3 MiB may have a million things wrong with it. */
const longestErrors = 512 * 1024;

const textOf = (value: unknown): string =>
  typeof value === 'string'
    ? goQuoted(cut(value))
    : JSON.stringify(value ?? null).replaceAll(/[<>&\u2028\u2029]/g, asUnicode);
/** What Go's JSON escapes besides. */
const asUnicode = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
const cut = (text: string): string => (text.length > longestValue ? `${text.slice(0, longestValue)}…` : text);

/** As many of the errors as fit into an answer, the first ones, and how many more there are. */
function causesOf(errors: readonly FieldError[]): { causes: StatusCause[]; more: number } {
  const causes: StatusCause[] = [];
  let size = 0;
  for (const error of errors) {
    const cause = {
      reason: wording[error.type].reason,
      message: fieldErrorMessage(error),
      field: cut(error.field),
    };
    size += cause.message.length + cause.field.length;
    if (causes.length > 0 && size > longestErrors) break;
    causes.push(cause);
  }
  return { causes, more: errors.length - causes.length };
}

/** 422 with every field error as a cause, which is what kubectl prints. `errors` must not be empty. Of more errors than
 * anybody reads the message says the number. */
export function invalid(
  kind: { group: string; kind: string },
  fullName: string,
  errors: readonly FieldError[],
): ApiError {
  const name = cut(fullName);
  const { causes, more } = causesOf(errors);
  const texts = [...new Set(causes.map((cause) => `${cause.field}: ${cause.message}`))];
  if (more > 0) texts.push(`and ${more} more errors`);
  const qualifiedKind = kind.group ? `${kind.kind}.${kind.group}` : kind.kind;
  const aggregate = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  return new ApiError(422, 'Invalid', `${qualifiedKind} "${name}" is invalid: ${aggregate}`, {
    ...(name && { name }),
    ...(kind.group && { group: kind.group }),
    ...(kind.kind && { kind: kind.kind }),
    causes,
  });
}

const hasReason = (error: unknown, ...reasons: string[]): error is ApiError =>
  error instanceof ApiError && reasons.includes(error.reason);
export const isNotFound = (error: unknown): error is ApiError => hasReason(error, 'NotFound');
/** For a `catch`: what was to be read or removed is not there, which is fine. Throws everything else. */
export function ignoreNotFound(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
}
export const isAlreadyExists = (error: unknown): error is ApiError => hasReason(error, 'AlreadyExists');
export const isConflict = (error: unknown): error is ApiError => hasReason(error, 'Conflict');
/** Nothing new may be made in a namespace that is being deleted: what its controllers want there does not matter any more. */
export const isNamespaceTerminating = (error: unknown): error is ApiError =>
  error instanceof ApiError &&
  (error.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating') ?? false);
export const isInvalid = (error: unknown): error is ApiError => hasReason(error, 'Invalid');
export const isExpired = (error: unknown): error is ApiError => hasReason(error, 'Expired', 'Gone');
