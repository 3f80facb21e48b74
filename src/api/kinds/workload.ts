// What workloads have in common: a number of pods, a selector, and a template that the selector finds
// (api.md §9, §13, §14).

import { isDeepStrictEqual } from 'node:util';
import { type FieldError, invalidValue, required } from '../errors.ts';
import type { Kind } from '../kind.ts';
import { formatSelector, matchesSelector } from '../labels.ts';
import { dns1123Label } from '../names.ts';
import type { KubeObject } from '../object.ts';
import type { LabelSelector } from '../schema/meta.ts';
import type { PodTemplateSpec } from '../schema/pod.ts';
import { immutableText, notNegative } from './checks.ts';
import { validateLabelSelector } from './metadata.ts';
import { setTemplateDefaults } from './pod/defaults.ts';
import { validateTemplate } from './pod/validation.ts';

interface Workload extends KubeObject {
  spec: { replicas?: number; selector?: LabelSelector; template?: PodTemplateSpec; minReadySeconds?: number };
  status?: { replicas?: number };
}

export function setWorkloadDefaults(spec: Workload['spec']): void {
  spec.replicas ??= 1;
  spec.template ??= {};
  setTemplateDefaults(spec.template);
}

export function validateWorkload({ spec }: Workload, kind: string): FieldError[] {
  const { template = {} } = spec;
  return [
    ...notNegative('spec.replicas', spec.replicas),
    ...notNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...validateSelector(spec.selector, template, kind),
    ...validateTemplate(template, 'spec.template', kind),
  ];
}

export function validateSelector(
  selector: LabelSelector | undefined,
  template: PodTemplateSpec,
  kind: string,
): FieldError[] {
  const path = 'spec.selector';
  if (!selector) return [required(path), ...selectorMisses(selector, template)];
  const errors = validateLabelSelector(path, selector);
  if (formatSelector(selector) === '') {
    errors.push(invalidValue(path, selector, `empty selector is invalid for ${kind.toLowerCase()}`));
  } else if (errors.length === 0) errors.push(...selectorMisses(selector, template));
  return errors;
}

/** A selector that is not there finds nothing. */
export const selectorMisses = (selector: LabelSelector | undefined, { metadata }: PodTemplateSpec): FieldError[] =>
  matchesSelector(selector, metadata?.labels) ? [] : [templateMismatch(metadata?.labels)];

export const templateMismatch = (labels: Record<string, string> | undefined): FieldError =>
  invalidValue('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`');

/** Pods get the name as the beginning of theirs, and their host name from that. */
export function podNameWarnings({ metadata: { name = '' } }: KubeObject, old: KubeObject | undefined): string[] {
  const problems = old ? [] : dns1123Label(name);
  const advice = 'this is used in Pod names and hostnames, which can result in surprising behavior';
  return problems.length > 0 ? [`metadata.name: ${advice}; a DNS label is recommended: [${problems.join(' ')}]`] : [];
}

/** A count of names that were taken never becomes smaller, or names would be tried again. */
export function validateCollisions(count: number | undefined, old: number | undefined): FieldError[] {
  const path = 'status.collisionCount';
  const errors = notNegative(path, count);
  if (old !== undefined && (count ?? -1) < old) errors.push(invalidValue(path, count ?? 0, 'cannot be decremented'));
  return errors;
}

type Selecting = { spec: Pick<Workload['spec'], 'selector'> };
export const validateWorkloadUpdate = ({ spec }: Selecting, { spec: old }: Selecting): FieldError[] =>
  isDeepStrictEqual(spec.selector, old.selector) ? [] : [invalidValue('spec.selector', spec.selector, immutableText)];

type Counts = Record<string, number | undefined>;
/** Numbers of pods, none of them greater than that of all pods, nor available ones than ready ones. */
export function validateCounts(counts: Counts, readyName = 'readyReplicas'): FieldError[] {
  const { replicas = 0, readyReplicas = 0, availableReplicas = 0, ...rest } = counts;
  const errors = Object.entries(counts).flatMap(([field, count]) => notNegative(`status.${field}`, count));
  for (const [field, count] of Object.entries({ ...rest, readyReplicas, availableReplicas })) {
    if ((count ?? 0) > replicas) {
      errors.push(invalidValue(`status.${field}`, count, 'cannot be greater than status.replicas'));
    }
  }
  if (availableReplicas > readyReplicas) {
    errors.push(invalidValue('status.availableReplicas', availableReplicas, `cannot be greater than ${readyName}`));
  }
  return errors;
}

/** The labels of a workload are its author's, not its controller's. */
export function keepLabels({ metadata }: KubeObject, { metadata: old }: KubeObject): void {
  if (old.labels) metadata.labels = old.labels;
  else delete metadata.labels;
}

export const workloadScale: NonNullable<Kind<Workload>['scale']> = {
  replicas: ({ spec }) => spec.replicas ?? 0,
  setReplicas: ({ spec }, replicas) => {
    spec.replicas = replicas;
  },
  statusReplicas: ({ status }) => status?.replicas ?? 0,
  selector: ({ spec }) => formatSelector(spec.selector),
};
