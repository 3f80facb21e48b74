// ServiceAccount: whom a pod is, to the API server.

import type { Kind } from '../kind.ts';
import { serviceAccounts } from '../resources.ts';
import { ServiceAccount } from '../schema/core.ts';
import { ageColumn, column, nameColumn } from './columns.ts';

export const serviceAccountKind: Kind<ServiceAccount> = {
  ...serviceAccounts,
  singular: 'serviceaccount',
  shortNames: ['sa'],
  schema: ServiceAccount,
  nameFormat: 'dns1123Subdomain',
  columns: [nameColumn, column('Secrets', 'Number of its Secrets', ({ secrets }) => secrets?.length ?? 0), ageColumn],
  deleteReturnsObject: true,
};
