// Rules for a container's environment: each variable has one source, and the source can be read.

import { type FieldError, invalidValue, notSupported, required } from '../../errors.ts';
import { dataKey, dns1123Subdomain, envVarName } from '../../names.ts';
import type { EnvFromSource, EnvVar, EnvVarSource } from '../../schema/container.ts';
import type { ObjectFieldSelector, ResourceFieldSelector } from '../../schema/selector.ts';
import { checkOptional, checkRequired } from '../checks.ts';

const fieldPaths = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];
const resourceNames = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];
const onlyOne = 'may not have more than one field specified at a time';

export const validateEnv = (env: EnvVar[], path: string): FieldError[] =>
  env.flatMap(({ name, value, valueFrom }, i) => [
    ...checkRequired(`${path}[${i}].name`, name, envVarName),
    ...(valueFrom ? validateSource(valueFrom, value, `${path}[${i}].valueFrom`) : []),
  ]);

function validateSource(source: EnvVarSource, value: string | undefined, path: string): FieldError[] {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = source;
  const errors: FieldError[] = [];
  const given = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef].filter(Boolean).length;
  if (given === 0) {
    const detail = 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`';
    errors.push(invalidValue(path, '', detail));
  }
  if (value) errors.push(invalidValue(path, '', 'may not be specified when `value` is not empty'));
  else if (given > 1) errors.push(invalidValue(path, '', onlyOne));
  if (fieldRef) errors.push(...validateFieldRef(fieldRef, `${path}.fieldRef`, fieldPaths));
  if (resourceFieldRef) errors.push(...validateResourceRef(resourceFieldRef, `${path}.resourceFieldRef`));
  for (const [field, reference] of Object.entries({ configMapKeyRef, secretKeyRef })) {
    if (!reference) continue;
    errors.push(...checkRequired(`${path}.${field}.name`, reference.name, dns1123Subdomain));
    errors.push(...checkRequired(`${path}.${field}.key`, reference.key, dataKey));
  }
  return errors;
}

/** One of the paths, or one label or annotation of the pod: `metadata.labels['app']`. */
export function validateFieldRef(
  { apiVersion, fieldPath }: ObjectFieldSelector,
  path: string,
  supported: readonly string[],
): FieldError[] {
  if (!apiVersion) return [required(`${path}.apiVersion`)];
  if (!fieldPath) return [required(`${path}.fieldPath`)];
  if (apiVersion !== 'v1') return [invalidValue(`${path}.fieldPath`, fieldPath, 'error converting fieldPath')];
  const isMapKey = /^metadata\.(labels|annotations)\['[^']+'\]$/.test(fieldPath);
  return isMapKey || supported.includes(fieldPath) ? [] : [notSupported(`${path}.fieldPath`, fieldPath, supported)];
}

export function validateResourceRef({ resource }: ResourceFieldSelector, path: string): FieldError[] {
  if (!resource) return [required(`${path}.resource`)];
  const isKnown = resourceNames.includes(resource) || /^(limits|requests)\.hugepages-./.test(resource);
  return isKnown ? [] : [notSupported(`${path}.resource`, resource, resourceNames)];
}

export const validateEnvFrom = (sources: EnvFromSource[], path: string): FieldError[] =>
  sources.flatMap(({ prefix, configMapRef, secretRef }, i) => {
    const at = `${path}[${i}]`;
    const errors = checkOptional(`${at}.prefix`, prefix, envVarName);
    if (!configMapRef && !secretRef) {
      errors.push(invalidValue(at, '', 'must specify one of: `configMapRef` or `secretRef`'));
    }
    if (configMapRef && secretRef) errors.push(invalidValue(at, '', onlyOne));
    for (const [field, reference] of Object.entries({ configMapRef, secretRef })) {
      if (reference) errors.push(...checkRequired(`${at}.${field}.name`, reference.name, dns1123Subdomain));
    }
    return errors;
  });
