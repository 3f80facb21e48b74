// What ConfigMap and Secret have in common: keys that are file names, a limit on size, and no change once immutable.

import { isDeepStrictEqual } from 'node:util';
import { type FieldError, forbiddenField, invalidValue, tooLong } from '../errors.ts';
import { dataKey } from '../names.ts';

const sizeLimit = 1024 * 1024;

export const validateDataKeys = (path: string, data: Record<string, string>): FieldError[] =>
  Object.keys(data).flatMap((key) => dataKey(key).map((detail) => invalidValue(`${path}[${key}]`, key, detail)));

export const validateDataSize = (path: string, size: number): FieldError[] =>
  size > sizeLimit ? [tooLong(path, sizeLimit)] : [];

/** How many bytes the base64 texts stand for. */
export const decodedSize = (data: Record<string, string>): number =>
  Object.values(data).reduce((sum, text) => sum + Buffer.byteLength(text, 'base64'), 0);

export function validateImmutable<T extends { immutable?: boolean }>(
  object: T,
  old: T,
  fields: readonly (keyof T & string)[],
): FieldError[] {
  if (!old.immutable) return [];
  const detail = 'field is immutable when `immutable` is set';
  const changed = fields.filter((field) => !isDeepStrictEqual(object[field] ?? {}, old[field] ?? {}));
  return [...(object.immutable ? [] : ['immutable']), ...changed].map((field) => forbiddenField(field, detail));
}
