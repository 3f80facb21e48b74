// What of a pod may change once it is there (api.md §9): almost nothing, because its containers are running already.

import { isDeepStrictEqual } from 'node:util';
import { type FieldError, forbiddenField, invalidValue } from '../../errors.ts';
import type { Container } from '../../schema/container.ts';
import type { Pod, PodSpec } from '../../schema/pod.ts';

const changeable = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',');

export function validatePodUpdate({ spec }: Pod, { spec: old }: Pod): FieldError[] {
  const errors = [...validateCount(spec, old), ...validateDeadline(spec, old), ...validateTolerations(spec, old)];
  errors.push(...validateGates(spec, old));
  if (errors.length > 0) return errors;
  return isDeepStrictEqual(withOldParts(spec, old), old)
    ? []
    : [forbiddenField('spec', `pod updates may not change fields other than ${changeable}`)];
}

function validateCount(spec: PodSpec, old: PodSpec): FieldError[] {
  const lists = ['containers', 'initContainers'] as const;
  return lists
    .filter((field) => (spec[field]?.length ?? 0) !== (old[field]?.length ?? 0))
    .map((field) => forbiddenField(`spec.${field}`, 'pod updates may not add or remove containers'));
}

/** A deadline may be set and brought forward, never put off. */
function validateDeadline(
  { activeDeadlineSeconds: now }: PodSpec,
  { activeDeadlineSeconds: before }: PodSpec,
): FieldError[] {
  const path = 'spec.activeDeadlineSeconds';
  if (before === undefined || now === before) return [];
  if (now === undefined) return [invalidValue(path, null, `must not update from a positive integer to nil value`)];
  return now > before ? [invalidValue(path, now, 'must be less than or equal to previous value')] : [];
}

const validateTolerations = (spec: PodSpec, old: PodSpec): FieldError[] =>
  (old.tolerations ?? []).every((kept) =>
    spec.tolerations?.some((toleration) =>
      isDeepStrictEqual({ ...toleration, tolerationSeconds: 0 }, { ...kept, tolerationSeconds: 0 }),
    ),
  )
    ? []
    : [forbiddenField('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')];

const validateGates = (spec: PodSpec, old: PodSpec): FieldError[] =>
  (spec.schedulingGates ?? []).every(({ name }) => old.schedulingGates?.some((gate) => gate.name === name))
    ? []
    : [forbiddenField('spec.schedulingGates', 'only deletion is allowed, but found new scheduling gates')];

/** The new spec with every part that may change put back to what it was: equal to the old one, if nothing else changed. */
function withOldParts(spec: PodSpec, old: PodSpec): PodSpec {
  const copy: PodSpec = { ...spec };
  const put = <K extends keyof PodSpec>(field: K): void => {
    if (old[field] === undefined) delete copy[field];
    else copy[field] = old[field];
  };
  copy.containers = withOldImages(spec.containers, old.containers);
  if (spec.initContainers) copy.initContainers = withOldImages(spec.initContainers, old.initContainers ?? []);
  for (const field of ['activeDeadlineSeconds', 'tolerations', 'schedulingGates'] as const) put(field);
  if (spec.terminationGracePeriodSeconds === 1 && (old.terminationGracePeriodSeconds ?? 0) < 0) {
    put('terminationGracePeriodSeconds');
  }
  return copy;
}

const withOldImages = (containers: Container[], old: Container[]): Container[] =>
  containers.map((container, i) => ({ ...container, image: old[i]?.image }));

/** The status sub-resource does not decide who owns a pod, nor how it is ranked. */
export function preparePodStatusUpdate(pod: Pod, old: Pod): void {
  if (old.metadata.ownerReferences) pod.metadata.ownerReferences = old.metadata.ownerReferences;
  else delete pod.metadata.ownerReferences;
  if (old.status?.qosClass) pod.status = { ...pod.status, qosClass: old.status.qosClass };
}
