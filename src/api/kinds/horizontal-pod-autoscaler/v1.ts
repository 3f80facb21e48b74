// HorizontalPodAutoscaler of autoscaling/v1, as the v2 object it is stored as, and back. The target of CPU has a field in
// both; what else there is goes into annotations.

import type { HorizontalPodAutoscaler as V1 } from '../../schema/autoscaling.ts';
import type { HorizontalPodAutoscaler, MetricSpec, MetricStatus } from '../../schema/autoscaling-v2.ts';
import { readRoundTrip, writeRoundTrip } from './annotations.ts';
import { cpuUtilization, defaultMetrics } from './defaults.ts';
import { metricToV1, metricToV2, statusToV1, statusToV2 } from './metrics.ts';

const targetOf = ({ type, resource }: MetricSpec): number | undefined =>
  type === 'Resource' && resource?.name === 'cpu' ? resource.target.averageUtilization : undefined;
const currentOf = ({ type, resource }: MetricStatus): number | undefined =>
  type === 'Resource' && resource?.name === 'cpu' ? resource.current.averageUtilization : undefined;

export function fromV2({ metadata, spec, status }: HorizontalPodAutoscaler): V1 {
  const { metrics = [], behavior, scaleTargetRef, minReplicas, maxReplicas } = spec;
  const target = metrics.map(targetOf).find((percent) => percent !== undefined);
  return {
    metadata: writeRoundTrip(metadata, {
      metrics: metrics.filter((metric) => targetOf(metric) === undefined).map(metricToV1),
      conditions: status?.conditions,
      currentMetrics: status?.currentMetrics.map(statusToV1),
      behavior,
    }),
    spec: {
      scaleTargetRef,
      maxReplicas,
      ...(minReplicas !== undefined && { minReplicas }),
      ...(target !== undefined && { targetCPUUtilizationPercentage: target }),
    },
    ...(status && { status: statusFromV2(status) }),
  };
}

function statusFromV2(status: NonNullable<HorizontalPodAutoscaler['status']>): NonNullable<V1['status']> {
  const { currentMetrics, conditions: _conditions, currentReplicas = 0, ...same } = status;
  const current = currentMetrics.map(currentOf).find((percent) => percent !== undefined);
  return {
    ...same,
    currentReplicas,
    ...(current !== undefined && { currentCPUUtilizationPercentage: current }),
  };
}

/** The metrics of the annotation come first, then that of the field; with neither, CPU is measured. */
export function toV2({ metadata, spec, status }: V1): HorizontalPodAutoscaler {
  const { targetCPUUtilizationPercentage: target, ...same } = spec;
  const { metrics = [], conditions, currentMetrics, behavior } = readRoundTrip(metadata);
  const all = [...metrics.map(metricToV2), ...(target === undefined ? [] : [cpuUtilization(target)])];
  return {
    metadata: writeRoundTrip(metadata, {}),
    spec: { ...same, metrics: all.length > 0 ? all : defaultMetrics(), ...(behavior && { behavior }) },
    ...(status && { status: statusToV2Status(status, currentMetrics?.map(statusToV2), conditions) }),
  };
}

function statusToV2Status(
  { currentCPUUtilizationPercentage: percent, ...same }: NonNullable<V1['status']>,
  annotated: MetricStatus[] | undefined,
  conditions: NonNullable<HorizontalPodAutoscaler['status']>['conditions'],
): NonNullable<HorizontalPodAutoscaler['status']> {
  const cpu: MetricStatus[] =
    percent === undefined
      ? []
      : [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: percent } } }];
  // The annotation has the raw values too.
  return { ...same, currentMetrics: annotated ?? cpu, ...(conditions && { conditions }) };
}
