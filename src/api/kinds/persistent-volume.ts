// PersistentVolume: a piece of storage (api.md §9, §13, §18). Sources that need a driver of their own are only checked for
// being the only one.

import { isDeepStrictEqual } from 'node:util';
import { type FieldError, forbiddenField, invalidValue, notSupported, required, tooLong } from '../errors.ts';
import type { Kind } from '../kind.ts';
import { dns1123Label, dns1123Subdomain } from '../names.ts';
import { ref } from '../resources.ts';
import { PersistentVolume, type PersistentVolumeSpec } from '../schema/persistent-volume.ts';
import type { CSIPersistentVolumeSource } from '../schema/persistent-volume-source.ts';
import { timestamp } from '../schema/time.ts';
import { checkOptional, checkRequired, immutableText, optionallyOneOf } from './checks.ts';
import { ageColumn, column, nameColumn, wide } from './columns.ts';
import { validateNodeSelector } from './pod/scheduling.ts';
import { validateHostPath, validateNfs, validatePlace } from './pod/volumes.ts';
import { classCell, modesCell, positiveQuantity, unset, validateAccessModes, volumeModes } from './volume-claims.ts';

/** In the order in which upstream looks: the first that is there is the source, the others are too many. */
const sources = [
  'hostPath',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'glusterfs',
  'flocker',
  'nfs',
  'rbd',
  'quobyte',
  'cephfs',
  'iscsi',
  'cinder',
  'fc',
  'flexVolume',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'scaleIO',
  'local',
  'storageos',
  'csi',
] as const satisfies (keyof PersistentVolumeSpec)[];

function validate({ spec }: PersistentVolume): FieldError[] {
  const { accessModes = [], nodeAffinity, storageClassName, volumeAttributesClassName: attributes } = spec;
  const reclaim = 'spec.persistentVolumeReclaimPolicy';
  const { hostPath, persistentVolumeReclaimPolicy: policy } = spec;
  return [
    ...(accessModes.length === 0 ? [required('spec.accessModes')] : []),
    ...validateAccessModes(accessModes, 'spec.accessModes'),
    ...validateCapacity(spec.capacity ?? {}, 'spec.capacity'),
    ...optionallyOneOf(reclaim, policy, ['Delete', 'Recycle', 'Retain']),
    ...(nodeAffinity && !nodeAffinity.required
      ? [required('spec.nodeAffinity.required', 'must specify required node constraints')]
      : []),
    ...(nodeAffinity?.required ? validateNodeSelector(nodeAffinity.required, 'spec.nodeAffinity.required') : []),
    ...validateSource(spec, 'spec'),
    ...(hostPath && /^\/+$/.test(hostPath.path) && policy === 'Recycle'
      ? [forbiddenField(reclaim, "may not be 'recycle' for a hostPath mount of '/'")]
      : []),
    ...checkOptional('spec.storageClassName', storageClassName, dns1123Subdomain),
    ...optionallyOneOf('spec.volumeMode', spec.volumeMode, volumeModes),
    ...(attributes === '' ? [required('spec.volumeAttributesClassName', 'an empty string is disallowed')] : []),
    ...checkOptional('spec.volumeAttributesClassName', attributes, dns1123Subdomain),
    ...(attributes !== undefined && !spec.csi
      ? [required('spec.csi', 'has to be specified when using volumeAttributesClassName')]
      : []),
  ];
}

function validateCapacity(capacity: Record<string, string>, path: string): FieldError[] {
  const names = Object.keys(capacity);
  return [
    ...(names.length === 0 ? [required(path)] : []),
    ...(names.length === 1 && names[0] === 'storage' ? [] : [notSupported(path, capacity, ['storage'])]),
    ...Object.entries(capacity).flatMap(([name, amount]) => positiveQuantity(`${path}[${name}]`, amount)),
  ];
}

function validateSource(spec: PersistentVolumeSpec, path: string): FieldError[] {
  const [first, ...more] = sources.filter((source) => spec[source] !== undefined);
  if (!first) return [required(path, 'must specify a volume type')];
  const errors = more.map((source) => forbiddenField(`${path}.${source}`, 'may not specify more than 1 volume type'));
  const { hostPath, nfs, local, csi } = spec;
  if (hostPath) errors.push(...validateHostPath(hostPath, `${path}.hostPath`));
  if (nfs) errors.push(...validateNfs(nfs, `${path}.nfs`));
  if (local) {
    errors.push(...validatePlace(`${path}.local.path`, local.path));
    if (!spec.nodeAffinity) errors.push(required(`${path}.nodeAffinity`, 'Local volume requires node affinity'));
  }
  if (csi) errors.push(...validateCsi(csi, `${path}.csi`));
  return errors;
}

