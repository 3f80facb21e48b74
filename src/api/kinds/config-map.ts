// ConfigMap: text and bytes under keys that are file names (api.md §9, §18).

import { type FieldError, invalidValue } from '../errors.ts';
import type { Kind } from '../kind.ts';
import { configMaps } from '../resources.ts';
import { ConfigMap } from '../schema/core.ts';
import { ageColumn, column, nameColumn } from './columns.ts';
import { decodedSize, validateDataKeys, validateDataSize, validateImmutable } from './data.ts';

function validate({ data = {}, binaryData = {} }: ConfigMap): FieldError[] {
  const duplicates = Object.keys(binaryData)
    .filter((key) => Object.hasOwn(data, key))
    .map((key) => invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData'));
  const text = Object.values(data).reduce((sum, value) => sum + Buffer.byteLength(value), 0);
  return [
    ...validateDataKeys('data', data),
    ...validateDataKeys('binaryData', binaryData),
    ...duplicates,
    // Clients know this path, of no field in particular.
    ...validateDataSize('[]', text + decodedSize(binaryData)),
  ];
}

const size = (map: object | undefined): number => Object.keys(map ?? {}).length;

export const configMapKind: Kind<ConfigMap> = {
  ...configMaps,
  singular: 'configmap',
  shortNames: ['cm'],
  schema: ConfigMap,
  validate,
  validateUpdate: (configMap, old) => validateImmutable(configMap, old, ['data', 'binaryData']),
  nameFormat: 'dns1123Subdomain',
  columns: [
    nameColumn,
    column('Data', 'Number of keys', ({ data, binaryData }) => size(data) + size(binaryData)),
    ageColumn,
  ],
};
