// Deployment: pods in numbers, replaced a few at a time (api.md §9, §13, §18).

import { type FieldError, forbiddenField, invalidValue } from '../errors.ts';
import type { Kind } from '../kind.ts';
import { deployments } from '../resources.ts';
import { Deployment, type DeploymentSpec, type RollingUpdateDeployment } from '../schema/apps.ts';
import { atMost100Percent, countOrPercent, notNegative, oneOf, shareOf } from './checks.ts';
import { ageColumn, column, nameColumn, workloadColumns } from './columns.ts';
import {
  keepLabels,
  podNameWarnings,
  setWorkloadDefaults,
  validateCounts,
  validateWorkload,
  validateWorkloadUpdate,
  workloadScale,
} from './workload.ts';

function setDefaults(deployment: Deployment): void {
  deployment.spec ??= { template: {} };
  const { spec } = deployment;
  setWorkloadDefaults(spec);
  spec.strategy ??= {};
  spec.strategy.type ||= 'RollingUpdate';
  if (spec.strategy.type === 'RollingUpdate') {
    spec.strategy.rollingUpdate ??= {};
    spec.strategy.rollingUpdate.maxUnavailable ??= '25%';
    spec.strategy.rollingUpdate.maxSurge ??= '25%';
  }
  spec.revisionHistoryLimit ??= 10;
  spec.progressDeadlineSeconds ??= 600;
}

function validate(deployment: Deployment): FieldError[] {
  const { spec } = deployment;
  const { progressDeadlineSeconds: deadline, minReadySeconds = 0 } = spec;
  const errors = [
    ...validateWorkload(deployment, 'Deployment'),
    ...validateStrategy(spec.strategy ?? {}),
    ...notNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit),
    ...notNegative('spec.progressDeadlineSeconds', deadline),
  ];
  if (deadline !== undefined && deadline <= minReadySeconds) {
    errors.push(invalidValue('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'));
  }
  return errors;
}

function validateStrategy({ type, rollingUpdate }: NonNullable<DeploymentSpec['strategy']>): FieldError[] {
  const path = 'spec.strategy';
  if (type === 'Recreate' && rollingUpdate) {
    const detail = "may not be specified when strategy `type` is 'Recreate'";
    return [forbiddenField(`${path}.rollingUpdate`, detail)];
  }
  if (type === 'RollingUpdate') return validateRollingUpdate(rollingUpdate ?? {}, `${path}.rollingUpdate`);
  return oneOf(`${path}.type`, type, ['Recreate', 'RollingUpdate']);
}

function validateRollingUpdate(
  { maxUnavailable = 0, maxSurge = 0 }: RollingUpdateDeployment,
  path: string,
): FieldError[] {
  const errors = [
    ...countOrPercent(`${path}.maxUnavailable`, maxUnavailable),
    ...countOrPercent(`${path}.maxSurge`, maxSurge),
  ];
  // With neither there is nothing that a rollout could do first.
  if (shareOf(maxUnavailable) === 0 && shareOf(maxSurge) === 0) {
    errors.push(invalidValue(`${path}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
  }
  return [...errors, ...atMost100Percent(`${path}.maxUnavailable`, maxUnavailable)];
}

function validateStatusUpdate({ status = {} }: Deployment): FieldError[] {
  const { replicas, updatedReplicas, readyReplicas, availableReplicas } = status;
  return validateCounts({ replicas, updatedReplicas, readyReplicas, availableReplicas });
}

export const deploymentKind: Kind<Deployment> = {
  ...deployments,
  singular: 'deployment',
  shortNames: ['deploy'],
  categories: ['all'],
  schema: Deployment,
  prepareForCreate: (deployment) => {
    deployment.status = {};
  },
  prepareForStatusUpdate: keepLabels,
  statusKeeps: [['metadata', 'labels']],
  setDefaults,
  validate,
  validateUpdate: validateWorkloadUpdate,
  validateStatusUpdate,
  warnings: podNameWarnings,
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
  scale: workloadScale,
  hasGeneration: true,
  generationCountsAnnotations: true,
};
