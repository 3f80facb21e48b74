// DaemonSet: a pod on every node that the template allows (api.md §9, §13, §18).

import { isDeepStrictEqual } from 'node:util';
import { type FieldError, invalidValue, notSupported, required } from '../errors.ts';
import type { Kind } from '../kind.ts';
import { formatSelector } from '../labels.ts';
import { ref } from '../resources.ts';
import { DaemonSet, type DaemonSetStatus, type DaemonSetUpdateStrategy } from '../schema/daemon-set.ts';
import { atMost100Percent, countOrPercent, notNegative, shareOf } from './checks.ts';
import { ageColumn, column, integer, mapCell, nameColumn, workloadColumns } from './columns.ts';
import { validateLabelSelector } from './metadata.ts';
import { setTemplateDefaults } from './pod/defaults.ts';
import { validateTemplate } from './pod/validation.ts';
import { keepLabels, podNameWarnings, selectorMisses, validateCollisions, validateWorkloadUpdate } from './workload.ts';

function setDefaults(daemonSet: DaemonSet): void {
  daemonSet.spec ??= { template: {} };
  const { spec } = daemonSet;
  spec.template ??= {};
  setTemplateDefaults(spec.template);
  spec.updateStrategy ??= {};
  spec.updateStrategy.type ||= 'RollingUpdate';
  if (spec.updateStrategy.type === 'RollingUpdate') {
    spec.updateStrategy.rollingUpdate ??= {};
    spec.updateStrategy.rollingUpdate.maxUnavailable ??= 1;
    spec.updateStrategy.rollingUpdate.maxSurge ??= 0;
  }
  spec.revisionHistoryLimit ??= 10;
}

/** Counts the versions of the template: what older clients of the API knew as a field of the spec. */
const generation = 'deprecated.daemonset.template.generation';
const templateGeneration = ({ metadata }: DaemonSet): number => Number(metadata.annotations?.[generation]) || 1;
function setTemplateGeneration({ metadata }: DaemonSet, value: number): void {
  metadata.annotations = { ...metadata.annotations, [generation]: String(value) };
}

function validate({ spec }: DaemonSet): FieldError[] {
  const { selector, template, updateStrategy = {} } = spec;
  const selectorErrors = validateLabelSelector('spec.selector', selector);
  const isEmpty = selector !== undefined && formatSelector(selector) === '';
  return [
    ...selectorErrors,
    ...(selectorErrors.length === 0 ? selectorMisses(selector, template) : []),
    ...(isEmpty ? [invalidValue('spec.selector', selector, 'empty selector is invalid for daemonset')] : []),
    ...validateTemplate(template, 'spec.template', 'DaemonSet'),
    ...notNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...validateStrategy(updateStrategy, 'spec.updateStrategy'),
    ...notNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit),
  ];
}

function validateStrategy(strategy: DaemonSetUpdateStrategy, path: string): FieldError[] {
  if (strategy.type === 'OnDelete') return [];
  if (strategy.type !== 'RollingUpdate') return [notSupported(path, strategy, ['OnDelete', 'RollingUpdate'])];
  const { maxUnavailable = 0, maxSurge = 0 } = strategy.rollingUpdate ?? {};
  const at = `${path}.rollingUpdate`;
  const errors = [
    ...countOrPercent(`${at}.maxUnavailable`, maxUnavailable),
    ...countOrPercent(`${at}.maxSurge`, maxSurge),
    ...atMost100Percent(`${at}.maxUnavailable`, maxUnavailable),
    ...atMost100Percent(`${at}.maxSurge`, maxSurge),
  ];
  const [unavailable, surge] = [shareOf(maxUnavailable) !== 0, shareOf(maxSurge) !== 0];
  if (unavailable && surge) {
    errors.push(invalidValue(`${at}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero'));
  }
  if (!unavailable && !surge) errors.push(required(`${at}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'));
  return errors;
}

const counts = [
  'currentNumberScheduled',
  'numberMisscheduled',
  'desiredNumberScheduled',
  'numberReady',
  'observedGeneration',
  'updatedNumberScheduled',
  'numberAvailable',
  'numberUnavailable',
] as const;
const noPods: DaemonSetStatus = {
  currentNumberScheduled: 0,
  numberMisscheduled: 0,
  desiredNumberScheduled: 0,
  numberReady: 0,
};

const validateStatusUpdate = ({ status = noPods }: DaemonSet, { status: old }: DaemonSet): FieldError[] => [
  ...counts.flatMap((field) => notNegative(`status.${field}`, status[field])),
  ...validateCollisions(status.collisionCount, old?.collisionCount),
];

export const daemonSetKind: Kind<DaemonSet> = {
  ...ref<DaemonSet>('apps/v1', 'daemonsets', 'DaemonSet'),
  singular: 'daemonset',
  shortNames: ['ds'],
  categories: ['all'],
  schema: DaemonSet,
  prepareForCreate: (daemonSet) => {
    daemonSet.status = { ...noPods };
    setTemplateGeneration(daemonSet, templateGeneration(daemonSet));
  },
  prepareForUpdate: (daemonSet, old) => {
    const isChanged = !isDeepStrictEqual(daemonSet.spec.template, old.spec.template);
    setTemplateGeneration(daemonSet, templateGeneration(old) + Number(isChanged));
  },
  prepareForStatusUpdate: (daemonSet, old) => {
    keepLabels(daemonSet, old);
    setTemplateGeneration(daemonSet, templateGeneration(old));
  },
  statusKeeps: [['metadata', 'labels']],
  setDefaults,
  validate,
  validateUpdate: validateWorkloadUpdate,
  validateStatusUpdate,
  warnings: podNameWarnings,
  nameFormat: 'dns1123Subdomain',
  columns: [
    nameColumn,
    integer('Desired', 'Nodes that should have a pod', ({ status }) => status?.desiredNumberScheduled ?? 0),
    integer('Current', 'Nodes that have one', ({ status }) => status?.currentNumberScheduled ?? 0),
    integer('Ready', 'Nodes whose pod is ready', ({ status }) => status?.numberReady ?? 0),
    integer(
      'Up-to-date',
      'Nodes whose pod is of the newest template',
      ({ status }) => status?.updatedNumberScheduled ?? 0,
    ),
    integer('Available', 'Nodes whose pod is ready for long enough', ({ status }) => status?.numberAvailable ?? 0),
    column('Node Selector', 'Labels of the nodes', ({ spec }) => mapCell(spec.template.spec?.nodeSelector)),
    ageColumn,
    ...workloadColumns,
  ],
  hasStatus: true,
  hasGeneration: true,
};