const maxDriverLength = 63;
const csiSecrets = [
  'controllerPublishSecretRef',
  'controllerExpandSecretRef',
  'nodePublishSecretRef',
  'nodeExpandSecretRef',
] as const;
function validateCsi(csi: CSIPersistentVolumeSource, path: string): FieldError[] {
  const driver = csi.driver.toLowerCase();
  return [
    ...(driver === '' ? [required(`${path}.driver`)] : []),
    ...(driver.length > maxDriverLength ? [tooLong(`${path}.driver`, maxDriverLength)] : []),
    ...dns1123Subdomain(driver).map((detail) => invalidValue(`${path}.driver`, csi.driver, detail)),
    ...(csi.volumeHandle === '' ? [required(`${path}.volumeHandle`)] : []),
    ...csiSecrets.flatMap((field) => {
      const secret = csi[field];
      if (!secret) return [];
      return [
        ...checkRequired(`${path}.${field}.name`, secret.name, dns1123Subdomain),
        ...checkRequired(`${path}.${field}.namespace`, secret.namespace, dns1123Label),
      ];
    }),
  ];
}

/** Where the data is cannot change. */
function validateUpdate({ spec }: PersistentVolume, { spec: old }: PersistentVolume): FieldError[] {
  const source = (from: PersistentVolumeSpec) => sources.map((name) => from[name]);
  const mayGetSecret = old.csi && !old.csi.controllerExpandSecretRef && spec.csi;
  const now = mayGetSecret ? { ...spec, csi: withoutExpandSecret(spec.csi) } : spec;
  const errors: FieldError[] = [];
  if (!isDeepStrictEqual(source(now), source(old))) {
    const detail = 'spec.persistentvolumesource is immutable after creation';
    errors.push(forbiddenField('spec.persistentvolumesource', detail));
  }
  if (spec.volumeMode !== old.volumeMode) errors.push(invalidValue('volumeMode', spec.volumeMode, immutableText));
  if (old.nodeAffinity && !isDeepStrictEqual(spec.nodeAffinity, old.nodeAffinity)) {
    const detail = `${immutableText}, except for updating from beta label to GA`;
    errors.push(invalidValue('nodeAffinity', spec.nodeAffinity, detail));
  }
  if (old.volumeAttributesClassName !== undefined && spec.volumeAttributesClassName === undefined) {
    errors.push(forbiddenField('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden'));
  }
  return errors;
}

function withoutExpandSecret(csi: CSIPersistentVolumeSource | undefined): CSIPersistentVolumeSource | undefined {
  if (!csi) return undefined;
  const { controllerExpandSecretRef: _, ...rest } = csi;
  return rest;
}

const claimCell = ({ spec: { claimRef } }: PersistentVolume): string =>
  claimRef ? `${claimRef.namespace ?? ''}/${claimRef.name ?? ''}` : '';

export const persistentVolumeKind: Kind<PersistentVolume> = {
  ...ref<PersistentVolume>('v1', 'persistentvolumes', 'PersistentVolume', false),
  singular: 'persistentvolume',
  shortNames: ['pv'],
  schema: PersistentVolume,
  prepareForCreate: (volume) => {
    volume.status = { phase: 'Pending', lastPhaseTransitionTime: volume.metadata.creationTimestamp };
  },
  prepareForStatusUpdate: ({ status = {} }, { status: old = {} }, now) => {
    const isToldWhen = status.lastPhaseTransitionTime !== old.lastPhaseTransitionTime;
    if (status.phase !== old.phase && !isToldWhen) status.lastPhaseTransitionTime = timestamp(now);
  },
  setDefaults: (volume) => {
    volume.spec ??= {};
    volume.spec.persistentVolumeReclaimPolicy ||= 'Retain';
    volume.spec.volumeMode ??= 'Filesystem';
    if (volume.spec.hostPath) volume.spec.hostPath.type ??= '';
  },
  validate,
  validateUpdate,
  nameFormat: 'dns1123Subdomain',
  columns: [
    nameColumn,
    column('Capacity', 'How large it is', ({ spec }) => spec.capacity?.storage ?? '0'),
    column('Access Modes', 'How it can be used', ({ spec }) => modesCell(spec.accessModes)),
    column(
      'Reclaim Policy',
      'What becomes of it without its claim',
      ({ spec }) => spec.persistentVolumeReclaimPolicy ?? '',
    ),
    column('Status', 'Whether it is in use', ({ metadata, status }) =>
      metadata.deletionTimestamp ? 'Terminating' : (status?.phase ?? ''),
    ),
    column('Claim', 'The claim that has it', claimCell),
    column('StorageClass', 'Its class', (volume) => classCell(volume, volume.spec.storageClassName)),
    column('VolumeAttributesClass', 'Its class of attributes', ({ spec }) => spec.volumeAttributesClassName ?? unset),
    column('Reason', 'Why it has this status, in one word', ({ status }) => status?.reason ?? ''),
    ageColumn,
    wide('VolumeMode', 'Filesystem or Block', ({ spec }) => spec.volumeMode ?? unset),
  ],
  hasStatus: true,
  deleteReturnsObject: true,
};
