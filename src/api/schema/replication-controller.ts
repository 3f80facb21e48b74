// replication controller: wire types (api.md §4, §10.2).

import { type Infer, int32, int64, list, map, message, optional, pointer, required, string, time } from './dsl.ts';
import { objectFields } from './meta.ts';
import { PodTemplateSpec } from './pod.ts';

export const ReplicationControllerSpec = message(
  'core.v1.ReplicationControllerSpec',
  'How many pods of which template.',
  {
    replicas: pointer(1, int32, { doc: 'How many pods. Default 1.' }),
    minReadySeconds: optional(4, int32, {
      doc: 'Seconds for which a new pod must be ready before it counts as available. Default 0.',
    }),
    selector: optional(2, map(string), {
      doc: "Labels of the pods that belong to it. Default: the template's labels.",
      mapType: 'atomic',
    }),
    template: pointer(3, PodTemplateSpec, { doc: 'What a pod is made from.' }),
  },
);
export type ReplicationControllerSpec = Infer<typeof ReplicationControllerSpec>;

export const ReplicationControllerCondition = message(
  'core.v1.ReplicationControllerCondition',
  "One aspect of a ReplicationController's state.",
  {
    type: required(1, string, { doc: 'ReplicaFailure.' }),
    status: required(2, string, { doc: 'True, False or Unknown.' }),
    lastTransitionTime: optional(3, time, { doc: 'When status last changed.' }),
    reason: optional(4, string, { doc: 'Why, in one word for programs.' }),
    message: optional(5, string, { doc: 'Why, for people.' }),
  },
);
export type ReplicationControllerCondition = Infer<typeof ReplicationControllerCondition>;

export const ReplicationControllerStatus = message(
  'core.v1.ReplicationControllerStatus',
  'What there is of a ReplicationController.',
  {
    replicas: required(1, int32, { doc: 'Pods there are.' }),
    fullyLabeledReplicas: optional(2, int32, { doc: 'Pods that have all labels of the template.' }),
    readyReplicas: optional(4, int32, { doc: 'Pods that are ready.' }),
    availableReplicas: optional(5, int32, { doc: 'Pods that have been ready for minReadySeconds.' }),
    observedGeneration: optional(3, int64, { doc: 'metadata.generation that the controller has seen.' }),
    conditions: optional(6, list(ReplicationControllerCondition), {
      doc: 'Aspects of its state: ReplicaFailure.',
      merge: true,
      mergeKey: 'type',
      listType: 'map',
      listMapKeys: ['type'],
    }),
  },
);
export type ReplicationControllerStatus = Infer<typeof ReplicationControllerStatus>;

export const ReplicationController = message(
  'core.v1.ReplicationController',
  'A number of equal pods: what ReplicaSets were before there were Deployments.',
  {
    ...objectFields,
    spec: required(2, ReplicationControllerSpec, { doc: 'What is wanted.' }),
    status: optional(3, ReplicationControllerStatus, { doc: 'What there is.' }),
  },
);
export type ReplicationController = Infer<typeof ReplicationController>;
