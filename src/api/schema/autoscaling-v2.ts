// autoscaling/v2: wire types of the HorizontalPodAutoscaler (api.md §4, §10.2).

import { type Infer, int32, int64, list, message, optional, pointer, quantity, required, string, time } from './dsl.ts';
import { LabelSelector, objectFields } from './meta.ts';

export const CrossVersionObjectReference = message(
  'autoscaling.v2.CrossVersionObjectReference',
  'Points to an object in the same namespace.',
  {
    kind: required(1, string, { doc: 'Its kind.' }),
    name: required(2, string, { doc: 'Its name.' }),
    apiVersion: optional(3, string, { doc: 'Its group and version.' }),
  },
);
export type CrossVersionObjectReference = Infer<typeof CrossVersionObjectReference>;

export const MetricIdentifier = message('autoscaling.v2.MetricIdentifier', 'Names a metric.', {
  name: required(1, string, { doc: 'Name of the metric.' }),
  selector: pointer(2, LabelSelector, { doc: 'Which of several series of that name is meant, by labels.' }),
});
export type MetricIdentifier = Infer<typeof MetricIdentifier>;

export const MetricTarget = message('autoscaling.v2.MetricTarget', 'What the value of a metric should be.', {
  type: required(1, string, { doc: 'Which of the others is set: Utilization, Value or AverageValue.' }),
  value: pointer(2, quantity, { doc: 'The value of the metric as it is.' }),
  averageValue: pointer(3, quantity, { doc: 'The value by pod.' }),
  averageUtilization: pointer(4, int32, { doc: 'Average by pod, in percent of what is requested.' }),
});
export type MetricTarget = Infer<typeof MetricTarget>;

export const MetricValueStatus = message('autoscaling.v2.MetricValueStatus', 'What the value of a metric is.', {
  value: pointer(1, quantity, { doc: 'The value of the metric as it is.' }),
  averageValue: pointer(2, quantity, { doc: 'The value by pod.' }),
  averageUtilization: pointer(3, int32, { doc: 'Average by pod, in percent of what is requested.' }),
});
export type MetricValueStatus = Infer<typeof MetricValueStatus>;

export const ObjectMetricSource = message(
  'autoscaling.v2.ObjectMetricSource',
  'A metric of an object, such as the requests that an ingress gets.',
  {
    describedObject: required(1, CrossVersionObjectReference, { doc: 'The object that has it.' }),
    target: required(2, MetricTarget, { doc: 'What its value should be.' }),
    metric: required(3, MetricIdentifier, { doc: 'Which metric.' }),
  },
);
export type ObjectMetricSource = Infer<typeof ObjectMetricSource>;

export const PodsMetricSource = message('autoscaling.v2.PodsMetricSource', 'A metric that every pod has.', {
  metric: required(1, MetricIdentifier, { doc: 'Which metric.' }),
  target: required(2, MetricTarget, { doc: 'What its value should be.' }),
});
export type PodsMetricSource = Infer<typeof PodsMetricSource>;

export const ResourceMetricSource = message('autoscaling.v2.ResourceMetricSource', 'CPU or memory of pods.', {
  name: required(1, string, { doc: 'cpu or memory.' }),
  target: required(2, MetricTarget, { doc: 'What its value should be.' }),
});
export type ResourceMetricSource = Infer<typeof ResourceMetricSource>;

export const ContainerResourceMetricSource = message(
  'autoscaling.v2.ContainerResourceMetricSource',
  'CPU or memory of one container of every pod.',
  {
    name: required(1, string, { doc: 'cpu or memory.' }),
    target: required(2, MetricTarget, { doc: 'What its value should be.' }),
    container: required(3, string, { doc: 'Name of the container.' }),
  },
);
export type ContainerResourceMetricSource = Infer<typeof ContainerResourceMetricSource>;

export const ExternalMetricSource = message(
  'autoscaling.v2.ExternalMetricSource',
  'A metric from outside the cluster.',
  {
    metric: required(1, MetricIdentifier, { doc: 'Which metric.' }),
    target: required(2, MetricTarget, { doc: 'What its value should be.' }),
  },
);
export type ExternalMetricSource = Infer<typeof ExternalMetricSource>;

