// meta: wire types (api.md §4, §10.2).

import {
  bool,
  fieldsV1,
  type Infer,
  int32,
  int64,
  list,
  map,
  message,
  optional,
  pointer,
  required,
  string,
  time,
} from './dsl.ts';

export const Preconditions = message('meta.v1.Preconditions', '', {
  uid: pointer(1, string),
  resourceVersion: pointer(2, string),
});
export type Preconditions = Infer<typeof Preconditions>;

export const DeleteOptions = message('meta.v1.DeleteOptions', '', {
  apiVersion: optional(0, string),
  kind: optional(0, string),
  gracePeriodSeconds: pointer(1, int64),
  preconditions: pointer(2, Preconditions),
  orphanDependents: pointer(3, bool),
  propagationPolicy: pointer(4, string),
  dryRun: optional(5, list(string)),
  ignoreStoreReadErrorWithClusterBreakingPotential: pointer(6, bool),
});
export type DeleteOptions = Infer<typeof DeleteOptions>;

export const ListMeta = message('meta.v1.ListMeta', '', {
  selfLink: optional(1, string),
  resourceVersion: optional(2, string),
  continue: optional(3, string),
  remainingItemCount: pointer(4, int64),
});
export type ListMeta = Infer<typeof ListMeta>;

export const StatusCause = message('meta.v1.StatusCause', '', {
  reason: optional(1, string),
  message: optional(2, string),
  field: optional(3, string),
});
export type StatusCause = Infer<typeof StatusCause>;

export const StatusDetails = message('meta.v1.StatusDetails', '', {
  name: optional(1, string),
  group: optional(2, string),
  kind: optional(3, string),
  uid: optional(6, string),
  causes: optional(4, list(StatusCause)),
  retryAfterSeconds: optional(5, int32),
});
export type StatusDetails = Infer<typeof StatusDetails>;

export const Status = message('meta.v1.Status', '', {
  apiVersion: optional(0, string),
  kind: optional(0, string),
  metadata: required(1, ListMeta),
  status: optional(2, string),
  message: optional(3, string),
  reason: optional(4, string),
  details: pointer(5, StatusDetails),
  code: optional(6, int32),
});
export type Status = Infer<typeof Status>;

export const OwnerReference = message('meta.v1.OwnerReference', '', {
  apiVersion: required(5, string),
  kind: required(1, string),
  name: required(3, string),
  uid: required(4, string),
  controller: pointer(6, bool),
  blockOwnerDeletion: pointer(7, bool),
});
export type OwnerReference = Infer<typeof OwnerReference>;

export const ManagedFieldsEntry = message('meta.v1.ManagedFieldsEntry', '', {
  manager: optional(1, string),
  operation: optional(2, string),
  apiVersion: optional(3, string),
  time: pointer(4, time),
  fieldsType: optional(6, string),
  fieldsV1: pointer(7, fieldsV1),
  subresource: optional(8, string),
});
export type ManagedFieldsEntry = Infer<typeof ManagedFieldsEntry>;

export const ObjectMeta = message('meta.v1.ObjectMeta', '', {
  name: optional(1, string),
  generateName: optional(2, string),
  namespace: optional(3, string),
  selfLink: optional(4, string),
  uid: optional(5, string),
  resourceVersion: optional(6, string),
  generation: optional(7, int64),
  creationTimestamp: optional(8, time),
  deletionTimestamp: pointer(9, time),
  deletionGracePeriodSeconds: pointer(10, int64),
  labels: optional(11, map(string)),
  annotations: optional(12, map(string)),
  ownerReferences: optional(13, list(OwnerReference), {
    merge: true,
    mergeKey: 'uid',
    listType: 'map',
    listMapKeys: ['uid'],
  }),
  finalizers: optional(14, list(string), { merge: true, listType: 'set' }),
  managedFields: optional(17, list(ManagedFieldsEntry)),
});
export type ObjectMeta = Infer<typeof ObjectMeta>;

export const LabelSelectorRequirement = message('meta.v1.LabelSelectorRequirement', '', {
  key: required(1, string),
  operator: required(2, string),
  values: optional(3, list(string)),
});
export type LabelSelectorRequirement = Infer<typeof LabelSelectorRequirement>;

export const LabelSelector = message('meta.v1.LabelSelector', '', {
  matchLabels: optional(1, map(string)),
  matchExpressions: optional(2, list(LabelSelectorRequirement)),
});
export type LabelSelector = Infer<typeof LabelSelector>;

export const Condition = message('meta.v1.Condition', '', {
  type: required(1, string),
  status: required(2, string),
  observedGeneration: optional(3, int64),
  lastTransitionTime: required(4, time),
  reason: required(5, string),
  message: required(6, string),
});
export type Condition = Infer<typeof Condition>;
