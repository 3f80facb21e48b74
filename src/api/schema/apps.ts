// apps: wire types (api.md §4, §10.2).

import {
  bool,
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

export const RollingUpdateDeployment = message(
  'apps.v1.RollingUpdateDeployment',
  'How many pods are exchanged at a time.',
  {
    maxUnavailable: pointer(1, intOrString, {
      doc: 'How many pods may be missing meanwhile: a number, or a percentage of replicas rounded down. Default 25%.',
    }),
    maxSurge: pointer(2, intOrString, {
      doc: 'How many pods there may be beyond replicas: a number, or a percentage rounded up. Default 25%.',
    }),
  },
);
export type RollingUpdateDeployment = Infer<typeof RollingUpdateDeployment>;

export const DeploymentStrategy = message('apps.v1.DeploymentStrategy', 'How old pods are replaced by new ones.', {
  type: optional(1, string, {
    doc: 'RollingUpdate (default): a few at a time; Recreate: first all old ones go, then new ones come.',
  }),
  rollingUpdate: pointer(2, RollingUpdateDeployment, { doc: 'Settings of RollingUpdate.' }),
});
export type DeploymentStrategy = Infer<typeof DeploymentStrategy>;

export const DeploymentSpec = message(
  'apps.v1.DeploymentSpec',
  'How many pods of which template, and how to get from an old template to a new one.',
  {
    replicas: pointer(1, int32, { doc: 'How many pods. Default 1.' }),
    selector: pointer(2, LabelSelector, {
      doc: 'Labels of the pods that belong to it. Must be given, must match the template, and cannot be changed.',
    }),
    template: required(3, PodTemplateSpec, { doc: 'What a pod is made from.' }),
    strategy: optional(4, DeploymentStrategy, {
      doc: 'Which of the ways to replace pods to take, and how fast.',
      retainKeys: true,
    }),
    minReadySeconds: optional(5, int32, {
      doc: 'Seconds for which a new pod must be ready before it counts as available. Default 0.',
    }),
    revisionHistoryLimit: pointer(6, int32, { doc: 'How many old ReplicaSets to keep for a way back. Default 10.' }),
    paused: optional(7, bool, { doc: 'Whether changes of the template wait.' }),
    progressDeadlineSeconds: pointer(9, int32, {
      doc: 'Seconds without progress after which it is reported as stuck. Default 600.',
    }),
  },
);
export type DeploymentSpec = Infer<typeof DeploymentSpec>;

export const DeploymentCondition = message('apps.v1.DeploymentCondition', "One aspect of a deployment's state.", {
  type: required(1, string, { doc: 'Available, Progressing or ReplicaFailure.' }),
  status: required(2, string, { doc: 'True, False or Unknown.' }),
  lastUpdateTime: optional(6, time, { doc: 'When the condition was last written.' }),
  lastTransitionTime: optional(7, time, { doc: 'When status last changed.' }),
  reason: optional(4, string, { doc: 'Why, in one word for programs.' }),
  message: optional(5, string, { doc: 'Why, for people.' }),
});
export type DeploymentCondition = Infer<typeof DeploymentCondition>;

export const DeploymentStatus = message('apps.v1.DeploymentStatus', 'What there is of a deployment.', {
  observedGeneration: optional(1, int64, { doc: 'metadata.generation that the controller has seen.' }),
  replicas: optional(2, int32, { doc: 'Pods there are, old ones too.' }),
  updatedReplicas: optional(3, int32, { doc: 'Pods of the current template.' }),
  readyReplicas: optional(7, int32, { doc: 'Pods that are ready.' }),
  availableReplicas: optional(4, int32, { doc: 'Pods that have been ready for minReadySeconds.' }),
  unavailableReplicas: optional(5, int32, { doc: 'Pods that are missing for replicas to be available.' }),
  conditions: optional(6, list(DeploymentCondition), {
    doc: 'Aspects of its state: Available, Progressing, ReplicaFailure.',
    merge: true,
    mergeKey: 'type',
    listType: 'map',
    listMapKeys: ['type'],
  }),
  collisionCount: pointer(8, int32, { doc: 'How often the name of a new ReplicaSet was taken already.' }),
});
export type DeploymentStatus = Infer<typeof DeploymentStatus>;

export const Deployment = message(
  'apps.v1.Deployment',
  'A number of equal pods that are replaced a few at a time when their template changes.',
  {
    ...objectFields,
    spec: required(2, DeploymentSpec, { doc: 'What is wanted.' }),
    status: optional(3, DeploymentStatus, { doc: 'What there is.' }),
  },
);
export type Deployment = Infer<typeof Deployment>;

export const ReplicaSetSpec = message('apps.v1.ReplicaSetSpec', 'How many pods of which template.', {
  replicas: pointer(1, int32, { doc: 'How many pods. Default 1.' }),
  minReadySeconds: optional(4, int32, {
    doc: 'Seconds for which a new pod must be ready before it counts as available. Default 0.',
  }),
  selector: pointer(2, LabelSelector, {
    doc: 'Labels of the pods that belong to it. Must match the template, and cannot be changed.',
  }),
  template: optional(3, PodTemplateSpec, { doc: 'What a pod is made from.' }),
});
export type ReplicaSetSpec = Infer<typeof ReplicaSetSpec>;

export const ReplicaSetCondition = message('apps.v1.ReplicaSetCondition', "One aspect of a ReplicaSet's state.", {
  type: required(1, string, { doc: 'ReplicaFailure.' }),
  status: required(2, string, { doc: 'True, False or Unknown.' }),
  lastTransitionTime: optional(3, time, { doc: 'When status last changed.' }),
  reason: optional(4, string, { doc: 'Why, in one word for programs.' }),
  message: optional(5, string, { doc: 'Why, for people.' }),
});
export type ReplicaSetCondition = Infer<typeof ReplicaSetCondition>;

export const ReplicaSetStatus = message('apps.v1.ReplicaSetStatus', 'What there is of a ReplicaSet.', {
  replicas: required(1, int32, { doc: 'Pods there are.' }),
  fullyLabeledReplicas: optional(2, int32, { doc: 'Pods that have all labels of the template.' }),
  readyReplicas: optional(4, int32, { doc: 'Pods that are ready.' }),
  availableReplicas: optional(5, int32, { doc: 'Pods that have been ready for minReadySeconds.' }),
  observedGeneration: optional(3, int64, { doc: 'metadata.generation that the controller has seen.' }),
  conditions: optional(6, list(ReplicaSetCondition), {
    doc: 'Aspects of its state: ReplicaFailure.',
    merge: true,
    mergeKey: 'type',
    listType: 'map',
    listMapKeys: ['type'],
  }),
});
export type ReplicaSetStatus = Infer<typeof ReplicaSetStatus>;

export const ReplicaSet = message(
  'apps.v1.ReplicaSet',
  'A number of equal pods. Usually made by a Deployment, one for each version of its template.',
  {
    ...objectFields,
    spec: required(2, ReplicaSetSpec, { doc: 'What is wanted.' }),
    status: optional(3, ReplicaSetStatus, { doc: 'What there is.' }),
  },
);
export type ReplicaSet = Infer<typeof ReplicaSet>;