export const MetricSpec = message('autoscaling.v2.MetricSpec', 'One metric to scale by, and what it should be.', {
  type: required(1, string, {
    doc: 'Which of the others is set: Object, Pods, Resource, ContainerResource or External.',
  }),
  object: pointer(2, ObjectMetricSource, { doc: 'A number that an object has.' }),
  pods: pointer(3, PodsMetricSource, { doc: 'A number that every pod has; the average counts.' }),
  resource: pointer(4, ResourceMetricSource, { doc: 'CPU or memory of the pods.' }),
  containerResource: pointer(7, ContainerResourceMetricSource, { doc: 'CPU or memory of one container of every pod.' }),
  external: pointer(5, ExternalMetricSource, { doc: 'A number from outside the cluster.' }),
});
export type MetricSpec = Infer<typeof MetricSpec>;

export const HPAScalingPolicy = message(
  'autoscaling.v2.HPAScalingPolicy',
  'One limit to how fast the number changes.',
  {
    type: required(1, string, { doc: 'Unit of value: Pods or Percent.' }),
    value: required(2, int32, { doc: 'How much it may change.' }),
    periodSeconds: required(3, int32, { doc: 'In how many seconds; at most 1800.' }),
  },
);
export type HPAScalingPolicy = Infer<typeof HPAScalingPolicy>;

export const HPAScalingRules = message(
  'autoscaling.v2.HPAScalingRules',
  'How fast the number may change in one direction.',
  {
    stabilizationWindowSeconds: pointer(3, int32, {
      doc: 'Seconds to look back: the mildest wish of that time counts. At most 3600; by default 0 for growing, 300 for shrinking.',
    }),
    selectPolicy: pointer(1, string, {
      doc: 'Which policy counts: Max (default), Min, or Disabled for no change at all.',
    }),
    policies: optional(2, list(HPAScalingPolicy), { doc: 'Limits to the change. There must be at least one.' }),
  },
);
export type HPAScalingRules = Infer<typeof HPAScalingRules>;

export const HorizontalPodAutoscalerBehavior = message(
  'autoscaling.v2.HorizontalPodAutoscalerBehavior',
  'How fast the number may change.',
  {
    scaleUp: pointer(1, HPAScalingRules, { doc: 'How fast it may grow.' }),
    scaleDown: pointer(2, HPAScalingRules, { doc: 'How fast it may shrink.' }),
  },
);
export type HorizontalPodAutoscalerBehavior = Infer<typeof HorizontalPodAutoscalerBehavior>;

export const HorizontalPodAutoscalerSpec = message(
  'autoscaling.v2.HorizontalPodAutoscalerSpec',
  'What is scaled, by what, and how far.',
  {
    scaleTargetRef: required(1, CrossVersionObjectReference, {
      doc: 'What is scaled: something with a scale sub-resource.',
    }),
    minReplicas: pointer(2, int32, { doc: 'Fewest pods that there are to be; 1 by default.' }),
    maxReplicas: required(3, int32, { doc: 'Most pods that there are to be.' }),
    metrics: optional(4, list(MetricSpec), {
      doc: 'What is measured. Of the numbers of pods that the metrics ask for the greatest counts. Average CPU of 80% by default.',
    }),
    behavior: pointer(5, HorizontalPodAutoscalerBehavior, { doc: 'How fast the number may change.' }),
  },
);
export type HorizontalPodAutoscalerSpec = Infer<typeof HorizontalPodAutoscalerSpec>;

export const ObjectMetricStatus = message('autoscaling.v2.ObjectMetricStatus', 'What a metric of an object was.', {
  metric: required(1, MetricIdentifier, { doc: 'Which metric.' }),
  current: required(2, MetricValueStatus, { doc: 'What its value is.' }),
  describedObject: required(3, CrossVersionObjectReference, { doc: 'The object that has it.' }),
});
export type ObjectMetricStatus = Infer<typeof ObjectMetricStatus>;

export const PodsMetricStatus = message('autoscaling.v2.PodsMetricStatus', 'What a metric of the pods was.', {
  metric: required(1, MetricIdentifier, { doc: 'Which metric.' }),
  current: required(2, MetricValueStatus, { doc: 'What its value is.' }),
});
export type PodsMetricStatus = Infer<typeof PodsMetricStatus>;

