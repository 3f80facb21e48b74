// cron job: wire types (api.md §4, §10.2).

import { bool, type Infer, int32, int64, list, message, optional, pointer, required, string, time } from './dsl.ts';
import { JobSpec } from './job.ts';
import { ObjectMeta, objectFields } from './meta.ts';
import { ObjectReference } from './selector.ts';

export const JobTemplateSpec = message('batch.v1.JobTemplateSpec', 'What a job is made from.', {
  metadata: optional(1, ObjectMeta, { doc: 'Labels and annotations of the jobs.' }),
  spec: optional(2, JobSpec, { doc: 'What the jobs are to do.' }),
});
export type JobTemplateSpec = Infer<typeof JobTemplateSpec>;

export const CronJobSpec = message('batch.v1.CronJobSpec', 'When to start which job.', {
  schedule: required(1, string, {
    doc: 'When, as cron has it: minute, hour, day of month, month, day of week; or @hourly, @daily, @weekly, @monthly, @yearly.',
  }),
  timeZone: pointer(8, string, {
    doc: 'Time zone of the schedule, such as Europe/Berlin. Default: that of the controller.',
  }),
  startingDeadlineSeconds: pointer(2, int64, { doc: 'Seconds by which a job may be late and is still started.' }),
  concurrencyPolicy: optional(3, string, {
    doc: 'What to do when the last job still runs: Allow (default) another one, Forbid it, or Replace the last.',
  }),
  suspend: pointer(4, bool, { doc: 'Whether no jobs are to be started for now.' }),
  jobTemplate: required(5, JobTemplateSpec, { doc: 'What a job is made from.' }),
  successfulJobsHistoryLimit: pointer(6, int32, { doc: 'How many complete jobs to keep. Default 3.' }),
  failedJobsHistoryLimit: pointer(7, int32, { doc: 'How many failed jobs to keep. Default 1.' }),
});
export type CronJobSpec = Infer<typeof CronJobSpec>;

export const CronJobStatus = message('batch.v1.CronJobStatus', 'What a CronJob has done.', {
  active: optional(1, list(ObjectReference), { doc: 'Jobs that still run.' }),
  lastScheduleTime: pointer(4, time, { doc: 'When a job was last due and started.' }),
  lastSuccessfulTime: pointer(5, time, { doc: 'When a job was last complete.' }),
});
export type CronJobStatus = Infer<typeof CronJobStatus>;

export const CronJob = message('batch.v1.CronJob', 'Starts jobs by the clock.', {
  ...objectFields,
  spec: required(2, CronJobSpec, { doc: 'What is wanted.' }),
  status: optional(3, CronJobStatus, { doc: 'What there is.' }),
});
export type CronJob = Infer<typeof CronJob>;
