// autoscaling: wire types (api.md §4, §10.2).

import { atomic, type Infer, int32, int64, message, optional, pointer, required, string, time } from './dsl.ts';
import { objectFields } from './meta.ts';

export const ScaleSpec = message('autoscaling.v1.ScaleSpec', 'The size that is wanted.', {
  replicas: optional(1, int32, { doc: 'How many pods.' }),
});
export type ScaleSpec = Infer<typeof ScaleSpec>;

export const ScaleStatus = message('autoscaling.v1.ScaleStatus', 'The size there is.', {
  replicas: required(1, int32, { doc: 'How many pods.' }),
  selector: optional(2, string, { doc: 'Selector of the pods, as text.' }),
});
export type ScaleStatus = Infer<typeof ScaleStatus>;

export const Scale = message('autoscaling.v1.Scale', 'The size of something that has replicas.', {
  ...objectFields,
  spec: required(2, ScaleSpec, { doc: 'The size that is wanted.' }),
  status: optional(3, ScaleStatus, { doc: 'The size there is.' }),
});
export type Scale = Infer<typeof Scale>;

export const CrossVersionObjectReference = atomic(
  message('autoscaling.v1.CrossVersionObjectReference', 'Points to an object in the same namespace.', {
    kind: required(1, string, { doc: 'Its kind.' }),
    name: required(2, string, { doc: 'Its name.' }),
    apiVersion: optional(3, string, { doc: 'Its group and version.' }),
  }),
);
export type CrossVersionObjectReference = Infer<typeof CrossVersionObjectReference>;

export const HorizontalPodAutoscalerSpec = message(
  'autoscaling.v1.HorizontalPodAutoscalerSpec',
  'What is scaled, and how far.',
  {
    scaleTargetRef: required(1, CrossVersionObjectReference, {
      doc: 'What is scaled: something with a scale sub-resource.',
    }),
    minReplicas: pointer(2, int32, { doc: 'Fewest pods that there are to be; 1 by default.' }),
    maxReplicas: required(3, int32, { doc: 'Most pods that there are to be.' }),
    targetCPUUtilizationPercentage: pointer(4, int32, {
      doc: 'CPU that the pods should use on average, in percent of what they request; 80 by default.',
    }),
  },
);
export type HorizontalPodAutoscalerSpec = Infer<typeof HorizontalPodAutoscalerSpec>;

export const HorizontalPodAutoscalerStatus = message(
  'autoscaling.v1.HorizontalPodAutoscalerStatus',
  'What was measured and done.',
  {
    observedGeneration: pointer(1, int64, { doc: 'metadata.generation that the status belongs to.' }),
    lastScaleTime: pointer(2, time, { doc: 'When the number last changed.' }),
    currentReplicas: required(3, int32, { doc: 'How many pods there were at the last look.' }),
    desiredReplicas: required(4, int32, { doc: 'How many there should be.' }),
    currentCPUUtilizationPercentage: pointer(5, int32, {
      doc: 'CPU that the pods use on average, in percent of what they request.',
    }),
  },
);
export type HorizontalPodAutoscalerStatus = Infer<typeof HorizontalPodAutoscalerStatus>;

export const HorizontalPodAutoscaler = message(
  'autoscaling.v1.HorizontalPodAutoscaler',
  'Keeps the number of pods of a workload in step with the CPU that they use. Version 2 knows more metrics.',
  {
    ...objectFields,
    spec: required(2, HorizontalPodAutoscalerSpec, { doc: 'What is scaled, by what, and how far.' }),
    status: optional(3, HorizontalPodAutoscalerStatus, { doc: 'What was measured and done.' }),
  },
);
export type HorizontalPodAutoscaler = Infer<typeof HorizontalPodAutoscaler>;
