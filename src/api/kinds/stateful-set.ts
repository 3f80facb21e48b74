// StatefulSet: pods with names and volumes that last (api.md §9, §13, §18).

import { isDeepStrictEqual } from 'node:util';
import { type FieldError, forbiddenField, invalidValue, notSupported, required } from '../errors.ts';
import type { Kind } from '../kind.ts';
import { ref } from '../resources.ts';
import { StatefulSet, type StatefulSetSpec } from '../schema/stateful-set.ts';
import { atMost100Percent, countOrPercent, notNegative, shareOf } from './checks.ts';
import { ageColumn, column, containerColumns, nameColumn } from './columns.ts';
import { validateLasting, validateTemplateMetadata } from './pod/validation.ts';
import {
  keepLabels,
  setWorkloadDefaults,
  validateCollisions,
  validateCounts,
  validateSelector,
  workloadScale,
} from './workload.ts';

function setDefaults(statefulSet: StatefulSet): void {
  statefulSet.spec ??= { template: {}, serviceName: '' };
  const { spec } = statefulSet;
  setWorkloadDefaults(spec);
  spec.podManagementPolicy ||= 'OrderedReady';
  spec.updateStrategy ??= {};
  spec.updateStrategy.type ||= 'RollingUpdate';
  if (spec.updateStrategy.type === 'RollingUpdate') {
    spec.updateStrategy.rollingUpdate ??= {};
    spec.updateStrategy.rollingUpdate.partition ??= 0;
  }
  spec.revisionHistoryLimit ??= 10;
  spec.persistentVolumeClaimRetentionPolicy ??= {};
  spec.persistentVolumeClaimRetentionPolicy.whenDeleted ||= 'Retain';
  spec.persistentVolumeClaimRetentionPolicy.whenScaled ||= 'Retain';
  for (const claim of spec.volumeClaimTemplates ?? []) {
    // They are claims that say what they are, though they are in a list of claims.
    claim.apiVersion = 'v1';
    claim.kind = 'PersistentVolumeClaim';
    claim.spec.volumeMode ??= 'Filesystem';
    claim.status ??= {};
    claim.status.phase ||= 'Pending';
  }
}

/** Of a pod's spec no more is checked than upstream checks, which leaves the rest to the making of pods. */
function validate({ spec }: StatefulSet): FieldError[] {
  return [
    ...validateManagement(spec),
    ...validateStrategy(spec, 'spec.updateStrategy'),
    ...validateRetention(spec, 'spec.persistentVolumeClaimRetentionPolicy'),
    ...notNegative('spec.replicas', spec.replicas),
    ...notNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...notNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit),
    ...notNegative('spec.ordinals.start', spec.ordinals?.start),
    ...validateSelector(spec.selector, spec.template, 'StatefulSet'),
    ...validateTemplateMetadata(spec.template, 'spec.template'),
    ...validateLasting(spec.template, 'spec.template', 'StatefulSet'),
  ];
}

function validateManagement({ podManagementPolicy: policy }: StatefulSetSpec): FieldError[] {
  if (policy === 'OrderedReady' || policy === 'Parallel') return [];
  return [invalidValue('spec.podManagementPolicy', policy, "must be 'OrderedReady' or 'Parallel'")];
}

function validateStrategy({ updateStrategy = {} }: StatefulSetSpec, path: string): FieldError[] {
  const { type, rollingUpdate } = updateStrategy;
  if (!type) return [required(path)];
  if (type !== 'RollingUpdate' && type !== 'OnDelete') {
    return [invalidValue(path, updateStrategy, "must be 'RollingUpdate' or 'OnDelete'")];
  }
  if (!rollingUpdate) return [];
  if (type === 'OnDelete') {
    const detail = "only allowed for updateStrategy 'RollingUpdate'";
    return [invalidValue(`${path}.rollingUpdate`, rollingUpdate, detail)];
  }
  const { partition, maxUnavailable } = rollingUpdate;
  const errors = notNegative(`${path}.rollingUpdate.partition`, partition);
  if (maxUnavailable === undefined) return errors;
  const at = `${path}.rollingUpdate.maxUnavailable`;
  return [
    ...errors,
    ...countOrPercent(at, maxUnavailable),
    ...(shareOf(maxUnavailable) === 0 ? [invalidValue(at, maxUnavailable, 'cannot be 0')] : []),
    ...atMost100Percent(at, maxUnavailable),
  ];
}

const retentions = ['Retain', 'Delete'];
const validateRetention = ({ persistentVolumeClaimRetentionPolicy: policy = {} }: StatefulSetSpec, path: string) =>
  (['whenDeleted', 'whenScaled'] as const).flatMap((field) => {
    const value = policy[field] ?? '';
    return retentions.includes(value) ? [] : [notSupported(`${path}.${field}`, value, retentions)];
  });

const changeable = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
];
const fixedText = `updates to statefulset spec for fields other than ${changeable
  .slice(0, -1)
  .map((field) => `'${field}'`)
  .join(', ')} and '${changeable.at(-1)}' are forbidden`;

function validateUpdate({ spec }: StatefulSet, { spec: old }: StatefulSet): FieldError[] {
  const fixed = (from: StatefulSetSpec) =>
    Object.fromEntries(Object.entries(from).filter(([field]) => !changeable.includes(field)));
  return isDeepStrictEqual(fixed(spec), fixed(old)) ? [] : [forbiddenField('spec', fixedText)];
}

const noPods = { replicas: 0, availableReplicas: 0 };
function validateStatusUpdate({ status = noPods }: StatefulSet, { status: old }: StatefulSet): FieldError[] {
  const { replicas, readyReplicas, currentReplicas, updatedReplicas, availableReplicas } = status;
  return [
    ...notNegative('status.observedGeneration', status.observedGeneration),
    ...validateCounts(
      { replicas, readyReplicas, currentReplicas, updatedReplicas, availableReplicas },
      'status.readyReplicas',
    ),
    ...validateCollisions(status.collisionCount, old?.collisionCount),
  ];
}

export const statefulSetKind: Kind<StatefulSet> = {
  ...ref<StatefulSet>('apps/v1', 'statefulsets', 'StatefulSet'),
  singular: 'statefulset',
  shortNames: ['sts'],
  categories: ['all'],
  schema: StatefulSet,
  prepareForCreate: (statefulSet) => {
    statefulSet.status = { ...noPods };
  },
  prepareForStatusUpdate: keepLabels,
  statusKeeps: [['metadata', 'labels']],
  setDefaults,
  validate,
  validateUpdate,
  validateStatusUpdate,
  // Pods are named after it, and a name of a pod's host has no dots.
  nameFormat: 'dns1123Label',
  columns: [
    nameColumn,
    column(
      'Ready',
      'Ready pods, of those wanted',
      ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
    ),
    ageColumn,
    ...containerColumns<StatefulSet>(({ spec }) => spec.template),
  ],
  hasStatus: true,
  scale: workloadScale,
  hasGeneration: true,
};
