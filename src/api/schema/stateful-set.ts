// stateful set: wire types (api.md §4, §10.2).

import {
  type Infer,
  int32,
  int64,
  intOrString,
  list,
  message,
  optional,
  pointer,
  required,
  string,
  time,
} from './dsl.ts';
import { LabelSelector, objectFields } from './meta.ts';
import { PersistentVolumeClaim } from './persistent-volume-claim.ts';
import { PodTemplateSpec } from './pod.ts';

export const RollingUpdateStatefulSetStrategy = message(
  'apps.v1.RollingUpdateStatefulSetStrategy',
  'Which pods are updated, and how many at a time.',
  {
    partition: pointer(1, int32, { doc: 'Only pods of this ordinal and above get the new template. Default 0.' }),
    maxUnavailable: pointer(2, intOrString, {
      doc: 'How many pods may be missing meanwhile: a number, or a percentage rounded up. Default 1.',
    }),
  },
);
export type RollingUpdateStatefulSetStrategy = Infer<typeof RollingUpdateStatefulSetStrategy>;

export const StatefulSetUpdateStrategy = message(
  'apps.v1.StatefulSetUpdateStrategy',
  'How pods of an old template are replaced by new ones.',
  {
    type: optional(1, string, {
      doc: 'RollingUpdate (default): one after the other, from the last; OnDelete: when somebody deletes them.',
    }),
    rollingUpdate: pointer(2, RollingUpdateStatefulSetStrategy, { doc: 'Settings of RollingUpdate.' }),
  },
);
export type StatefulSetUpdateStrategy = Infer<typeof StatefulSetUpdateStrategy>;

export const StatefulSetPersistentVolumeClaimRetentionPolicy = message(
  'apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy',
  'What becomes of the claims that were made for pods.',
  {
    whenDeleted: optional(1, string, { doc: 'When the StatefulSet is deleted: Retain (default) or Delete.' }),
    whenScaled: optional(2, string, {
      doc: 'When their pod goes because replicas became smaller: Retain (default) or Delete.',
    }),
  },
);
export type StatefulSetPersistentVolumeClaimRetentionPolicy = Infer<
  typeof StatefulSetPersistentVolumeClaimRetentionPolicy
>;

export const StatefulSetOrdinals = message('apps.v1.StatefulSetOrdinals', 'How pods are numbered.', {
  start: required(1, int32, { doc: 'Number of the first pod. Default 0.' }),
});
export type StatefulSetOrdinals = Infer<typeof StatefulSetOrdinals>;

export const StatefulSetSpec = message(
  'apps.v1.StatefulSetSpec',
  'How many pods of which template, under which names, with which claims of their own.',
  {
    replicas: pointer(1, int32, { doc: 'How many pods. Default 1.' }),
    selector: pointer(2, LabelSelector, {
      doc: 'Labels of the pods that belong to it. Must match the template, and cannot be changed.',
    }),
    template: required(3, PodTemplateSpec, {
      doc: "What a pod is made from. Each gets a name of its own, the set's and a number.",
    }),
    volumeClaimTemplates: optional(4, list(PersistentVolumeClaim), {
      doc: 'Claims that are made for each pod, and that its successor of the same name finds again.',
    }),
    serviceName: required(5, string, { doc: 'Headless Service that gives each pod a DNS name.', omittable: true }),
    podManagementPolicy: optional(6, string, {
      doc: 'OrderedReady (default): one pod after the other, each when the one before is ready; Parallel: all at once.',
    }),
    updateStrategy: optional(7, StatefulSetUpdateStrategy, { doc: 'How pods are replaced when the template changes.' }),
    revisionHistoryLimit: pointer(8, int32, { doc: 'How many old revisions of the template to keep. Default 10.' }),
    minReadySeconds: optional(9, int32, {
      doc: 'Seconds for which a new pod must be ready before it counts as available. Default 0.',
    }),
    persistentVolumeClaimRetentionPolicy: pointer(10, StatefulSetPersistentVolumeClaimRetentionPolicy, {
      doc: 'What becomes of claims that no pod needs any more. Default: they stay.',
    }),
    ordinals: pointer(11, StatefulSetOrdinals, { doc: 'How pods are numbered. Default: from 0.' }),
  },
);
export type StatefulSetSpec = Infer<typeof StatefulSetSpec>;

export const StatefulSetCondition = message('apps.v1.StatefulSetCondition', "One aspect of a StatefulSet's state.", {
  type: required(1, string, { doc: 'Name of the aspect.' }),
  status: required(2, string, { doc: 'True, False or Unknown.' }),
  lastTransitionTime: optional(3, time, { doc: 'When status last changed.' }),
  reason: optional(4, string, { doc: 'Why, in one word for programs.' }),
  message: optional(5, string, { doc: 'Why, for people.' }),
});
export type StatefulSetCondition = Infer<typeof StatefulSetCondition>;

export const StatefulSetStatus = message('apps.v1.StatefulSetStatus', 'What there is of a StatefulSet.', {
  observedGeneration: optional(1, int64, { doc: 'metadata.generation that the controller has seen.' }),
  replicas: required(2, int32, { doc: 'Pods there are.' }),
  readyReplicas: optional(3, int32, { doc: 'Pods that are ready.' }),
  currentReplicas: optional(4, int32, { doc: 'Pods of currentRevision.' }),
  updatedReplicas: optional(5, int32, { doc: 'Pods of updateRevision.' }),
  currentRevision: optional(6, string, { doc: 'Revision of the template that pods had before the update.' }),
  updateRevision: optional(7, string, { doc: 'Revision of the template that pods are to have.' }),
  collisionCount: pointer(9, int32, { doc: 'How often the name of a new revision was taken already.' }),
  conditions: optional(10, list(StatefulSetCondition), {
    doc: 'Aspects of its state.',
    merge: true,
    mergeKey: 'type',
    listType: 'map',
    listMapKeys: ['type'],
  }),
  availableReplicas: required(11, int32, { doc: 'Pods that have been ready for minReadySeconds.' }),
});
export type StatefulSetStatus = Infer<typeof StatefulSetStatus>;

export const StatefulSet = message(
  'apps.v1.StatefulSet',
  'Pods with names and volumes that last: web-0, web-1 and so on.',
  {
    ...objectFields,
    spec: required(2, StatefulSetSpec, { doc: 'What is wanted.' }),
    status: optional(3, StatefulSetStatus, { doc: 'What there is.' }),
  },
);
export type StatefulSet = Infer<typeof StatefulSet>;
