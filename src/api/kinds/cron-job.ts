// CronJob: jobs that are started by the clock (api.md §9, §13, §18).

import { age } from '../duration.ts';
import { type FieldError, invalidValue, notSupported, required } from '../errors.ts';
import type { Kind } from '../kind.ts';
import { ref } from '../resources.ts';
import { CronJob, type CronJobSpec } from '../schema/cron-job.ts';
import { notNegative, oneOf } from './checks.ts';
import { ageColumn, column, containerColumns, integer, nameColumn, none, selectorCell, wide } from './columns.ts';
import { validateJobSpec } from './job/validation.ts';
import { setTemplateDefaults } from './pod/defaults.ts';
import { scheduleError, timeZoneError } from './schedule.ts';
import { podNameWarnings } from './workload.ts';

/** A job's name is that of its CronJob and eleven characters, and has to be a label. */
const maxNameLength = 52;

function setDefaults(cronJob: CronJob): void {
  cronJob.spec ??= { schedule: '', jobTemplate: { spec: { template: {} } } };
  const { spec } = cronJob;
  spec.concurrencyPolicy ||= 'Allow';
  spec.suspend ??= false;
  spec.successfulJobsHistoryLimit ??= 3;
  spec.failedJobsHistoryLimit ??= 1;
  // What else jobs have by default is settled when they are made.
  spec.jobTemplate ??= {};
  spec.jobTemplate.spec ??= { template: {} };
  spec.jobTemplate.spec.template ??= {};
  setTemplateDefaults(spec.jobTemplate.spec.template);
}

const validateCreate = ({ metadata: { name = '' } }: CronJob): FieldError[] =>
  name.length > maxNameLength
    ? [invalidValue('metadata.name', name, `must be no more than ${maxNameLength} characters`)]
    : [];

const validate = ({ spec }: CronJob): FieldError[] => [
  ...validateSchedule(spec.schedule),
  ...notNegative('spec.startingDeadlineSeconds', spec.startingDeadlineSeconds),
  ...validateTimeZone(spec.timeZone),
  ...oneOf('spec.concurrencyPolicy', spec.concurrencyPolicy, ['Allow', 'Forbid', 'Replace']),
  ...validateJobTemplate(spec, 'spec.jobTemplate.spec'),
  ...notNegative('spec.successfulJobsHistoryLimit', spec.successfulJobsHistoryLimit),
  ...notNegative('spec.failedJobsHistoryLimit', spec.failedJobsHistoryLimit),
];

function validateSchedule(schedule: string): FieldError[] {
  const path = 'spec.schedule';
  if (schedule === '') return [required(path)];
  const problem = scheduleError(schedule);
  const errors = problem ? [invalidValue(path, schedule, problem)] : [];
  if (schedule.includes('TZ')) {
    const detail = 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead';
    errors.push(invalidValue(path, schedule, detail));
  }
  return errors;
}

function validateTimeZone(timeZone: string | undefined): FieldError[] {
  const path = 'spec.timeZone';
  if (timeZone === undefined) return [];
  if (timeZone === '') return [invalidValue(path, timeZone, 'timeZone must be nil or non-empty string')];
  if (timeZone.toLowerCase() === 'local') {
    const detail = 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones';
    return [invalidValue(path, timeZone, detail)];
  }
  const problem = timeZoneError(timeZone);
  return problem ? [invalidValue(path, timeZone, problem)] : [];
}

/** A job's selector is made together with it. */
function validateJobTemplate({ jobTemplate: { spec } }: CronJobSpec, path: string): FieldError[] {
  if (!spec) return [];
  const errors = validateJobSpec(spec, path);
  if (spec.selector) {
    errors.push(invalidValue(`${path}.selector`, spec.selector, '`selector` will be auto-generated'));
  }
  if (spec.manualSelector) errors.push(notSupported(`${path}.manualSelector`, true, ['nil', 'false']));
  return errors;
}

function suspendCell({ spec: { suspend } }: CronJob): string {
  if (suspend === undefined) return '<unset>';
  return suspend ? 'True' : 'False';
}

export const cronJobKind: Kind<CronJob> = {
  ...ref<CronJob>('batch/v1', 'cronjobs', 'CronJob'),
  singular: 'cronjob',
  shortNames: ['cj'],
  categories: ['all'],
  schema: CronJob,
  prepareForCreate: (cronJob) => {
    cronJob.status = {};
  },
  setDefaults,
  validate,
  validateCreate,
  warnings: podNameWarnings,
  nameFormat: 'dns1123Subdomain',
  columns: [
    nameColumn,
    column('Schedule', 'When jobs are started', ({ spec }) => spec.schedule),
    column('Timezone', 'Time zone of the schedule', ({ spec }) => spec.timeZone ?? none),
    column('Suspend', 'Whether no jobs are started for now', suspendCell, { type: 'boolean' }),
    integer('Active', 'Jobs that still run', ({ status }) => status?.active?.length ?? 0),
    column('Last Schedule', 'Time since a job was last due', ({ status }, now) =>
      status?.lastScheduleTime ? age(status.lastScheduleTime, now) : none,
    ),
    ageColumn,
    ...containerColumns<CronJob>(({ spec }) => spec.jobTemplate.spec?.template),
    wide('Selector', 'Labels that the pods are found by', ({ spec }) => selectorCell(spec.jobTemplate.spec?.selector)),
  ],
  hasStatus: true,
  hasGeneration: true,
};
