// Job: pods that run until enough of them have succeeded (api.md §9, §13, §18). Its rules are in job/.

import { humanDuration } from '../duration.ts';
import type { Kind } from '../kind.ts';
import { ref } from '../resources.ts';
import { Job } from '../schema/job.ts';
import { ageColumn, column, nameColumn, workloadColumns } from './columns.ts';
import { generateSelector, renameSelector } from './job/selector.ts';
import { hasCondition, validateStatusUpdate } from './job/status.ts';
import { validateJobUpdate } from './job/update.ts';
import { validateJob } from './job/validation.ts';
import { setTemplateDefaults } from './pod/defaults.ts';
import { podNameWarnings } from './workload.ts';

function setDefaults(job: Job): void {
  job.spec ??= { template: {} };
  const { spec, metadata } = job;
  spec.template ??= {};
  setTemplateDefaults(spec.template);
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : 2 ** 31 - 1;
  spec.completionMode ??= 'NonIndexed';
  spec.suspend ??= false;
  spec.manualSelector ??= false;
  for (const rule of spec.podFailurePolicy?.rules ?? []) {
    for (const pattern of rule.onPodConditions ?? []) pattern.status ||= 'True';
  }
  spec.podReplacementPolicy ??= spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed';
  const labels = spec.template.metadata?.labels;
  if (labels && Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
}

function statusCell(job: Job): string {
  if (hasCondition(job, 'Complete')) return 'Complete';
  if (hasCondition(job, 'Failed')) return 'Failed';
  if (job.metadata.deletionTimestamp) return 'Terminating';
  return ['Suspended', 'FailureTarget'].find((type) => hasCondition(job, type)) ?? 'Running';
}

function completionsCell({ spec: { completions, parallelism = 0 }, status }: Job): string {
  const succeeded = status?.succeeded ?? 0;
  if (completions !== undefined) return `${succeeded}/${completions}`;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function durationCell({ status = {} }: Job, now: Date): string {
  if (!status.startTime) return '';
  const end = status.completionTime ? Date.parse(status.completionTime) : now.getTime();
  return humanDuration(end - Date.parse(status.startTime));
}

export const jobKind: Kind<Job> = {
  ...ref<Job>('batch/v1', 'jobs', 'Job'),
  singular: 'job',
  categories: ['all'],
  schema: Job,
  prepareForCreate: (job) => {
    job.status = {};
    generateSelector(job);
  },
  renamed: renameSelector,
  setDefaults,
  validate: validateJob,
  validateUpdate: validateJobUpdate,
  validateStatusUpdate,
  warnings: podNameWarnings,
  nameFormat: 'dns1123Subdomain',
  columns: [
    nameColumn,
    column('Status', 'How far it is', statusCell),
    column('Completions', 'Pods that succeeded, of those that have to', completionsCell),
    column('Duration', 'How long it took, or has taken so far', durationCell),
    ageColumn,
    ...workloadColumns,
  ],
  selectableFields: { 'status.successful': ({ status }) => String(status?.succeeded ?? 0) },
  hasStatus: true,
  hasGeneration: true,
};
