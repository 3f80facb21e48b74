// Rules for a pod's volumes: one source each, and paths that stay inside of the volume. The sources that the kubelet
// here can mount are checked in full, the others only for being the only one.

import { duplicate, type FieldError, forbiddenField, invalidValue, required } from '../../errors.ts';
import { dns1123Label, dns1123Subdomain } from '../../names.ts';
import type { VolumeMount } from '../../schema/container.ts';
import type {
  DownwardAPIVolumeFile,
  HostPathVolumeSource,
  KeyToPath,
  NFSVolumeSource,
  ProjectedVolumeSource,
  Volume,
  VolumeProjection,
} from '../../schema/volume.ts';
import { checkRequired, optionallyOneOf, present, repeats } from '../checks.ts';
import { validateFieldRef, validateResourceRef } from './env.ts';
import { validateQuantity } from './resources.ts';

const hostPathTypes = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];
const downwardPaths = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
];

export function validateVolumes(volumes: Volume[], path: string): FieldError[] {
  const repeated = repeats(volumes.map(({ name }) => name));
  return volumes.flatMap((volume, i) => [
    ...checkRequired(`${path}[${i}].name`, volume.name, dns1123Label),
    ...(repeated.has(i) ? [duplicate(`${path}[${i}].name`, volume.name)] : []),
    ...validateSource(volume, `${path}[${i}]`),
  ]);
}

function validateSource({ name: _, ...sources }: Volume, path: string): FieldError[] {
  const [first, ...more] = Object.keys(sources);
  if (!first) return [required(path, 'must specify a volume type')];
  const errors = more.map((field) => forbiddenField(`${path}.${field}`, 'may not specify more than 1 volume type'));
  const { hostPath, emptyDir, secret, configMap, downwardAPI, projected, persistentVolumeClaim, nfs } = sources;
  if (hostPath) errors.push(...validateHostPath(hostPath, `${path}.hostPath`));
  if (emptyDir?.sizeLimit !== undefined)
    errors.push(...validateQuantity(`${path}.emptyDir.sizeLimit`, emptyDir.sizeLimit));
  if (secret) {
    errors.push(...present(`${path}.secret.secretName`, secret.secretName));
    errors.push(...validateMode(`${path}.secret.defaultMode`, secret.defaultMode));
    errors.push(...validateItems(secret.items, `${path}.secret.items`));
  }
  if (configMap) {
    errors.push(...present(`${path}.configMap.name`, configMap.name ?? ''));
    errors.push(...validateMode(`${path}.configMap.defaultMode`, configMap.defaultMode));
    errors.push(...validateItems(configMap.items, `${path}.configMap.items`));
  }
  if (downwardAPI) {
    errors.push(...validateMode(`${path}.downwardAPI.defaultMode`, downwardAPI.defaultMode));
    errors.push(...validateFiles(downwardAPI.items, `${path}.downwardAPI`));
  }
  if (projected) errors.push(...validateProjected(projected, `${path}.projected`));
  if (persistentVolumeClaim) {
    const { claimName } = persistentVolumeClaim;
    errors.push(...checkRequired(`${path}.persistentVolumeClaim.claimName`, claimName, dns1123Subdomain));
  }
  if (nfs) errors.push(...validateNfs(nfs, `${path}.nfs`));
  return errors;
}

export const validateHostPath = ({ path: place, type }: HostPathVolumeSource, path: string): FieldError[] => [
  ...validatePlace(`${path}.path`, place),
  ...optionallyOneOf(`${path}.type`, type, hostPathTypes),
];
/** A path of the node. */
export const validatePlace = (path: string, place: string): FieldError[] =>
  place ? noBacksteps(path, place) : [required(path)];

export function validateNfs({ server, path: place }: NFSVolumeSource, path: string): FieldError[] {
  const errors = [...present(`${path}.server`, server), ...present(`${path}.path`, place)];
  if (place && !place.startsWith('/')) {
    errors.push(invalidValue(`${path}.path`, place, 'must be an absolute path'));
  }
  return errors;
}

function validateProjected({ sources = [], defaultMode }: ProjectedVolumeSource, path: string): FieldError[] {
  return [
    ...validateMode(`${path}.defaultMode`, defaultMode),
    ...sources.flatMap((source, i) => validateProjection(source, `${path}.sources[${i}]`)),
  ];
}

