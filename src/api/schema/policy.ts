// policy: wire types (api.md §4, §10.2).

import {
  type Infer,
  int32,
  int64,
  intOrString,
  list,
  map,
  message,
  optional,
  pointer,
  required,
  string,
  time,
} from './dsl.ts';
import { Condition, DeleteOptions, LabelSelector, ObjectMeta, objectFields } from './meta.ts';

export const Eviction = message('policy.v1.Eviction', 'A wish to have a pod leave its node.', {
  apiVersion: optional(0, string, { doc: 'Group and version of the schema, such as apps/v1.' }),
  kind: optional(0, string, { doc: 'Name of the schema, such as Deployment.' }),
  metadata: required(1, ObjectMeta, { doc: 'Name and namespace of the pod.' }),
  deleteOptions: pointer(2, DeleteOptions, { doc: 'How the pod is to be deleted.' }),
});
export type Eviction = Infer<typeof Eviction>;

export const PodDisruptionBudgetSpec = message(
  'policy.v1.PodDisruptionBudgetSpec',
  'How many of which pods must be left.',
  {
    minAvailable: pointer(1, intOrString, {
      doc: 'How many of the pods must stay healthy: a number, or a percentage of those wanted. Either this or maxUnavailable.',
    }),
    selector: pointer(2, LabelSelector, {
      doc: 'The pods, by their labels. Empty: all of the namespace; unset: none.',
      replace: true,
    }),
    maxUnavailable: pointer(3, intOrString, {
      doc: 'How many of the pods may be missing: a number, or a percentage of those wanted. Either this or minAvailable.',
    }),
    unhealthyPodEvictionPolicy: pointer(4, string, {
      doc: 'Whether pods that run but are not ready may be evicted: IfHealthyBudget (default: only when enough others are healthy) or AlwaysAllow.',
    }),
  },
);
export type PodDisruptionBudgetSpec = Infer<typeof PodDisruptionBudgetSpec>;

export const PodDisruptionBudgetStatus = message(
  'policy.v1.PodDisruptionBudgetStatus',
  'How many pods there are, and how many may go.',
  {
    observedGeneration: optional(1, int64, {
      doc: 'metadata.generation that the numbers belong to. Nothing is evicted before it has caught up.',
    }),
    disruptedPods: optional(2, map(time), {
      doc: 'Pods whose eviction was granted but not yet seen, and when it was granted.',
    }),
    disruptionsAllowed: required(3, int32, { doc: 'How many pods may be evicted now.' }),
    currentHealthy: required(4, int32, { doc: 'How many pods are healthy.' }),
    desiredHealthy: required(5, int32, { doc: 'How many must be.' }),
    expectedPods: required(6, int32, { doc: 'How many pods count.' }),
    conditions: optional(7, list(Condition), {
      doc: 'DisruptionAllowed tells whether any pod may be evicted, and if not, why.',
      merge: true,
      mergeKey: 'type',
      listType: 'map',
      listMapKeys: ['type'],
    }),
  },
);
export type PodDisruptionBudgetStatus = Infer<typeof PodDisruptionBudgetStatus>;

export const PodDisruptionBudget = message(
  'policy.v1.PodDisruptionBudget',
  'Limits how many pods of an application may be evicted at a time.',
  {
    ...objectFields,
    spec: required(2, PodDisruptionBudgetSpec, { doc: 'How many pods must be left.' }),
    status: optional(3, PodDisruptionBudgetStatus, { doc: 'How many may go at the moment.' }),
  },
);
export type PodDisruptionBudget = Infer<typeof PodDisruptionBudget>;
