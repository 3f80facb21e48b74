// Secret: bytes under keys that are file names, with a type that says which keys to expect (api.md §9, §13).

import type { Kind } from '../kind.ts';
import { secrets } from '../resources.ts';
import { Secret } from '../schema/core.ts';
import { ageColumn, column, nameColumn } from './columns.ts';

export const secretKind: Kind<Secret> = {
  ...secrets,
  singular: 'secret',
  schema: Secret,
  nameFormat: 'dns1123Subdomain',
  columns: [
    nameColumn,
    column('Type', 'What the keys mean', ({ type }) => type ?? ''),
    column('Data', 'Number of keys', ({ data }) => Object.keys(data ?? {}).length),
    ageColumn,
  ],
  selectableFields: { type: ({ type }) => type ?? '' },
};
