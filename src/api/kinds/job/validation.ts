// Rules for jobs, and for the jobs that a CronJob makes (api.md §9).

import { type FieldError, invalidValue, notSupported, required, tooLong } from '../../errors.ts';
import { dns1123Label, dns1123Subdomain } from '../../names.ts';
import type { Job, JobSpec } from '../../schema/job.ts';
import { check, notNegative } from '../checks.ts';
import { validateLabelSelector } from '../metadata.ts';
import { validatePodTemplate } from '../pod/validation.ts';
import { selectorMisses } from '../workload.ts';
import { validateFailurePolicy, validateSuccessPolicy } from './policies.ts';
import { validateGenerated } from './selector.ts';

const maxParallelism = 100_000;
const maxFailedIndexes = 100_000;
/** Beyond so many completions the limits per index have limits of their own. */
const manyCompletions = 100_000;
const maxWithMany = 10_000;
const maxManagedByLength = 63;

export function validateJob(job: Job): FieldError[] {
  const { metadata, spec } = job;
  const { selector, template, completions = 0 } = spec;
  const selectorErrors = selector ? validateLabelSelector('spec.selector', selector) : [required('spec.selector')];
  const errors = [
    ...validateGenerated(job),
    ...validateJobSpec(spec, 'spec'),
    ...selectorErrors,
    ...(selector && selectorErrors.length > 0 ? [] : selectorMisses(selector, template)),
  ];
  if (isIndexed(spec) && completions > 0) {
    const host = `${metadata.name}-${completions - 1}`;
    if (dns1123Label(host).length > 0) {
      const detail = `will not able to create pod with invalid DNS label: ${host}`;
      errors.push(invalidValue('metadata.name', metadata.name, detail));
    }
  }
  return errors;
}

export const isIndexed = ({ completionMode }: JobSpec): boolean => completionMode === 'Indexed';

const counts = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
] as const;

/** All but the selector, which only jobs themselves have. */
export function validateJobSpec(spec: JobSpec, path: string): FieldError[] {
  const errors = counts.flatMap((field) => notNegative(`${path}.${field}`, spec[field]));
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined) {
    errors.push(required(`${path}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'));
  }
  return [
    ...errors,
    ...validateManagedBy(spec.managedBy, `${path}.managedBy`),
    ...validateCompletionMode(spec, path),
    ...(spec.podFailurePolicy ? validateFailurePolicy(spec, `${path}.podFailurePolicy`) : []),
    ...(spec.successPolicy ? validateSuccessPolicy(spec, `${path}.successPolicy`) : []),
    ...validateReplacement(spec, `${path}.podReplacementPolicy`),
    ...validatePodTemplate(spec.template, `${path}.template`),
    ...validateRestart(spec, `${path}.template.spec.restartPolicy`),
  ];
}

function validateManagedBy(managedBy: string | undefined, path: string): FieldError[] {
  if (managedBy === undefined) return [];
  const errors: FieldError[] = [];
  const [domain = '', ...rest] = managedBy.split('/');
  if (managedBy === '') errors.push(required(path));
  else if (domain === '' || rest.join('/') === '') {
    errors.push(invalidValue(path, managedBy, 'must be a domain-prefixed path (such as "acme.io/foo")'));
  } else {
    errors.push(...check(path, domain, dns1123Subdomain));
    if (!/^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/.test(rest.join('/'))) {
      errors.push(invalidValue(path, rest.join('/'), `Invalid path ${managedBySyntax}`));
    }
  }
  return managedBy.length > maxManagedByLength ? [...errors, tooLong(path, maxManagedByLength)] : errors;
}
const managedBySyntax = "(regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')";

function validateCompletionMode(spec: JobSpec, path: string): FieldError[] {
  const { completionMode: mode, backoffLimitPerIndex: perIndex, maxFailedIndexes: failed } = spec;
  if (mode === 'Indexed') return validateIndexed(spec, path);
  if (mode !== undefined && mode !== 'NonIndexed') {
    return [notSupported(`${path}.completionMode`, mode, ['NonIndexed', 'Indexed'])];
  }
  return Object.entries({ backoffLimitPerIndex: perIndex, maxFailedIndexes: failed })
    .filter(([, value]) => value !== undefined)
    .map(([field, value]) => invalidValue(`${path}.${field}`, value, 'requires indexed completion mode'));
}

function validateIndexed(spec: JobSpec, path: string): FieldError[] {
  const { completions, parallelism = 0, maxFailedIndexes: failed, backoffLimitPerIndex: perIndex } = spec;
  const errors: FieldError[] = [];
  const atMost = (field: string, value: number | undefined, limit: number, when = '') => {
    if ((value ?? 0) > limit) {
      errors.push(invalidValue(`${path}.${field}`, value, `must be less than or equal to ${limit}${when}`));
    }
  };
  if (completions === undefined) errors.push(required(`${path}.completions`, 'when completion mode is Indexed'));
  atMost('parallelism', parallelism, maxParallelism, ' when completion mode is Indexed');
  if (completions !== undefined && failed !== undefined && failed > completions) {
    errors.push(invalidValue(`${path}.maxFailedIndexes`, failed, 'must be less than or equal to completions'));
  }
  atMost('maxFailedIndexes', failed, maxFailedIndexes);
  if ((completions ?? 0) > manyCompletions && perIndex !== undefined) {
    if (failed === undefined) {
      const detail = `must be specified when completions is above ${manyCompletions}`;
      errors.push(required(`${path}.maxFailedIndexes`, detail));
    }
    const when = ` when completions are above ${manyCompletions} and used with backoff limit per index`;
    atMost('parallelism', parallelism, maxWithMany, when);
    atMost('maxFailedIndexes', failed, maxWithMany, when);
  }
  return errors;
}

function validateReplacement({ podReplacementPolicy: policy, podFailurePolicy }: JobSpec, path: string): FieldError[] {
  if (policy === undefined) return [];
  const supported = podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed'];
  return supported.includes(policy) ? [] : [notSupported(path, policy, supported)];
}

/** Pods that end may not be started again for ever. */
function validateRestart({ template, podFailurePolicy }: JobSpec, path: string): FieldError[] {
  const policy = template.spec?.restartPolicy ?? '';
  if (policy === '' || policy === 'Always') return [required(path, 'valid values: "OnFailure", "Never"')];
  if (policy !== 'OnFailure' && policy !== 'Never') return [notSupported(path, policy, ['OnFailure', 'Never'])];
  return podFailurePolicy && policy !== 'Never'
    ? [invalidValue(path, policy, 'only "Never" is supported when podFailurePolicy is specified')]
    : [];
}
