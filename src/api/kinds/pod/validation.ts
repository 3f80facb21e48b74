// Rules for pods and for the templates that pods are made of. Parts of the spec have files of their own.

import { type FieldError, forbiddenField, invalidValue, notAmong, notSupported, required } from '../../errors.ts';
import { dns1123Subdomain, qualifiedName } from '../../names.ts';
import type { Pod, PodSpec, PodTemplateSpec } from '../../schema/pod.ts';
import { ipAddress } from '../addresses.ts';
import { checkOptional, checkRequired, notNegative, oneOf, optionallyOneOf, present } from '../checks.ts';
import { validateAnnotations, validateLabels } from '../metadata.ts';
import { validateContainers } from './containers.ts';
import { validatePodDns } from './dns.ts';
import { validateQuantity } from './resources.ts';
import { validateScheduling } from './scheduling.ts';
import { validateVolumes } from './volumes.ts';

export const validatePod = (pod: Pod): FieldError[] => [
  ...validatePodSpec(pod.spec, 'spec'),
  ...(pod.spec.nodeName && pod.spec.schedulingGates?.length
    ? [forbiddenField('spec.nodeName', 'cannot be set until all schedulingGates have been cleared')]
    : []),
];

/** Of a workload whose pods are replaced when they end. */
export const validateTemplate = (template: PodTemplateSpec, path: string, owner: string): FieldError[] => [
  ...validatePodTemplate(template, path),
  ...validateLasting(template, path, owner),
];

export function validatePodTemplate(template: PodTemplateSpec, path: string): FieldError[] {
  const spec = template.spec ?? { containers: [] };
  const errors = [...validateTemplateMetadata(template, path), ...validatePodSpec(spec, `${path}.spec`)];
  if (spec.ephemeralContainers?.length) {
    errors.push(forbiddenField(`${path}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template'));
  }
  return errors;
}

/** At paths without `metadata`, which clients know. */
export const validateTemplateMetadata = ({ metadata }: PodTemplateSpec, path: string): FieldError[] => [
  ...validateLabels(`${path}.labels`, metadata?.labels),
  ...validateAnnotations(`${path}.annotations`, metadata?.annotations),
];

/** The pods are meant to run for ever. */
export function validateLasting({ spec }: PodTemplateSpec, path: string, owner: string): FieldError[] {
  const errors: FieldError[] = [];
  if (spec?.restartPolicy !== 'Always') {
    errors.push(notSupported(`${path}.spec.restartPolicy`, spec?.restartPolicy ?? '', ['Always']));
  }
  if (spec?.activeDeadlineSeconds !== undefined) {
    const detail = `activeDeadlineSeconds in ${owner} is not Supported`;
    errors.push(forbiddenField(`${path}.spec.activeDeadlineSeconds`, detail));
  }
  return errors;
}

const restartPolicies = ['Always', 'OnFailure', 'Never'];

function validateRestartPolicy(policy: string | undefined, path: string): FieldError[] {
  if (!policy) return [required(path)];
  return restartPolicies.includes(policy) ? [] : [notAmong(path, policy, restartPolicies)];
}

function validatePodSpec(spec: PodSpec, path: string): FieldError[] {
  return [
    ...validateVolumes(spec.volumes ?? [], `${path}.volumes`),
    ...validateContainers(spec, path),
    ...validateRestartPolicy(spec.restartPolicy, `${path}.restartPolicy`),
    ...validatePodDns(spec, path),
    ...validateScheduling(spec, path),
    ...validateSecurity(spec, path),
    ...validateDeadline(spec.activeDeadlineSeconds, `${path}.activeDeadlineSeconds`),
    ...checkOptional(`${path}.serviceAccountName`, spec.serviceAccountName, dns1123Subdomain),
    ...checkOptional(`${path}.runtimeClassName`, spec.runtimeClassName, dns1123Subdomain),
    ...(spec.imagePullSecrets ?? []).flatMap(({ name }, i) =>
      present(`${path}.imagePullSecrets[${i}].name`, name ?? ''),
    ),
    ...(spec.readinessGates ?? []).flatMap(({ conditionType }, i) =>
      checkRequired(`${path}.readinessGates[${i}].conditionType`, conditionType, qualifiedName),
    ),
    ...Object.entries(spec.overhead ?? {}).flatMap(([name, amount]) =>
      validateQuantity(`${path}.overhead[${name}]`, amount),
    ),
    ...(spec.os ? oneOf(`${path}.os.name`, spec.os.name, ['linux', 'windows']) : []),
  ];
}

const maxDeadline = 2 ** 31 - 1;
const validateDeadline = (seconds: number | undefined, path: string): FieldError[] =>
  seconds === undefined || (seconds >= 1 && seconds <= maxDeadline)
    ? []
    : [invalidValue(path, seconds, `must be between 1 and ${maxDeadline}, inclusive`)];

function validateSecurity({ securityContext: context = {}, ...spec }: PodSpec, path: string): FieldError[] {
  const at = `${path}.securityContext`;
  const errors = [
    ...notNegative(`${at}.runAsUser`, context.runAsUser),
    ...notNegative(`${at}.runAsGroup`, context.runAsGroup),
    ...notNegative(`${at}.fsGroup`, context.fsGroup),
    ...(context.supplementalGroups ?? []).flatMap((group, i) => notNegative(`${at}.supplementalGroups[${i}]`, group)),
    ...optionallyOneOf(`${at}.fsGroupChangePolicy`, context.fsGroupChangePolicy, ['Always', 'OnRootMismatch']),
    ...(context.sysctls ?? []).flatMap(({ name }, i) => present(`${at}.sysctls[${i}].name`, name)),
  ];
  if (spec.shareProcessNamespace && spec.hostPID) {
    errors.push(
      invalidValue(`${path}.shareProcessNamespace`, true, 'ShareProcessNamespace and HostPID cannot both be enabled'),
    );
  }
  return errors;
}

/** What the kubelet reports: addresses that are addresses, at most one of each family. */
export function validatePodStatus({ status = {} }: Pod): FieldError[] {
  const ips = (status.podIPs ?? []).map(({ ip }) => ip);
  const errors = ips.flatMap((ip, i) => ipAddress(`status.podIPs[${i}]`, ip));
  if (ips.length > 2)
    errors.push(invalidValue('status.podIPs', status.podIPs, 'may specify no more than one IP for each IP family'));
  if (status.podIP !== undefined && ips.length > 0 && status.podIP !== ips[0]) {
    errors.push(invalidValue('status.podIP', status.podIP, 'must be the first of `podIPs`'));
  }
  return errors;
}
