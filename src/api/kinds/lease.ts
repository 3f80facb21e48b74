// Lease: who leads, and a node's sign of life (api.md §9).

import type { Kind } from '../kind.ts';
import { leases } from '../resources.ts';
import { Lease } from '../schema/coordination.ts';
import { notNegative, positive } from './checks.ts';
import { ageColumn, column, nameColumn } from './columns.ts';

export const leaseKind: Kind<Lease> = {
  ...leases,
  singular: 'lease',
  schema: Lease,
  setDefaults: (lease) => {
    lease.spec ??= {};
  },
  validate: ({ spec }) => [
    ...positive('spec.leaseDurationSeconds', spec.leaseDurationSeconds),
    ...notNegative('spec.leaseTransitions', spec.leaseTransitions),
  ],
  nameFormat: 'dns1123Subdomain',
  columns: [nameColumn, column('Holder', 'Who holds it', ({ spec }) => spec.holderIdentity ?? ''), ageColumn],
  allowCreateOnUpdate: true,
  requiresResourceVersion: true,
};
