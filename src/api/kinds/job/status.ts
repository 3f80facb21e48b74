// Rules for what a controller reports of a job: counts that fit, an end that has a reason and a time, nothing undone that
// had ended (api.md §9).

import { isDeepStrictEqual } from 'node:util';
import { duplicate, type FieldError, invalidField, invalidValue, required } from '../../errors.ts';
import type { Job, JobStatus } from '../../schema/job.ts';
import { notNegative } from '../checks.ts';
import { firstCommonIndex, indexesError } from './indexes.ts';
import { isIndexed } from './validation.ts';

export const hasCondition = ({ status }: Job, type: string): boolean =>
  status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false;
const isFinished = (job: Job): boolean => hasCondition(job, 'Complete') || hasCondition(job, 'Failed');

export const validateStatusUpdate = (job: Job, old: Job): FieldError[] => [
  ...validateCounts(job.status ?? {}),
  ...validateUncounted(job.status?.uncountedTerminatedPods),
  ...validateConditions(job),
  ...validateTimes(job),
  ...(isFinished(job) ? validateFinished(job.status ?? {}) : []),
  ...validateIndexes(job),
  ...validateProgress(job, old),
];

const counts = ['active', 'succeeded', 'failed', 'ready', 'terminating'] as const;
function validateCounts(status: JobStatus): FieldError[] {
  const errors = counts.flatMap((field) => notNegative(`status.${field}`, status[field]));
  if ((status.ready ?? 0) > (status.active ?? 0)) {
    errors.push(invalidValue('status.ready', status.ready, 'cannot set more ready pods than active'));
  }
  return errors;
}

function validateUncounted({ succeeded = [], failed = [] }: JobStatus['uncountedTerminatedPods'] = {}): FieldError[] {
  const seen = new Set<string>();
  return Object.entries({ succeeded, failed }).flatMap(([field, uids]) =>
    uids.flatMap((uid, i) => {
      const path = `status.uncountedTerminatedPods.${field}[${i}]`;
      if (uid === '') return [invalidValue(path, uid, 'must not be empty')];
      if (seen.has(uid)) return [duplicate(path, uid)];
      seen.add(uid);
      return [];
    }),
  );
}

/** Of some conditions only one can be true, and an end is announced before it is reached. */
function validateConditions(job: Job): FieldError[] {
  const has = (type: string) => hasCondition(job, type);
  const rules: [boolean, string][] = [
    [has('Complete') && has('Failed'), 'cannot set Complete=True and Failed=true conditions'],
    [has('Complete') && has('FailureTarget'), 'cannot set Complete=True and FailureTarget=true conditions'],
    [
      has('Failed') && !has('FailureTarget'),
      'cannot set Failed=True condition without the FailureTarget=true condition',
    ],
    [
      has('Complete') && !has('SuccessCriteriaMet'),
      'cannot set Complete=True condition without the SuccessCriteriaMet=true condition',
    ],
    [has('SuccessCriteriaMet') && has('Failed'), 'cannot set SuccessCriteriaMet=True and Failed=true conditions'],
    [
      has('SuccessCriteriaMet') && has('FailureTarget'),
      'cannot set SuccessCriteriaMet=True and FailureTarget=true conditions',
    ],
  ];
  return rules.filter(([isBroken]) => isBroken).map(([, detail]) => invalidField('status.conditions', detail));
}

function validateTimes(job: Job): FieldError[] {
  const { startTime, completionTime } = job.status ?? {};
  const path = 'status.completionTime';
  if (completionTime === undefined) {
    return hasCondition(job, 'Complete') ? [required(path, 'completionTime is required for Complete jobs')] : [];
  }
  const errors: FieldError[] = [];
  if (!hasCondition(job, 'Complete')) {
    const detail = 'cannot set completionTime when there is no Complete=True condition';
    errors.push(invalidValue(path, completionTime, detail));
  }
  if (startTime !== undefined && Date.parse(completionTime) < Date.parse(startTime)) {
    errors.push(invalidValue(path, completionTime, 'completionTime cannot be set before startTime'));
  }
  return errors;
}

