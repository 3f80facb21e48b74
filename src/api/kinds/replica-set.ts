// ReplicaSet: a number of pods from one template (api.md §9, §13, §18).

import type { FieldError } from '../errors.ts';
import type { Kind } from '../kind.ts';
import { replicaSets } from '../resources.ts';
import { ReplicaSet } from '../schema/apps.ts';
import { ageColumn, integer, nameColumn, workloadColumns } from './columns.ts';
import {
  keepLabels,
  podNameWarnings,
  setWorkloadDefaults,
  validateCounts,
  validateWorkload,
  validateWorkloadUpdate,
  workloadScale,
} from './workload.ts';

function validateStatusUpdate({ status = { replicas: 0 } }: ReplicaSet): FieldError[] {
  const { replicas, fullyLabeledReplicas, readyReplicas, availableReplicas } = status;
  return validateCounts({ replicas, fullyLabeledReplicas, readyReplicas, availableReplicas });
}

export const replicaSetKind: Kind<ReplicaSet> = {
  ...replicaSets,
  singular: 'replicaset',
  shortNames: ['rs'],
  categories: ['all'],
  schema: ReplicaSet,
  prepareForCreate: (replicaSet) => {
    replicaSet.status = { replicas: 0 };
  },
  prepareForStatusUpdate: keepLabels,
  statusKeeps: [['metadata', 'labels']],
  setDefaults: (replicaSet) => {
    replicaSet.spec ??= {};
    setWorkloadDefaults(replicaSet.spec);
  },
  validate: (replicaSet) => validateWorkload(replicaSet, 'ReplicaSet'),
  validateUpdate: validateWorkloadUpdate,
  validateStatusUpdate,
  warnings: podNameWarnings,
  nameFormat: 'dns1123Subdomain',
  columns: [
    nameColumn,
    integer('Desired', 'Pods that are wanted', ({ spec }) => spec.replicas ?? 0),
    integer('Current', 'Pods that there are', ({ status }) => status?.replicas ?? 0),
    integer('Ready', 'Pods that are ready', ({ status }) => status?.readyReplicas ?? 0),
    ageColumn,
    ...workloadColumns,
  ],
  selectableFields: { 'status.replicas': ({ status }) => String(status?.replicas ?? 0) },
  hasStatus: true,
  scale: workloadScale,
  hasGeneration: true,
};
