// persistent volume claim: wire types (api.md §4, §10.2).

import { atomic, type Infer, list, map, message, optional, pointer, quantity, required, string, time } from './dsl.ts';
import { LabelSelector, objectFields } from './meta.ts';

export const VolumeResourceRequirements = message(
  'core.v1.VolumeResourceRequirements',
  'How much a volume has to hold.',
  {
    limits: optional(1, map(quantity), { doc: 'At most, by resource.' }),
    requests: optional(2, map(quantity), { doc: 'At least, by resource: storage.' }),
  },
);
export type VolumeResourceRequirements = Infer<typeof VolumeResourceRequirements>;

export const TypedLocalObjectReference = atomic(
  message('core.v1.TypedLocalObjectReference', 'An object of the same namespace.', {
    apiGroup: pointer(1, string, { doc: 'Its group; the core group when not given.' }),
    kind: required(2, string, { doc: 'Its kind.' }),
    name: required(3, string, { doc: 'Its name.' }),
  }),
);
export type TypedLocalObjectReference = Infer<typeof TypedLocalObjectReference>;

export const TypedObjectReference = message('core.v1.TypedObjectReference', 'An object, maybe of another namespace.', {
  apiGroup: pointer(1, string, { doc: 'Its group; the core group when not given.' }),
  kind: required(2, string, { doc: 'Its kind.' }),
  name: required(3, string, { doc: 'Its name.' }),
  namespace: pointer(4, string, { doc: 'Its namespace; the same one when not given.' }),
});
export type TypedObjectReference = Infer<typeof TypedObjectReference>;

export const PersistentVolumeClaimSpec = message('core.v1.PersistentVolumeClaimSpec', 'What a volume must be like.', {
  accessModes: optional(1, list(string), {
    doc: 'How it is to be used: ReadWriteOnce, ReadOnlyMany, ReadWriteMany or ReadWriteOncePod.',
  }),
  selector: pointer(4, LabelSelector, { doc: 'Labels of volumes that may be taken.' }),
  resources: optional(2, VolumeResourceRequirements, { doc: 'How large it has to be.' }),
  volumeName: optional(3, string, { doc: 'Name of the PersistentVolume that was chosen.' }),
  storageClassName: pointer(5, string, {
    doc: 'Name of the StorageClass. Default: the default class; empty for volumes without a class.',
  }),
  volumeMode: pointer(6, string, { doc: 'Filesystem (default) or Block.' }),
  dataSource: pointer(7, TypedLocalObjectReference, {
    doc: 'What the volume starts as a copy of: a snapshot or another claim.',
  }),
  dataSourceRef: pointer(8, TypedObjectReference, {
    doc: 'The same, for more kinds of object, in other namespaces too.',
  }),
  volumeAttributesClassName: pointer(9, string, { doc: 'Name of the class of attributes that the volume is to have.' }),
});
export type PersistentVolumeClaimSpec = Infer<typeof PersistentVolumeClaimSpec>;

export const PersistentVolumeClaimCondition = message(
  'core.v1.PersistentVolumeClaimCondition',
  "One aspect of a claim's state.",
  {
    type: required(1, string, { doc: 'Resizing, FileSystemResizePending and others.' }),
    status: required(2, string, { doc: 'True, False or Unknown.' }),
    lastProbeTime: optional(3, time, { doc: 'When the condition was last looked at.' }),
    lastTransitionTime: optional(4, time, { doc: 'When status last changed.' }),
    reason: optional(5, string, { doc: 'Why, in one word for programs.' }),
    message: optional(6, string, { doc: 'Why, for people.' }),
  },
);
export type PersistentVolumeClaimCondition = Infer<typeof PersistentVolumeClaimCondition>;

export const ModifyVolumeStatus = message('core.v1.ModifyVolumeStatus', 'A change of attributes under way.', {
  targetVolumeAttributesClassName: optional(1, string, { doc: 'Class that the volume is to have.' }),
  status: required(2, string, { doc: 'Pending, InProgress or Infeasible.' }),
});
export type ModifyVolumeStatus = Infer<typeof ModifyVolumeStatus>;

export const PersistentVolumeClaimStatus = message('core.v1.PersistentVolumeClaimStatus', 'What a claim has got.', {
  phase: optional(1, string, { doc: 'Pending, Bound, or Lost when its volume is gone.' }),
  accessModes: optional(2, list(string), { doc: 'How its volume can be used.' }),
  capacity: optional(3, map(quantity), { doc: 'How large its volume is.' }),
  conditions: optional(4, list(PersistentVolumeClaimCondition), {
    doc: 'Aspects of its state.',
    merge: true,
    mergeKey: 'type',
    listType: 'map',
    listMapKeys: ['type'],
  }),
  allocatedResources: optional(5, map(quantity), { doc: 'How large the volume is becoming.' }),
  allocatedResourceStatuses: optional(7, map(string), {
    doc: 'How far a change of size is, by resource.',
    mapType: 'granular',
  }),
  currentVolumeAttributesClassName: pointer(8, string, { doc: 'Class of attributes that the volume has.' }),
  modifyVolumeStatus: pointer(9, ModifyVolumeStatus, { doc: 'The change of attributes under way, if any.' }),
});
export type PersistentVolumeClaimStatus = Infer<typeof PersistentVolumeClaimStatus>;

export const PersistentVolumeClaim = message(
  'core.v1.PersistentVolumeClaim',
  "A pod's claim to a volume that outlives it.",
  {
    ...objectFields,
    spec: required(2, PersistentVolumeClaimSpec, { doc: 'What is wanted.' }),
    status: optional(3, PersistentVolumeClaimStatus, { doc: 'What there is.' }),
  },
);
export type PersistentVolumeClaim = Infer<typeof PersistentVolumeClaim>;
