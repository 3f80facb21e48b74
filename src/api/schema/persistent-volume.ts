// persistent volume: wire types (api.md §4, §10.2).

import { type Infer, inline, list, map, message, optional, pointer, quantity, required, string, time } from './dsl.ts';
import { objectFields } from './meta.ts';
import { PersistentVolumeSource } from './persistent-volume-source.ts';
import { NodeSelector, ObjectReference } from './selector.ts';

export const VolumeNodeAffinity = message('core.v1.VolumeNodeAffinity', 'Nodes from which a volume can be reached.', {
  required: pointer(1, NodeSelector, { doc: 'What nodes must be like.' }),
});
export type VolumeNodeAffinity = Infer<typeof VolumeNodeAffinity>;

export const PersistentVolumeSpec = message(
  'core.v1.PersistentVolumeSpec',
  'What a volume is and how it may be used.',
  {
    capacity: optional(1, map(quantity), { doc: 'How large it is: storage.' }),
    accessModes: optional(3, list(string), {
      doc: 'How it can be used: ReadWriteOnce, ReadOnlyMany, ReadWriteMany or ReadWriteOncePod.',
    }),
    claimRef: pointer(4, ObjectReference, { doc: 'The claim that has it.', mapType: 'granular' }),
    persistentVolumeReclaimPolicy: optional(5, string, {
      doc: 'What becomes of it when its claim is gone: Retain (default), Delete or Recycle.',
    }),
    storageClassName: optional(6, string, { doc: 'Name of its StorageClass; empty for none.' }),
    mountOptions: optional(7, list(string), { doc: 'Options to mount it with.' }),
    volumeMode: pointer(8, string, { doc: 'Filesystem (default) or Block.' }),
    nodeAffinity: pointer(9, VolumeNodeAffinity, { doc: 'Nodes from which it can be reached.' }),
    volumeAttributesClassName: pointer(10, string, { doc: 'Class of attributes that it has.' }),
  },
  [inline(2, PersistentVolumeSource)],
);
export type PersistentVolumeSpec = Infer<typeof PersistentVolumeSpec>;

export const PersistentVolumeStatus = message('core.v1.PersistentVolumeStatus', 'Whether a volume is in use.', {
  phase: optional(1, string, { doc: 'Pending, Available, Bound, Released or Failed.' }),
  message: optional(2, string, { doc: 'Why, for people.' }),
  reason: optional(3, string, { doc: 'Why, in one word for programs.' }),
  lastPhaseTransitionTime: pointer(4, time, { doc: 'When phase last changed.' }),
});
export type PersistentVolumeStatus = Infer<typeof PersistentVolumeStatus>;

export const PersistentVolume = message('core.v1.PersistentVolume', 'A piece of storage that outlives pods.', {
  ...objectFields,
  spec: required(2, PersistentVolumeSpec, { doc: 'What is wanted.' }),
  status: optional(3, PersistentVolumeStatus, { doc: 'What there is.' }),
});
export type PersistentVolume = Infer<typeof PersistentVolume>;
