// ConfigMap: text and bytes under keys that are file names (api.md §9, §18).

import type { Kind } from '../kind.ts';
import { configMaps } from '../resources.ts';
import { ConfigMap } from '../schema/core.ts';
import { ageColumn, column, nameColumn } from './columns.ts';

const size = (map: object | undefined): number => Object.keys(map ?? {}).length;

export const configMapKind: Kind<ConfigMap> = {
  ...configMaps,
  singular: 'configmap',
  shortNames: ['cm'],
  schema: ConfigMap,
  nameFormat: 'dns1123Subdomain',
  columns: [
    nameColumn,
    column('Data', 'Number of keys', ({ data, binaryData }) => size(data) + size(binaryData)),
    ageColumn,
  ],
};
