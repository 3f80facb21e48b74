// autoscaling/v1: wire types that occur only as JSON in annotations, in which version 1 keeps what it has no fields for
// (api.md §16 of what is stored as another kind; `../kinds/horizontal-pod-autoscaler/v1.ts`).

import { CrossVersionObjectReference } from './autoscaling.ts';
import { type Infer, int32, message, optional, pointer, quantity, required, string, time } from './dsl.ts';
import { LabelSelector } from './meta.ts';

export const ObjectMetricSource = message('autoscaling.v1.ObjectMetricSource', 'A metric of an object.', {
  target: required(1, CrossVersionObjectReference, { doc: 'The object that has it.' }),
  metricName: required(2, string, { doc: 'Name of the metric.' }),
  targetValue: required(3, quantity, { doc: 'What its value should be.' }),
  selector: pointer(4, LabelSelector, { doc: 'Which of several series of that name is meant, by labels.' }),
  averageValue: pointer(5, quantity, { doc: 'What its value by pod should be.' }),
});
export type ObjectMetricSource = Infer<typeof ObjectMetricSource>;

export const PodsMetricSource = message('autoscaling.v1.PodsMetricSource', 'A metric that every pod has.', {
  metricName: required(1, string, { doc: 'Name of the metric.' }),
  targetAverageValue: required(2, quantity, { doc: 'What its value by pod should be.' }),
  selector: pointer(3, LabelSelector, { doc: 'Which of several series of that name is meant, by labels.' }),
});
export type PodsMetricSource = Infer<typeof PodsMetricSource>;

export const ResourceMetricSource = message('autoscaling.v1.ResourceMetricSource', 'CPU or memory of pods.', {
  name: required(1, string, { doc: 'cpu or memory.' }),
  targetAverageUtilization: pointer(2, int32, { doc: 'What its average should be, in percent of what is requested.' }),
  targetAverageValue: pointer(3, quantity, { doc: 'What its value by pod should be.' }),
});
export type ResourceMetricSource = Infer<typeof ResourceMetricSource>;

export const ContainerResourceMetricSource = message(
  'autoscaling.v1.ContainerResourceMetricSource',
  'CPU or memory of one container of every pod.',
  {
    name: required(1, string, { doc: 'cpu or memory.' }),
    targetAverageUtilization: pointer(2, int32, {
      doc: 'What its average should be, in percent of what is requested.',
    }),
    targetAverageValue: pointer(3, quantity, { doc: 'What its value by pod should be.' }),
    container: required(5, string, { doc: 'Name of the container.' }),
  },
);
export type ContainerResourceMetricSource = Infer<typeof ContainerResourceMetricSource>;

export const ExternalMetricSource = message(
  'autoscaling.v1.ExternalMetricSource',
  'A metric from outside the cluster.',
  {
    metricName: required(1, string, { doc: 'Name of the metric.' }),
    metricSelector: pointer(2, LabelSelector, { doc: 'Which of several series of that name is meant, by labels.' }),
    targetValue: pointer(3, quantity, { doc: 'What its value should be.' }),
    targetAverageValue: pointer(4, quantity, { doc: 'What its value by pod should be.' }),
  },
);
export type ExternalMetricSource = Infer<typeof ExternalMetricSource>;

export const MetricSpec = message('autoscaling.v1.MetricSpec', 'One metric to scale by, and what it should be.', {
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

export const ObjectMetricStatus = message('autoscaling.v1.ObjectMetricStatus', 'What a metric of an object was.', {
  target: required(1, CrossVersionObjectReference, { doc: 'The object that has it.' }),
  metricName: required(2, string, { doc: 'Name of the metric.' }),
  currentValue: required(3, quantity, { doc: 'What its value is.' }),
  selector: pointer(4, LabelSelector, { doc: 'Which of several series of that name is meant, by labels.' }),
  averageValue: pointer(5, quantity, { doc: 'What its value by pod is.' }),
});
export type ObjectMetricStatus = Infer<typeof ObjectMetricStatus>;

export const PodsMetricStatus = message('autoscaling.v1.PodsMetricStatus', 'What a metric of the pods was.', {
  metricName: required(1, string, { doc: 'Name of the metric.' }),
  currentAverageValue: required(2, quantity, { doc: 'What its value by pod is.' }),
  selector: pointer(3, LabelSelector, { doc: 'Which of several series of that name is meant, by labels.' }),
});
export type PodsMetricStatus = Infer<typeof PodsMetricStatus>;

export const ResourceMetricStatus = message(
  'autoscaling.v1.ResourceMetricStatus',
  'What CPU or memory of the pods was.',
  {
    name: required(1, string, { doc: 'cpu or memory.' }),
    currentAverageUtilization: pointer(2, int32, { doc: 'What its average is, in percent of what is requested.' }),
    currentAverageValue: required(3, quantity, { doc: 'What its value by pod is.' }),
  },
);
export type ResourceMetricStatus = Infer<typeof ResourceMetricStatus>;

export const ContainerResourceMetricStatus = message(
  'autoscaling.v1.ContainerResourceMetricStatus',
  'What CPU or memory of a container was.',
  {
    name: required(1, string, { doc: 'cpu or memory.' }),
    currentAverageUtilization: pointer(2, int32, { doc: 'What its average is, in percent of what is requested.' }),
    currentAverageValue: required(3, quantity, { doc: 'What its value by pod is.' }),
    container: required(4, string, { doc: 'Name of the container.' }),
  },
);
export type ContainerResourceMetricStatus = Infer<typeof ContainerResourceMetricStatus>;

export const ExternalMetricStatus = message('autoscaling.v1.ExternalMetricStatus', 'What a metric from outside was.', {
  metricName: required(1, string, { doc: 'Name of the metric.' }),
  metricSelector: pointer(2, LabelSelector, { doc: 'Which of several series of that name is meant, by labels.' }),
  currentValue: required(3, quantity, { doc: 'What its value is.' }),
  currentAverageValue: pointer(4, quantity, { doc: 'What its value by pod is.' }),
});
export type ExternalMetricStatus = Infer<typeof ExternalMetricStatus>;

export const MetricStatus = message('autoscaling.v1.MetricStatus', 'What one metric was at the last look.', {
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
  'autoscaling.v1.HorizontalPodAutoscalerCondition',
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
