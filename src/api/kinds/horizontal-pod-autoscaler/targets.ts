// The Targets cell of a HorizontalPodAutoscaler (api.md §18): `cpu: 12%/80%`, two metrics at most.

import type {
  HorizontalPodAutoscaler,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
} from '../../schema/autoscaling-v2.ts';
import { none } from '../columns.ts';

const shownMetrics = 2;
const unknown = '<unknown>';

export function targets({ spec: { metrics = [] }, status }: HorizontalPodAutoscaler): string {
  if (metrics.length === 0) return none;
  const all = metrics.map((metric, i) => cell(metric, status?.currentMetrics[i]));
  const shown = all.slice(0, shownMetrics).join(', ');
  return all.length > shownMetrics ? `${shown} + ${all.length - shownMetrics} more...` : shown;
}

function cell(
  { type, external, object, pods, resource, containerResource }: MetricSpec,
  status?: MetricStatus,
): string {
  if (type === 'External' && external) return ofValue(external.target, status?.external?.current);
  if (type === 'Object' && object) return ofValue(object.target, status?.object?.current);
  if (type === 'Pods' && pods)
    return `${status?.pods?.current.averageValue ?? unknown}/${pods.target.averageValue ?? ''}`;
  if (type === 'Resource' && resource) {
    return `${resource.name}: ${ofResource(resource.target, status?.resource?.current)}`;
  }
  if (type === 'ContainerResource' && containerResource) {
    return `${containerResource.name}: ${ofResource(containerResource.target, status?.containerResource?.current)}`;
  }
  return '<unknown type>';
}

const ofValue = (target: MetricTarget, current: MetricValueStatus | undefined): string =>
  target.averageValue === undefined
    ? `${current?.value ?? unknown}/${target.value ?? ''}`
    : `${current?.averageValue ?? unknown}/${target.averageValue} (avg)`;

function ofResource(target: MetricTarget, current: MetricValueStatus | undefined): string {
  if (target.averageValue !== undefined) return `${current?.averageValue ?? unknown}/${target.averageValue}`;
  const percent = (value: number | undefined, otherwise: string) => (value === undefined ? otherwise : `${value}%`);
  return `${percent(current?.averageUtilization, unknown)}/${percent(target.averageUtilization, '<auto>')}`;
}
