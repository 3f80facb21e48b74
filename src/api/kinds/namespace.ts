// Namespace: the scope of names (api.md §6, §11).

import type { Kind } from '../kind.ts';
import { namespaces } from '../resources.ts';
import { Namespace } from '../schema/core.ts';
import { ageColumn, column, nameColumn } from './columns.ts';

export const namespaceKind: Kind<Namespace> = {
  ...namespaces,
  singular: 'namespace',
  shortNames: ['ns'],
  schema: Namespace,
  nameFormat: 'dns1123Label',
  columns: [
    nameColumn,
    column(
      'Status',
      'Active, or Terminating while its contents are being deleted',
      ({ status }) => status?.phase ?? '',
    ),
    ageColumn,
  ],
  selectableFields: {
    'status.phase': ({ status }) => status?.phase ?? '',
    name: ({ metadata }) => metadata.name ?? '',
  },
  hasStatus: true,
  deleteReturnsObject: true,
  omitVerbs: ['deletecollection'],
};