export const ResourceMetricStatus = message(
  'autoscaling.v2.ResourceMetricStatus',
  'What CPU or memory of the pods was.',
  {
    name: required(1, string, { doc: 'cpu or memory.' }),
    current: required(2, MetricValueStatus, { doc: 'What its value is.' }),
  },
);
export type ResourceMetricStatus = Infer<typeof ResourceMetricStatus>;

export const ContainerResourceMetricStatus = message(
  'autoscaling.v2.ContainerResourceMetricStatus',
  'What CPU or memory of a container was.',
  {
    name: required(1, string, { doc: 'cpu or memory.' }),
    current: required(2, MetricValueStatus, { doc: 'What its value is.' }),
    container: required(3, string, { doc: 'Name of the container.' }),
  },
);
export type ContainerResourceMetricStatus = Infer<typeof ContainerResourceMetricStatus>;

export const ExternalMetricStatus = message('autoscaling.v2.ExternalMetricStatus', 'What a metric from outside was.', {
  metric: required(1, MetricIdentifier, { doc: 'Which metric.' }),
  current: required(2, MetricValueStatus, { doc: 'What its value is.' }),
});
export type ExternalMetricStatus = Infer<typeof ExternalMetricStatus>;

export const MetricStatus = message('autoscaling.v2.MetricStatus', 'What one metric was at the last look.', {
  type: required(1, string, {
    doc: 'Which of the others is set: Object, Pods, Resource, ContainerResource or External.',
  }),
  object: pointer(2, ObjectMetricStatus, { doc: 'The number that an object has.' }),
  pods: pointer(3, PodsMetricStatus, { doc: 'The number that the pods have.' }),
  resource: pointer(4, ResourceMetricStatus, { doc: 'CPU or memory of the pods.' }),
  containerResource: pointer(7, ContainerResourceMetricStatus, { doc: 'CPU or memory of a container of the pods.' }),
  external: pointer(5, ExternalMetricStatus, { doc: 'The number from outside.' }),
});
export type MetricStatus = Infer<typeof MetricStatus>;

export const HorizontalPodAutoscalerCondition = message(
  'autoscaling.v2.HorizontalPodAutoscalerCondition',
  "One aspect of an autoscaler's state.",
  {
    type: required(1, string, { doc: 'Name of the aspect.' }),
    status: optional(2, string, { doc: 'True, False or Unknown.' }),
    lastTransitionTime: optional(3, time, { doc: 'When status last changed.' }),
    reason: optional(4, string, { doc: 'Why, in one word for programs.' }),
    message: optional(5, string, { doc: 'Why, for people.' }),
  },
);
export type HorizontalPodAutoscalerCondition = Infer<typeof HorizontalPodAutoscalerCondition>;

export const HorizontalPodAutoscalerStatus = message(
  'autoscaling.v2.HorizontalPodAutoscalerStatus',
  'What was measured and done.',
  {
    observedGeneration: pointer(1, int64, { doc: 'metadata.generation that the status belongs to.' }),
    lastScaleTime: pointer(2, time, { doc: 'When the number last changed.' }),
    currentReplicas: optional(3, int32, { doc: 'How many pods there were at the last look.' }),
    desiredReplicas: required(4, int32, { doc: 'How many there should be.' }),
    currentMetrics: required(5, list(MetricStatus), { doc: 'What was measured.' }),
    conditions: optional(6, list(HorizontalPodAutoscalerCondition), {
      doc: 'Whether it can scale, and if not, why.',
      merge: true,
      mergeKey: 'type',
      listType: 'map',
      listMapKeys: ['type'],
    }),
  },
);
export type HorizontalPodAutoscalerStatus = Infer<typeof HorizontalPodAutoscalerStatus>;

export const HorizontalPodAutoscaler = message(
  'autoscaling.v2.HorizontalPodAutoscaler',
  'Keeps the number of pods of a workload in step with what they have to do.',
  {
    ...objectFields,
    spec: required(2, HorizontalPodAutoscalerSpec, { doc: 'What is scaled, by what, and how far.' }),
    status: optional(3, HorizontalPodAutoscalerStatus, { doc: 'What was measured and done.' }),
  },
);
export type HorizontalPodAutoscaler = Infer<typeof HorizontalPodAutoscaler>;
