// What a HorizontalPodAutoscaler is when its author does not say (api.md §13): CPU, one pod at least, and a pace of its own
// for growing and shrinking once any pace is given.

import type { HorizontalPodAutoscalerSpec, HPAScalingRules, MetricSpec } from '../../schema/autoscaling-v2.ts';

const defaultUtilization = 80;

export const defaultMetrics = (): MetricSpec[] => [cpuUtilization(defaultUtilization)];
export const cpuUtilization = (averageUtilization: number): MetricSpec => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
});

const double = { type: 'Percent', value: 100, periodSeconds: 15 } as const;
const fourPods = { type: 'Pods', value: 4, periodSeconds: 15 } as const;
const withDefaults = (rules: HPAScalingRules | undefined, defaults: HPAScalingRules): HPAScalingRules => ({
  ...defaults,
  ...rules,
  selectPolicy: rules?.selectPolicy ?? 'Max',
});

export function setDefaults(spec: HorizontalPodAutoscalerSpec): void {
  spec.minReplicas ??= 1;
  if (!spec.metrics?.length) spec.metrics = defaultMetrics();
  if (!spec.behavior) return;
  const { scaleUp, scaleDown } = spec.behavior;
  spec.behavior = {
    scaleUp: withDefaults(scaleUp, { stabilizationWindowSeconds: 0, policies: [{ ...fourPods }, { ...double }] }),
    scaleDown: withDefaults(scaleDown, { policies: [{ ...double }] }),
  };
}