function validateFinished({ active, terminating, startTime, uncountedTerminatedPods: uncounted }: JobStatus) {
  const errors: FieldError[] = [];
  if ((active ?? 0) > 0) {
    errors.push(invalidValue('status.active', active, 'active>0 is invalid for finished job'));
  }
  if (startTime === undefined) errors.push(required('status.startTime', 'startTime is required for finished job'));
  if (uncounted && [...(uncounted.succeeded ?? []), ...(uncounted.failed ?? [])].length > 0) {
    const detail = 'uncountedTerminatedPods needs to be empty for finished job';
    errors.push(invalidValue('status.uncountedTerminatedPods', uncounted, detail));
  }
  if ((terminating ?? 0) > 0) {
    errors.push(invalidValue('status.terminating', terminating, 'terminating>0 is invalid for finished job'));
  }
  return errors;
}

function validateIndexes({ spec, status = {} }: Job): FieldError[] {
  const { completedIndexes = '', failedIndexes } = status;
  const { completions, backoffLimitPerIndex } = spec;
  const errors: FieldError[] = [];
  const wrong = (field: string, value: string, detail: string) =>
    errors.push(invalidValue(`status.${field}`, value, detail));
  if (completedIndexes !== '' && !isIndexed(spec)) {
    wrong(
      'completedIndexes',
      completedIndexes,
      'cannot set non-empty completedIndexes when non-indexed completion mode',
    );
  }
  if (failedIndexes !== undefined && backoffLimitPerIndex === undefined) {
    wrong('failedIndexes', failedIndexes, 'cannot set non-null failedIndexes when backoffLimitPerIndex is null');
  }
  if (completions === undefined) return errors;
  const problem = indexesError(completedIndexes, completions);
  if (problem) wrong('completedIndexes', completedIndexes, `error parsing completedIndexes: ${problem}`);
  if (failedIndexes === undefined) return errors;
  const failedProblem = indexesError(failedIndexes, completions);
  if (failedProblem) wrong('failedIndexes', failedIndexes, `error parsing failedIndexes: ${failedProblem}`);
  if (problem || failedProblem) return errors;
  const common = firstCommonIndex(completedIndexes, failedIndexes, completions);
  if (common !== undefined) {
    wrong('failedIndexes', failedIndexes, `failedIndexes and completedIndexes overlap at index: ${common}`);
  }
  return errors;
}

function validateProgress(job: Job, old: Job): FieldError[] {
  const [status, before] = [job.status ?? {}, old.status ?? {}];
  const errors = ['Failed', 'Complete', 'FailureTarget']
    .filter((type) => hasCondition(old, type) && !hasCondition(job, type))
    .map((type) => invalidField('status.conditions', `cannot disable the terminal ${type}=True condition`));
  // An indexed job that becomes smaller loses what its last indexes had done.
  const mayShrink = isIndexed(job.spec) && job.spec.completions === job.spec.parallelism;
  for (const field of mayShrink ? (['failed'] as const) : (['failed', 'succeeded'] as const)) {
    const count = status[field] ?? 0;
    if (count < (before[field] ?? 0)) {
      errors.push(invalidValue(`status.${field}`, count, `cannot decrease the ${field} counter`));
    }
  }
  const { completionTime, startTime } = status;
  if (completionTime && before.completionTime && completionTime !== before.completionTime) {
    errors.push(invalidValue('status.completionTime', completionTime, 'completionTime cannot be mutated'));
  }
  if (before.startTime && !isDeepStrictEqual(startTime, before.startTime) && !job.spec.suspend) {
    errors.push(required('status.startTime', 'startTime cannot be removed for unsuspended job'));
  }
  if (hasCondition(old, 'SuccessCriteriaMet') && !hasCondition(job, 'SuccessCriteriaMet')) {
    errors.push(invalidField('status.conditions', 'cannot disable the SuccessCriteriaMet=True condition'));
  }
  return errors;
}
