// What volumes and claims have in common: access modes, sizes, classes (api.md §9, §18).

import { type FieldError, forbiddenField, invalidValue, notSupported } from '../errors.ts';
import type { KubeObject } from '../object.ts';
import { parseQuantity, quantityError } from '../schema/quantity.ts';

/** In the order of the table, under the short names that it has for them. */
const shortModes = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
} as const;
const modes = Object.keys(shortModes);
const alone = 'ReadWriteOncePod';

export function validateAccessModes(accessModes: readonly string[], path: string): FieldError[] {
  const known = accessModes.filter((mode) => modes.includes(mode));
  return [
    ...accessModes.filter((mode) => !modes.includes(mode)).map((mode) => notSupported(path, mode, modes)),
    ...(known.includes(alone) && known.some((mode) => mode !== alone)
      ? [forbiddenField(path, 'may not use ReadWriteOncePod with other access modes')]
      : []),
  ];
}

export const volumeModes = ['Block', 'Filesystem'];

export function positiveQuantity(path: string, amount: string): FieldError[] {
  const problem = quantityError(amount);
  if (problem) return [invalidValue(path, amount, problem)];
  return parseQuantity(amount).nanos > 0n ? [] : [invalidValue(path, amount, 'must be greater than zero')];
}

export const modesCell = (accessModes: readonly string[] = []): string =>
  Object.entries(shortModes)
    .filter(([mode]) => accessModes.includes(mode))
    .map(([, short]) => short)
    .join(',');

/** The class by the field, or by the annotation that there was before the field. */
export const classCell = ({ metadata }: KubeObject, storageClassName: string | undefined): string =>
  metadata.annotations?.[classAnnotation] ?? storageClassName ?? '';
export const classAnnotation = 'volume.beta.kubernetes.io/storage-class';

export const unset = '<unset>';
