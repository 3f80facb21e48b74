// Metrics of a HorizontalPodAutoscaler between version 2 and version 1, which has the same five under other names, and a
// field for each kind of target where version 2 has a target with a type.

import type * as v1 from '../../schema/autoscaling-v1-metrics.ts';
import type {
  CrossVersionObjectReference,
  MetricIdentifier,
  MetricSpec,
  MetricStatus,
  MetricTarget,
} from '../../schema/autoscaling-v2.ts';
import type { LabelSelector } from '../../schema/meta.ts';

/** Without the fields that are undefined: they are absent. */
type Given<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: NonNullable<T[K]>;
};
const given = <T extends object>(fields: T): Given<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>;

const identifier = (name: string, selector: LabelSelector | undefined): MetricIdentifier => given({ name, selector });
const reference = ({ kind, name, apiVersion }: CrossVersionObjectReference) => given({ kind, name, apiVersion });

export const metricToV1 = ({ type, object, pods, resource, containerResource, external }: MetricSpec): v1.MetricSpec =>
  given({
    type,
    object:
      object &&
      given({
        target: reference(object.describedObject),
        metricName: object.metric.name,
        selector: object.metric.selector,
        targetValue: object.target.value ?? '0',
        averageValue: object.target.averageValue,
      }),
    pods:
      pods &&
      given({
        metricName: pods.metric.name,
        selector: pods.metric.selector,
        targetAverageValue: pods.target.averageValue ?? '0',
      }),
    resource: resource && given({ name: resource.name, ...usageToV1(resource.target) }),
    containerResource:
      containerResource &&
      given({
        name: containerResource.name,
        container: containerResource.container,
        ...usageToV1(containerResource.target),
      }),
    external:
      external &&
      given({
        metricName: external.metric.name,
        metricSelector: external.metric.selector,
        targetValue: external.target.value,
        targetAverageValue: external.target.averageValue,
      }),
  });

const usageToV1 = ({ averageUtilization, averageValue }: MetricTarget) => ({
  targetAverageUtilization: averageUtilization,
  targetAverageValue: averageValue,
});

export const metricToV2 = ({ type, object, pods, resource, containerResource, external }: v1.MetricSpec): MetricSpec =>
  given({
    type,
    object: object && {
      describedObject: reference(object.target),
      metric: identifier(object.metricName, object.selector),
      target: valueTarget(object.targetValue === '0' ? undefined : object.targetValue, object.averageValue),
    },
    pods: pods && {
      metric: identifier(pods.metricName, pods.selector),
      target: { type: 'AverageValue', averageValue: pods.targetAverageValue },
    },
    resource: resource && { name: resource.name, target: usageTarget(resource) },
    containerResource: containerResource && {
      name: containerResource.name,
      container: containerResource.container,
      target: usageTarget(containerResource),
    },
    external: external && {
      metric: identifier(external.metricName, external.metricSelector),
      target: valueTarget(external.targetValue, external.targetAverageValue),
    },
  });

const valueTarget = (value: string | undefined, averageValue: string | undefined): MetricTarget =>
  given({ type: averageValue === undefined ? 'Value' : 'AverageValue', value, averageValue });
const usageTarget = ({ targetAverageUtilization, targetAverageValue }: v1.ResourceMetricSource): MetricTarget =>
  given({
    type: targetAverageUtilization === undefined ? 'AverageValue' : 'Utilization',
    averageUtilization: targetAverageUtilization,
    averageValue: targetAverageValue,
  });

export const statusToV1 = ({
  type,
  object,
  pods,
  resource,
  containerResource,
  external,
}: MetricStatus): v1.MetricStatus =>
  given({
    type,
    object:
      object &&
      given({
        target: reference(object.describedObject),
        metricName: object.metric.name,
        selector: object.metric.selector,
        currentValue: object.current.value ?? '0',
        averageValue: object.current.averageValue,
      }),
    pods:
      pods &&
      given({
        metricName: pods.metric.name,
        selector: pods.metric.selector,
        currentAverageValue: pods.current.averageValue ?? '0',
      }),
    resource: resource && given({ name: resource.name, ...usageStatusToV1(resource.current) }),
    containerResource:
      containerResource &&
      given({
        name: containerResource.name,
        container: containerResource.container,
        ...usageStatusToV1(containerResource.current),
      }),
    external:
      external &&
      given({
        metricName: external.metric.name,
        metricSelector: external.metric.selector,
        currentValue: external.current.value ?? '0',
        currentAverageValue: external.current.averageValue,
      }),
  });

const usageStatusToV1 = ({
  averageUtilization,
  averageValue = '0',
}: {
  averageUtilization?: number;
  averageValue?: string;
}) => ({
  currentAverageUtilization: averageUtilization,
  currentAverageValue: averageValue,
});

export const statusToV2 = ({
  type,
  object,
  pods,
  resource,
  containerResource,
  external,
}: v1.MetricStatus): MetricStatus =>
  given({
    type,
    object: object && {
      describedObject: reference(object.target),
      metric: identifier(object.metricName, object.selector),
      current: given({ value: object.currentValue, averageValue: object.averageValue }),
    },
    pods: pods && {
      metric: identifier(pods.metricName, pods.selector),
      current: { averageValue: pods.currentAverageValue },
    },
    resource: resource && { name: resource.name, current: usageStatus(resource) },
    containerResource: containerResource && {
      name: containerResource.name,
      container: containerResource.container,
      current: usageStatus(containerResource),
    },
    external: external && {
      metric: identifier(external.metricName, external.metricSelector),
      current: given({ value: external.currentValue, averageValue: external.currentAverageValue }),
    },
  });

const usageStatus = ({ currentAverageUtilization, currentAverageValue }: v1.ResourceMetricStatus) =>
  given({ averageUtilization: currentAverageUtilization, averageValue: currentAverageValue });
