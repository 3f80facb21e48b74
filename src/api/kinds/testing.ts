// For the tests of kinds: what the API server does around a kind's functions, cut to the part that is pure.

import { type FieldError, fieldErrorMessage } from '../errors.ts';
import type { Column, Kind } from '../kind.ts';
import type { KubeObject } from '../object.ts';
import { prune } from '../schema/prune.ts';

/** An object as it would be stored by a create. */
export function created<T extends KubeObject>(kind: Kind<T>, input: unknown): T {
  const object = prune(kind.schema, input);
  kind.prepareForCreate?.(object);
  kind.setDefaults?.(object);
  return object;
}

/** An object as a PUT would leave it: status kept, defaults filled in, fields prepared. */
export function updated<T extends KubeObject & { status?: unknown }>(
  kind: Kind<T>,
  old: T,
  change: (object: T) => void,
): T {
  const input = structuredClone(old);
  change(input);
  const object = prune(kind.schema, input);
  if (old.status !== undefined) object.status = structuredClone(old.status);
  kind.setDefaults?.(object);
  kind.prepareForUpdate?.(object, old);
  return object;
}

/** `field: Kind of error: value: detail`, one a line, as kubectl prints them. */
export const texts = (errors: readonly FieldError[]): string[] =>
  errors.map((error) => `${error.field}: ${fieldErrorMessage(error)}`);

/** A row of a table, without what `-o wide` adds unless asked for. */
export const cells = <T extends KubeObject>(columns: readonly Column<T>[], object: T, now: Date, wide = false) =>
  columns.filter(({ priority }) => wide || !priority).map(({ cell }) => cell(object, now));
