// What may change of a job: little but how many pods run at a time, and whether any do (api.md §9). A job that is suspended
// and has never run may still be told where to run.

import { isDeepStrictEqual } from 'node:util';
import { type FieldError, invalidValue } from '../../errors.ts';
import type { Job, JobSpec } from '../../schema/job.ts';
import type { PodTemplateSpec } from '../../schema/pod.ts';
import { immutableText } from '../checks.ts';
import { isIndexed } from './validation.ts';

const fixed = ['completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy'] as const;

export function validateJobUpdate({ spec }: Job, old: Job): FieldError[] {
  const immutable = (field: keyof JobSpec, now: unknown, before: unknown): FieldError[] =>
    isDeepStrictEqual(now, before) ? [] : [invalidValue(`spec.${field}`, spec[field], immutableText)];
  const mayMove = (old.spec.suspend ?? false) && old.status?.startTime === undefined;
  const before = mayMove ? withPlaceOf(spec.template, old.spec.template) : old.spec.template;
  return [
    ...validateCompletions(spec, old.spec),
    ...immutable('selector', spec.selector, old.spec.selector),
    ...immutable('template', spec.template, before),
    ...fixed.flatMap((field) => immutable(field, spec[field], old.spec[field])),
  ];
}

/** The number of indexes may follow the number of pods. */
function validateCompletions(spec: JobSpec, old: JobSpec): FieldError[] {
  const { completions, parallelism } = spec;
  if (completions === old.completions) return [];
  if (!isIndexed(spec)) return [invalidValue('spec.completions', completions, immutableText)];
  if (completions === undefined || completions === parallelism) return [];
  return [invalidValue('spec.completions', completions, 'can only be modified in tandem with spec.parallelism')];
}

/** The old template with the new one's ideas of where pods run, and its labels and annotations. */
function withPlaceOf(template: PodTemplateSpec, old: PodTemplateSpec): PodTemplateSpec {
  const { nodeSelector, tolerations, schedulingGates, affinity } = template.spec ?? { containers: [] };
  const { nodeAffinity: _, ...kept } = old.spec?.affinity ?? {};
  const nodeAffinity = affinity?.nodeAffinity;
  const hasAffinity = affinity !== undefined || Object.keys(kept).length > 0;
  const spec = {
    ...(old.spec ?? { containers: [] }),
    nodeSelector,
    tolerations,
    schedulingGates,
    affinity: hasAffinity ? { ...(nodeAffinity && { nodeAffinity }), ...kept } : undefined,
  };
  const { labels, annotations } = template.metadata ?? {};
  return {
    ...old,
    metadata: withoutUndefined({ ...old.metadata, labels, annotations }),
    spec: withoutUndefined(spec),
  };
}

const withoutUndefined = <T extends object>(object: T): T =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
