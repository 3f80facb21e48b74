// PersistentVolumeClaim: a pod's claim to a volume that outlives it (api.md §9, §13, §18). Once made it hardly changes, so
// that nobody gets more than was granted.

import { isDeepStrictEqual } from 'node:util';
import { type FieldError, forbiddenField, invalidValue, notSupported, required } from '../errors.ts';
import type { Kind } from '../kind.ts';
import { dns1123Label, dns1123Subdomain, qualifiedName } from '../names.ts';
import { ref } from '../resources.ts';
import {
  PersistentVolumeClaim,
  type PersistentVolumeClaimSpec,
  type TypedObjectReference,
} from '../schema/persistent-volume-claim.ts';
import { parseQuantity } from '../schema/quantity.ts';
import { check, checkOptional, immutableText, optionallyOneOf, present } from './checks.ts';
import { ageColumn, column, nameColumn, wide } from './columns.ts';
import { validateLabelSelector } from './metadata.ts';
import { validateQuantity } from './pod/resources.ts';
import {
  classAnnotation,
  classCell,
  modesCell,
  positiveQuantity,
  unset,
  validateAccessModes,
  volumeModes,
} from './volume-claims.ts';

function setDefaults(claim: PersistentVolumeClaim): void {
  claim.spec ??= {};
  claim.spec.volumeMode ??= 'Filesystem';
  claim.spec.resources ??= {};
  claim.status ??= {};
  claim.status.phase ||= 'Pending';
}

/** The two fields for what a volume is copied from say the same, where both can. */
function mirrorSource(spec: PersistentVolumeClaimSpec): void {
  const { dataSource: local, dataSourceRef: any } = spec;
  const isOld = local && (isClaim(local) || (local.apiGroup === snapshots && local.kind === 'VolumeSnapshot'));
  if (local && !isOld) delete spec.dataSource;
  if (spec.dataSource && !any) spec.dataSourceRef = { ...spec.dataSource };
  else if (any && !local && !any.namespace) spec.dataSource = { ...any };
}
const snapshots = 'snapshot.storage.k8s.io';
const isClaim = ({ apiGroup, kind }: TypedObjectReference): boolean => !apiGroup && kind === 'PersistentVolumeClaim';

const validate = ({ spec }: PersistentVolumeClaim): FieldError[] => validateClaimSpec(spec, 'spec');

function validateClaimSpec(spec: PersistentVolumeClaimSpec, path: string): FieldError[] {
  const { accessModes = [], selector, dataSource, dataSourceRef, volumeAttributesClassName: attributes } = spec;
  const storage = spec.resources?.requests?.storage;
  const at = `${path}.resources[storage]`;
  return [
    ...(accessModes.length === 0 ? [required(`${path}.accessModes`, 'at least 1 access mode is required')] : []),
    ...(selector ? validateLabelSelector(`${path}.selector`, selector) : []),
    ...validateAccessModes(accessModes, `${path}.accessModes`),
    ...(storage === undefined ? [required(at)] : positiveQuantity(at, storage)),
    ...checkOptional(`${path}.storageClassName`, spec.storageClassName, dns1123Subdomain),
    ...optionallyOneOf(`${path}.volumeMode`, spec.volumeMode, volumeModes),
    ...(dataSource ? validateSource(dataSource, `${path}.dataSource`) : []),
    ...(dataSourceRef ? validateSource(dataSourceRef, `${path}.dataSourceRef`) : []),
    ...validateAgreement(spec, path),
    ...checkOptional(`${path}.volumeAttributesClassName`, attributes, dns1123Subdomain),
  ];
}

