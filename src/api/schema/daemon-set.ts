// daemon set: wire types (api.md §4, §10.2).

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
import { PodTemplateSpec } from './pod.ts';

export const RollingUpdateDaemonSet = message(
  'apps.v1.RollingUpdateDaemonSet',
  'How many pods are exchanged at a time.',
  {
    maxUnavailable: pointer(1, intOrString, {
      doc: 'On how many nodes the pod may be missing meanwhile: a number, or a percentage of the nodes rounded up. Default 1.',
    }),
    maxSurge: pointer(2, intOrString, {
      doc: 'On how many nodes there may be a new pod beside the old one: a number, or a percentage rounded up. Default 0.',
    }),
  },
);
export type RollingUpdateDaemonSet = Infer<typeof RollingUpdateDaemonSet>;

export const DaemonSetUpdateStrategy = message(
  'apps.v1.DaemonSetUpdateStrategy',
  'How pods of an old template are replaced by new ones.',
  {
    type: optional(1, string, {
      doc: 'RollingUpdate (default): a few at a time; OnDelete: when somebody deletes them.',
    }),
    rollingUpdate: pointer(2, RollingUpdateDaemonSet, { doc: 'Settings of RollingUpdate.' }),
  },
);
export type DaemonSetUpdateStrategy = Infer<typeof DaemonSetUpdateStrategy>;

export const DaemonSetSpec = message('apps.v1.DaemonSetSpec', 'Which template nodes have a pod of.', {
  selector: pointer(1, LabelSelector, {
    doc: 'Labels of the pods that belong to it. Must match the template, and cannot be changed.',
  }),
  template: required(2, PodTemplateSpec, {
    doc: 'What a pod is made from. It runs on every node that its node selector and affinity allow.',
  }),
  updateStrategy: optional(3, DaemonSetUpdateStrategy, { doc: 'How pods are replaced when the template changes.' }),
  minReadySeconds: optional(4, int32, {
    doc: 'Seconds for which a new pod must be ready before it counts as available. Default 0.',
  }),
  revisionHistoryLimit: pointer(6, int32, { doc: 'How many old revisions of the template to keep. Default 10.' }),
});
export type DaemonSetSpec = Infer<typeof DaemonSetSpec>;

export const DaemonSetCondition = message('apps.v1.DaemonSetCondition', "One aspect of a DaemonSet's state.", {
  type: required(1, string, { doc: 'Name of the aspect.' }),
  status: required(2, string, { doc: 'True, False or Unknown.' }),
  lastTransitionTime: optional(3, time, { doc: 'When status last changed.' }),
  reason: optional(4, string, { doc: 'Why, in one word for programs.' }),
  message: optional(5, string, { doc: 'Why, for people.' }),
});
export type DaemonSetCondition = Infer<typeof DaemonSetCondition>;

export const DaemonSetStatus = message('apps.v1.DaemonSetStatus', 'What there is of a DaemonSet.', {
  currentNumberScheduled: required(1, int32, { doc: 'Nodes that have its pod and should.' }),
  numberMisscheduled: required(2, int32, { doc: 'Nodes that have its pod and should not.' }),
  desiredNumberScheduled: required(3, int32, { doc: 'Nodes that should have its pod.' }),
  numberReady: required(4, int32, { doc: 'Nodes that should have its pod and have one that is ready.' }),
  observedGeneration: optional(5, int64, { doc: 'metadata.generation that the controller has seen.' }),
  updatedNumberScheduled: optional(6, int32, { doc: 'Nodes that have a pod of the current template.' }),
  numberAvailable: optional(7, int32, { doc: 'Nodes whose pod has been ready for minReadySeconds.' }),
  numberUnavailable: optional(8, int32, { doc: 'Nodes that should have its pod and have none that is available.' }),
  collisionCount: pointer(9, int32, { doc: 'How often the name of a new revision was taken already.' }),
  conditions: optional(10, list(DaemonSetCondition), {
    doc: 'Aspects of its state.',
    merge: true,
    mergeKey: 'type',
    listType: 'map',
    listMapKeys: ['type'],
  }),
});
export type DaemonSetStatus = Infer<typeof DaemonSetStatus>;

export const DaemonSet = message('apps.v1.DaemonSet', 'A pod on every node, or on every node of some sort.', {
  ...objectFields,
  spec: required(2, DaemonSetSpec, { doc: 'What is wanted.' }),
  status: optional(3, DaemonSetStatus, { doc: 'What there is.' }),
});
export type DaemonSet = Infer<typeof DaemonSet>;
