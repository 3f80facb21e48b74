// meta: wire types (api.md §4, §10.2).

import {
  atomic,
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

export const Preconditions = message('meta.v1.Preconditions', 'What must hold for an object to be deleted.', {
  uid: pointer(1, string, { doc: 'Its uid.' }),
  resourceVersion: pointer(2, string, { doc: 'Its resourceVersion.' }),
});
export type Preconditions = Infer<typeof Preconditions>;

export const DeleteOptions = message('meta.v1.DeleteOptions', 'How an object is to be deleted.', {
  apiVersion: optional(0, string, { doc: 'Group and version of the options.' }),
  kind: optional(0, string, { doc: 'Always DeleteOptions.' }),
  gracePeriodSeconds: pointer(1, int64, { doc: 'Seconds the object gets to end; 0 deletes at once.' }),
  preconditions: pointer(2, Preconditions, { doc: 'Delete only if these hold.' }),
  orphanDependents: pointer(3, bool, { doc: 'Old form of propagationPolicy.' }),
  propagationPolicy: pointer(4, string, { doc: 'What becomes of dependents: Orphan, Background or Foreground.' }),
  dryRun: optional(5, list(string), { doc: 'All: answer as if the object had been deleted, and keep it.' }),
  ignoreStoreReadErrorWithClusterBreakingPotential: pointer(6, bool, {
    doc: 'Whether to delete even what the store cannot read any more.',
  }),
});
export type DeleteOptions = Infer<typeof DeleteOptions>;

export const ListMeta = message('meta.v1.ListMeta', 'About a list: its revision, and where it goes on.', {
  selfLink: optional(1, string, { doc: 'Always empty; kept for old clients.' }),
  resourceVersion: optional(2, string, {
    doc: 'Revision of the store that the list shows. A watch can go on from it.',
  }),
  continue: optional(3, string, { doc: 'Not empty when there is more: send it along to get the rest.' }),
  remainingItemCount: pointer(4, int64, { doc: 'How many objects are still to come, where that is known.' }),
});
export type ListMeta = Infer<typeof ListMeta>;

export const StatusCause = message('meta.v1.StatusCause', 'One thing that was wrong.', {
  reason: optional(1, string, { doc: 'In one word, for programs.' }),
  message: optional(2, string, { doc: 'For people.' }),
  field: optional(3, string, { doc: 'Path of the field concerned, such as spec.ports[0].port.' }),
});
export type StatusCause = Infer<typeof StatusCause>;

export const StatusDetails = message('meta.v1.StatusDetails', 'More on a failure.', {
  name: optional(1, string, { doc: 'Name of the object concerned.' }),
  group: optional(2, string, { doc: 'Its group.' }),
  kind: optional(3, string, { doc: 'Its kind or resource.' }),
  uid: optional(6, string, { doc: 'Its uid.' }),
  causes: optional(4, list(StatusCause), { doc: 'All that was wrong, one by one.' }),
  retryAfterSeconds: optional(5, int32, { doc: 'Seconds to wait before trying again.' }),
});
export type StatusDetails = Infer<typeof StatusDetails>;

export const Status = message('meta.v1.Status', 'The outcome of a request that does not answer with an object.', {
  apiVersion: optional(0, string, { doc: 'Always v1.' }),
  kind: optional(0, string, { doc: 'Always Status.' }),
  metadata: required(1, ListMeta, { doc: 'Empty.' }),
  status: optional(2, string, { doc: 'Success or Failure.' }),
  message: optional(3, string, { doc: 'What went wrong, for people.' }),
  reason: optional(4, string, { doc: 'What went wrong, in one word for programs.' }),
  details: pointer(5, StatusDetails, { doc: 'More on what went wrong.' }),
  code: optional(6, int32, { doc: 'The HTTP status.' }),
});
export type Status = Infer<typeof Status>;

export const OwnerReference = atomic(
  message(
    'meta.v1.OwnerReference',
    'Points to an object that owns this one. Both are in the same namespace, or the owner is in none.',
    {
      apiVersion: required(5, string, { doc: 'Group and version of the owner.' }),
      kind: required(1, string, { doc: 'Kind of the owner.' }),
      name: required(3, string, { doc: 'Name of the owner.' }),
      uid: required(4, string, { doc: 'uid of the owner.' }),
      controller: pointer(6, bool, {
        doc: 'Whether this owner is the controller that manages the object. At most one is.',
      }),
      blockOwnerDeletion: pointer(7, bool, { doc: 'Whether a foreground delete of the owner waits for this object.' }),
    },
  ),
);
export type OwnerReference = Infer<typeof OwnerReference>;

export const ManagedFieldsEntry = message('meta.v1.ManagedFieldsEntry', 'The fields that one client owns.', {
  manager: optional(1, string, { doc: 'Name of the client.' }),
  operation: optional(2, string, { doc: 'How it came to own them: Apply or Update.' }),
  apiVersion: optional(3, string, { doc: 'Version of the schema in which the fields are named.' }),
  time: pointer(4, time, { doc: 'When the client last changed them.' }),
  fieldsType: optional(6, string, { doc: 'Notation of fieldsV1; always "FieldsV1".' }),
  fieldsV1: pointer(7, fieldsV1, { doc: 'The fields, as a trie.' }),
  subresource: optional(8, string, { doc: 'Sub-resource by which they were written; empty for the object itself.' }),
});
export type ManagedFieldsEntry = Infer<typeof ManagedFieldsEntry>;

export const ObjectMeta = message(
  'meta.v1.ObjectMeta',
  "What every object has: its name, its labels, and the server's bookkeeping.",
  {
    name: optional(1, string, {
      doc: 'Name of the object, unique among its kind in its namespace. It cannot be changed.',
    }),
    generateName: optional(2, string, {
      doc: 'Beginning of a name to which the server adds five random characters. Used when name is empty.',
    }),
    namespace: optional(3, string, {
      doc: 'Namespace the object lives in; "default" when not given. Empty for kinds that belong to the whole cluster.',
    }),
    selfLink: optional(4, string, { doc: 'Always empty; kept for old clients.' }),
    uid: optional(5, string, {
      doc: 'Identifier that no other object ever had, set by the server. It tells an object from a later one of the same name.',
    }),
    resourceVersion: optional(6, string, {
      doc: 'Revision of the store at the last change. Send it back with an update to have it fail if somebody was faster.',
    }),
    generation: optional(7, int64, {
      doc: 'Counts the changes of what is wanted, of spec as a rule. Set by the server.',
    }),
    creationTimestamp: optional(8, time, { doc: 'When the object was created. Set by the server.' }),
    deletionTimestamp: pointer(9, time, {
      doc: 'When the object is to be gone. Set by the server on a delete that has to wait, for finalizers or for containers to end.',
    }),
    deletionGracePeriodSeconds: pointer(10, int64, {
      doc: 'Seconds that a delete gave the object to end. Set together with deletionTimestamp.',
    }),
    labels: optional(11, map(string), { doc: 'Short keys and values by which selectors find the object.' }),
    annotations: optional(12, map(string), {
      doc: 'Keys and values for tools and people. Selectors do not look at them.',
    }),
    ownerReferences: optional(13, list(OwnerReference), {
      doc: 'Objects that this one depends on. It is deleted when the last of them is gone.',
      merge: true,
      mergeKey: 'uid',
      listType: 'map',
      listMapKeys: ['uid'],
    }),
    finalizers: optional(14, list(string), {
      doc: 'Names of those who have something to do before the object may go. A deleted object stays until the list is empty.',
      merge: true,
      listType: 'set',
    }),
    managedFields: pointer(17, list(ManagedFieldsEntry), {
      doc: 'Which client set which fields, for server-side apply.',
    }),
  },
);
export type ObjectMeta = Infer<typeof ObjectMeta>;

/** What every kind's message begins with. */
export const objectFields = {
  apiVersion: optional(0, string, { doc: 'Group and version of the schema, such as apps/v1.' }),
  kind: optional(0, string, { doc: 'Name of the schema, such as Deployment.' }),
  metadata: required(1, ObjectMeta, { doc: 'Name, labels and the like.' }),
} as const;

export const LabelSelectorRequirement = message('meta.v1.LabelSelectorRequirement', 'A condition on one label.', {
  key: required(1, string, { doc: 'Key of the label.' }),
  operator: required(2, string, { doc: 'How the label is compared: In, NotIn, Exists or DoesNotExist.' }),
  values: optional(3, list(string), { doc: 'The values for In and NotIn; empty for the others.' }),
});
export type LabelSelectorRequirement = Infer<typeof LabelSelectorRequirement>;

export const LabelSelector = atomic(
  message(
    'meta.v1.LabelSelector',
    'Chooses objects by their labels. All conditions must hold; none chooses every object.',
    {
      matchLabels: optional(1, map(string), { doc: 'Labels that an object must have, with these values.' }),
      matchExpressions: optional(2, list(LabelSelectorRequirement), { doc: 'Further conditions on labels.' }),
    },
  ),
);
export type LabelSelector = Infer<typeof LabelSelector>;

export const Condition = message('meta.v1.Condition', "One aspect of an object's state, and since when.", {
  type: required(1, string, { doc: 'Name of the aspect.' }),
  status: required(2, string, { doc: 'True, False or Unknown.' }),
  observedGeneration: optional(3, int64, { doc: 'metadata.generation that the condition was found at.' }),
  lastTransitionTime: required(4, time, { doc: 'When status last changed.' }),
  reason: required(5, string, { doc: 'Why, in one word for programs.' }),
  message: required(6, string, { doc: 'Why, for people.' }),
});
export type Condition = Infer<typeof Condition>;
