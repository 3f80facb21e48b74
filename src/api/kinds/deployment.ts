// Deployment: pods in numbers, replaced a few at a time (api.md §9, §13, §18).

import type { Kind } from '../kind.ts';
import { formatSelector } from '../labels.ts';
import { deployments } from '../resources.ts';
import { Deployment } from '../schema/apps.ts';
import { ageColumn, column, nameColumn, workloadColumns } from './columns.ts';

export const deploymentKind: Kind<Deployment> = {
  ...deployments,
  singular: 'deployment',
  shortNames: ['deploy'],
  categories: ['all'],
  schema: Deployment,
  nameFormat: 'dns1123Subdomain',
  columns: [
    nameColumn,
    column(
      'Ready',
      'Ready pods, of those wanted',
      ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
    ),
    column('Up-to-date', 'Pods of the newest template', ({ status }) => status?.updatedReplicas ?? 0),
    column('Available', 'Pods ready for long enough', ({ status }) => status?.availableReplicas ?? 0),
    ageColumn,
    ...workloadColumns,
  ],
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
  generationCountsAnnotations: true,
};