function validateSource(source: TypedObjectReference, path: string): FieldError[] {
  const { apiGroup, kind, name, namespace } = source;
  return [
    ...present(`${path}.name`, name),
    ...present(`${path}.kind`, kind),
    ...(apiGroup || kind === 'PersistentVolumeClaim'
      ? []
      : [invalidValue(path, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup")]),
    ...checkOptional(`${path}.apiGroup`, apiGroup, dns1123Subdomain),
    ...checkOptional(`${path}.namespace`, namespace, dns1123Label),
  ];
}

function validateAgreement({ dataSource, dataSourceRef }: PersistentVolumeClaimSpec, path: string): FieldError[] {
  if (!dataSource || !dataSourceRef) return [];
  const { namespace, ...rest } = dataSourceRef;
  const wrong = (detail: string) => [invalidValue(path, `${path}.dataSource`, detail)];
  if (namespace) return wrong('may not be specified when dataSourceRef.namespace is specified');
  return isDeepStrictEqual(dataSource, rest) ? [] : wrong('must match dataSourceRef');
}

/** Bound claims may ask for more, and for other attributes; a volume and a class can be named once. */
function validateUpdate(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  const [spec, before] = [claim.spec, old.spec];
  const isBound = claim.status?.phase === 'Bound';
  const errors: FieldError[] = [];
  const [annotation, oldAnnotation] = [claim, old].map(({ metadata }) => metadata.annotations?.[classAnnotation]);
  const takesClass = before.storageClassName === undefined && spec.storageClassName !== undefined;
  const fits = oldAnnotation === undefined || spec.storageClassName === oldAnnotation;
  if (annotation !== oldAnnotation && !(takesClass && annotation === undefined && fits)) {
    errors.push(invalidValue(`metadata.annotations[${classAnnotation}]`, annotation ?? '', immutableText));
  }
  const settled = (one: PersistentVolumeClaimSpec) => ({
    ...one,
    volumeAttributesClassName: undefined,
    volumeName: before.volumeName ? one.volumeName : undefined,
    storageClassName: takesClass && fits ? undefined : one.storageClassName,
    resources: isBound ? { ...one.resources, requests: { ...one.resources?.requests, storage: '' } } : one.resources,
  });
  if (!isDeepStrictEqual(settled(spec), settled(before))) {
    const detail =
      'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
    errors.push(forbiddenField('spec', detail));
  }
  errors.push(...validateShrinking(claim, old));
  if (spec.volumeMode !== before.volumeMode) errors.push(invalidValue('volumeMode', spec.volumeMode, immutableText));
  return [...errors, ...validateAttributes(spec.volumeAttributesClassName, before.volumeAttributesClassName)];
}

/** A wish for more can be taken back, down to what there is already. */
function validateShrinking(claim: PersistentVolumeClaim, { spec: old, status }: PersistentVolumeClaim): FieldError[] {
  const nanos = (amount: string | undefined) => parseQuantity(amount ?? '0').nanos;
  const [size, oldSize] = [claim.spec, old].map(({ resources }) => nanos(resources?.requests?.storage));
  if (size === undefined || oldSize === undefined || size >= oldSize || size > nanos(status?.capacity?.storage)) {
    return [];
  }
  return [forbiddenField('spec.resources.requests.storage', 'field can not be less than status.capacity')];
}

function validateAttributes(name: string | undefined, old: string | undefined): FieldError[] {
  const path = 'spec.volumeAttributesClassName';
  if (old === undefined || name) return [];
  const to = name === undefined ? 'nil' : 'an empty string';
  return [forbiddenField(path, `update from non-nil value to ${to} is forbidden`)];
}

const resizeStates = [
  'ControllerResizeInProgress',
  'ControllerResizeInfeasible',
  'NodeResizePending',
  'NodeResizeInProgress',
  'NodeResizeInfeasible',
];
function validateStatusUpdate({ status = {} }: PersistentVolumeClaim): FieldError[] {
  const validateName = (path: string, name: string) => {
    const errors = check(path, name, qualifiedName);
    const isNative = !name.includes('/') || name.includes('kubernetes.io/');
    return errors.length === 0 && isNative && name !== 'storage' ? [notSupported(path, name, ['storage'])] : errors;
  };
  const { capacity = {}, allocatedResources = {}, allocatedResourceStatuses = {} } = status;
  return [
    ...Object.entries(capacity).flatMap(([name, amount]) => validateQuantity(`status.capacity[${name}]`, amount)),
    ...Object.entries(allocatedResourceStatuses).flatMap(([name, state]) => [
      ...validateName('status.allocatedResourceStatus', name),
      ...(resizeStates.includes(state) ? [] : [notSupported('status.allocatedResourceStatus', name, resizeStates)]),
    ]),
    ...Object.entries(allocatedResources).flatMap(([name, amount]) => [
      ...validateName('status.allocatedResources', name),
      ...validateQuantity(`status.allocatedResources[${name}]`, amount),
    ]),
  ];
}

const whenBound = ({ spec, status }: PersistentVolumeClaim) => (spec.volumeName ? status : undefined);

export const persistentVolumeClaimKind: Kind<PersistentVolumeClaim> = {
  ...ref<PersistentVolumeClaim>('v1', 'persistentvolumeclaims', 'PersistentVolumeClaim'),
  singular: 'persistentvolumeclaim',
  shortNames: ['pvc'],
  schema: PersistentVolumeClaim,
  prepareForCreate: (claim) => {
    claim.status = { phase: 'Pending' };
    if (claim.spec) mirrorSource(claim.spec);
  },
  setDefaults,
  validate,
  validateUpdate,
  validateStatusUpdate,
  nameFormat: 'dns1123Subdomain',
  columns: [
    nameColumn,
    column('Status', 'Whether it has a volume', ({ metadata, status }) =>
      metadata.deletionTimestamp ? 'Terminating' : (status?.phase ?? ''),
    ),
    column('Volume', 'The volume that it has', ({ spec }) => spec.volumeName ?? ''),
    column('Capacity', 'How large its volume is', (claim) => whenBound(claim)?.capacity?.storage ?? ''),
    column('Access Modes', 'How its volume can be used', (claim) => modesCell(whenBound(claim)?.accessModes)),
    column('StorageClass', 'Its class', (claim) => classCell(claim, claim.spec.storageClassName)),
    column('VolumeAttributesClass', 'Its class of attributes', ({ spec }) => spec.volumeAttributesClassName ?? unset),
    ageColumn,
    wide('VolumeMode', 'Filesystem or Block', ({ spec }) => spec.volumeMode ?? unset),
  ],
  hasStatus: true,
  deleteReturnsObject: true,
};
