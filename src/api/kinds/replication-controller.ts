// ReplicationController: a number of pods from one template, chosen by a plain map of labels (api.md §9, §13, §18).

import { type FieldError, required } from '../errors.ts';
import type { Kind } from '../kind.ts';
import { formatMap, matchesMap } from '../labels.ts';
import { ref } from '../resources.ts';
import { ReplicationController } from '../schema/replication-controller.ts';
import { notNegative } from './checks.ts';
import { ageColumn, containerColumns, integer, mapCell, nameColumn, wide } from './columns.ts';
import { setTemplateDefaults } from './pod/defaults.ts';
import { validateTemplate } from './pod/validation.ts';
import { podNameWarnings, templateMismatch, validateCounts } from './workload.ts';

/** Without labels of its own it has those of its pods. */
function setDefaults(controller: ReplicationController): void {
  controller.spec ??= {};
  const { spec, metadata } = controller;
  spec.replicas ??= 1;
  if (!spec.template) return;
  setTemplateDefaults(spec.template);
  const labels = spec.template.metadata?.labels;
  if (!labels) return;
  if (isEmpty(spec.selector)) spec.selector = { ...labels };
  if (isEmpty(metadata.labels)) metadata.labels = { ...labels };
}

const isEmpty = (map: Record<string, string> | undefined): boolean => Object.keys(map ?? {}).length === 0;

function validate({ spec }: ReplicationController): FieldError[] {
  const { selector = {}, template } = spec;
  const errors = [
    ...notNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...(isEmpty(selector) ? [required('spec.selector')] : []),
    ...notNegative('spec.replicas', spec.replicas),
  ];
  if (!template) return [...errors, required('spec.template')];
  if (!matchesMap(selector, template.metadata?.labels)) errors.push(templateMismatch(template.metadata?.labels));
  return [...errors, ...validateTemplate(template, 'spec.template', 'ReplicationController')];
}

function validateStatusUpdate({ status = { replicas: 0 } }: ReplicationController): FieldError[] {
  const { replicas, fullyLabeledReplicas, readyReplicas, availableReplicas, observedGeneration } = status;
  return [
    ...validateCounts({ replicas, fullyLabeledReplicas, readyReplicas, availableReplicas }),
    ...notNegative('status.observedGeneration', observedGeneration),
  ];
}

export const replicationControllerKind: Kind<ReplicationController> = {
  ...ref<ReplicationController>('v1', 'replicationcontrollers', 'ReplicationController'),
  singular: 'replicationcontroller',
  shortNames: ['rc'],
  categories: ['all'],
  schema: ReplicationController,
  prepareForCreate: (controller) => {
    controller.status = { replicas: 0 };
  },
  setDefaults,
  validate,
  validateStatusUpdate,
  warnings: podNameWarnings,
  nameFormat: 'dns1123Subdomain',
  columns: [
    nameColumn,
    integer('Desired', 'Pods that are wanted', ({ spec }) => spec.replicas ?? 0),
    integer('Current', 'Pods that there are', ({ status }) => status?.replicas ?? 0),
    integer('Ready', 'Pods that are ready', ({ status }) => status?.readyReplicas ?? 0),
    ageColumn,
    ...containerColumns<ReplicationController>(({ spec }) => spec.template),
    wide('Selector', 'Labels that the pods are found by', ({ spec }) => mapCell(spec.selector)),
  ],
  selectableFields: { 'status.replicas': ({ status }) => String(status?.replicas ?? 0) },
  hasStatus: true,
  scale: {
    replicas: ({ spec }) => spec.replicas ?? 0,
    setReplicas: ({ spec }, replicas) => {
      spec.replicas = replicas;
    },
    statusReplicas: ({ status }) => status?.replicas ?? 0,
    selector: ({ spec }) => formatMap(spec.selector),
  },
  hasGeneration: true,
};