function validateProjection(source: VolumeProjection, path: string): FieldError[] {
  const errors = Object.keys(source)
    .slice(1)
    .map((field) => forbiddenField(`${path}.${field}`, 'may not specify more than 1 volume type per source'));
  const { secret, configMap, downwardAPI, serviceAccountToken: token } = source;
  for (const [field, projection] of Object.entries({ secret, configMap })) {
    if (!projection) continue;
    errors.push(...present(`${path}.${field}.name`, projection.name ?? ''));
    errors.push(...validateItems(projection.items, `${path}.${field}.items`));
  }
  if (downwardAPI) errors.push(...validateFiles(downwardAPI.items, `${path}.downwardAPI`));
  if (token) {
    const seconds = token.expirationSeconds ?? 0;
    const at = `${path}.serviceAccountToken`;
    if (seconds < 600) {
      errors.push(invalidValue(`${at}.expirationSeconds`, seconds, 'may not specify a duration less than 10 minutes'));
    } else if (seconds > 2 ** 32) {
      errors.push(
        invalidValue(`${at}.expirationSeconds`, seconds, 'may not specify a duration larger than 2^32 seconds'),
      );
    }
    errors.push(...localPath(`${at}.path`, token.path));
  }
  return errors;
}

const validateItems = (items: KeyToPath[] = [], path: string): FieldError[] =>
  items.flatMap(({ key, path: target, mode }, i) => [
    ...present(`${path}[${i}].key`, key),
    ...localPath(`${path}[${i}].path`, target),
    ...validateMode(`${path}[${i}].mode`, mode),
  ]);

const validateFiles = (files: DownwardAPIVolumeFile[] = [], path: string): FieldError[] =>
  files.flatMap(({ path: target, fieldRef, resourceFieldRef, mode }) => {
    const errors = localPath(`${path}.path`, target);
    if (fieldRef) errors.push(...validateFieldRef(fieldRef, `${path}.fieldRef`, downwardPaths));
    if (resourceFieldRef) errors.push(...validateResourceRef(resourceFieldRef, `${path}.resourceFieldRef`));
    if (fieldRef && resourceFieldRef) {
      errors.push(invalidValue(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'));
    }
    if (!fieldRef && !resourceFieldRef) errors.push(required(path, 'one of fieldRef and resourceFieldRef is required'));
    return [...errors, ...validateMode(`${path}.mode`, mode)];
  });

const validateMode = (path: string, mode: number | undefined): FieldError[] =>
  mode === undefined || (mode >= 0 && mode <= 0o777)
    ? []
    : [invalidValue(path, mode, 'must be a number between 0 and 0777 (octal), both inclusive')];

const noBacksteps = (path: string, value: string): FieldError[] =>
  value.split('/').includes('..') ? [invalidValue(path, value, "must not contain '..'")] : [];

/** Relative, and unable to leave its directory. */
export function localPath(path: string, value: string): FieldError[] {
  if (!value) return [required(path)];
  if (value.startsWith('/')) return [invalidValue(path, value, 'must be a relative path')];
  const errors = noBacksteps(path, value);
  if (errors.length === 0 && value.startsWith('..')) errors.push(invalidValue(path, value, "must not start with '..'"));
  return errors;
}

/** A container's mounts: of volumes that the pod has, each at a place of its own. */
export function validateMounts(mounts: VolumeMount[], volumes: ReadonlySet<string>, path: string): FieldError[] {
  const repeated = repeats(mounts.map(({ mountPath }) => mountPath));
  return mounts.flatMap(({ name, mountPath, subPath, subPathExpr, mountPropagation }, i) => {
    const at = `${path}[${i}]`;
    const errors = present(`${at}.name`, name);
    if (name && !volumes.has(name)) errors.push({ type: 'NotFound', field: `${at}.name`, value: name });
    errors.push(...present(`${at}.mountPath`, mountPath));
    if (mountPath && repeated.has(i)) {
      errors.push(invalidValue(`${at}.mountPath`, mountPath, 'must be unique'));
    }
    if (subPath && subPathExpr) {
      errors.push(invalidValue(`${at}.subPathExpr`, subPathExpr, 'subPathExpr and subPath are mutually exclusive'));
    }
    if (subPath) errors.push(...localPath(`${at}.subPath`, subPath));
    if (subPathExpr) errors.push(...localPath(`${at}.subPathExpr`, subPathExpr));
    errors.push(
      ...optionallyOneOf(`${at}.mountPropagation`, mountPropagation, ['Bidirectional', 'HostToContainer', 'None']),
    );
    return errors;
  });
}
