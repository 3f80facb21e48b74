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
import { LabelSelector, ObjectMeta } from './meta.ts';
import { PodTemplateSpec } from './pod.ts';

export const RollingUpdateDeployment = message('apps.v1.RollingUpdateDeployment', '', {
  maxUnavailable: pointer(1, intOrString),
  maxSurge: pointer(2, intOrString),
});
export type RollingUpdateDeployment = Infer<typeof RollingUpdateDeployment>;

export const DeploymentStrategy = message('apps.v1.DeploymentStrategy', '', {
  type: optional(1, string),
  rollingUpdate: pointer(2, RollingUpdateDeployment),
});
export type DeploymentStrategy = Infer<typeof DeploymentStrategy>;

export const DeploymentSpec = message('apps.v1.DeploymentSpec', '', {
  replicas: pointer(1, int32),
  selector: pointer(2, LabelSelector),
  template: required(3, PodTemplateSpec),
  strategy: optional(4, DeploymentStrategy, { retainKeys: true }),
  minReadySeconds: optional(5, int32),
  revisionHistoryLimit: pointer(6, int32),
  paused: optional(7, bool),
  progressDeadlineSeconds: pointer(9, int32),
});
export type DeploymentSpec = Infer<typeof DeploymentSpec>;

export const DeploymentCondition = message('apps.v1.DeploymentCondition', '', {
  type: required(1, string),
  status: required(2, string),
  lastUpdateTime: optional(6, time),
  lastTransitionTime: optional(7, time),
  reason: optional(4, string),
  message: optional(5, string),
});
export type DeploymentCondition = Infer<typeof DeploymentCondition>;

export const DeploymentStatus = message('apps.v1.DeploymentStatus', '', {
  observedGeneration: optional(1, int64),
  replicas: optional(2, int32),
  updatedReplicas: optional(3, int32),
  readyReplicas: optional(7, int32),
  availableReplicas: optional(4, int32),
  unavailableReplicas: optional(5, int32),
  conditions: optional(6, list(DeploymentCondition), {
    merge: true,
    mergeKey: 'type',
    listType: 'map',
    listMapKeys: ['type'],
  }),
  collisionCount: pointer(8, int32),
});
export type DeploymentStatus = Infer<typeof DeploymentStatus>;

export const Deployment = message('apps.v1.Deployment', '', {
  apiVersion: optional(0, string),
  kind: optional(0, string),
  metadata: required(1, ObjectMeta),
  spec: required(2, DeploymentSpec),
  status: optional(3, DeploymentStatus),
});
export type Deployment = Infer<typeof Deployment>;

export const ReplicaSetSpec = message('apps.v1.ReplicaSetSpec', '', {
  replicas: pointer(1, int32),
  minReadySeconds: optional(4, int32),
  selector: pointer(2, LabelSelector),
  template: optional(3, PodTemplateSpec),
});
export type ReplicaSetSpec = Infer<typeof ReplicaSetSpec>;

export const ReplicaSetCondition = message('apps.v1.ReplicaSetCondition', '', {
  type: required(1, string),
  status: required(2, string),
  lastTransitionTime: optional(3, time),
  reason: optional(4, string),
  message: optional(5, string),
});
export type ReplicaSetCondition = Infer<typeof ReplicaSetCondition>;

export const ReplicaSetStatus = message('apps.v1.ReplicaSetStatus', '', {
  replicas: required(1, int32),
  fullyLabeledReplicas: optional(2, int32),
  readyReplicas: optional(4, int32),
  availableReplicas: optional(5, int32),
  observedGeneration: optional(3, int64),
  conditions: optional(6, list(ReplicaSetCondition), {
    merge: true,
    mergeKey: 'type',
    listType: 'map',
    listMapKeys: ['type'],
  }),
});
export type ReplicaSetStatus = Infer<typeof ReplicaSetStatus>;

export const ReplicaSet = message('apps.v1.ReplicaSet', '', {
  apiVersion: optional(0, string),
  kind: optional(0, string),
  metadata: required(1, ObjectMeta),
  spec: required(2, ReplicaSetSpec),
  status: optional(3, ReplicaSetStatus),
});
export type ReplicaSet = Infer<typeof ReplicaSet>;
