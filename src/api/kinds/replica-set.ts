// ReplicaSet: a number of pods from one template (api.md §9, §13, §18).

import type { Kind } from '../kind.ts';
import { formatSelector } from '../labels.ts';
import { replicaSets } from '../resources.ts';
import { ReplicaSet } from '../schema/apps.ts';
import { ageColumn, integer, nameColumn, workloadColumns } from './columns.ts';

export const replicaSetKind: Kind<ReplicaSet> = {
  ...replicaSets,
  singular: 'replicaset',
  shortNames: ['rs'],
  categories: ['all'],
  schema: ReplicaSet,
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
  scale: {
    replicas: ({ spec }) => spec.replicas ?? 0,
    setReplicas: ({ spec }, replicas) => {
      spec.replicas = replicas;
    },
    statusReplicas: ({ status }) => status?.replicas ?? 0,
    selector: ({ spec }) => formatSelector(spec.selector),
  },
  hasGeneration: true,
};
