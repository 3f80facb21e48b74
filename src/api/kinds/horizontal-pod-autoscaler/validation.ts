// Rules for the spec of a HorizontalPodAutoscaler, in upstream's words. Version 1 is held against them as version 2.

import { type FieldError, forbiddenField, invalidValue, notSupported, required } from '../../errors.ts';
import { dns1123Label, pathSegment } from '../../names.ts';
import type {
  ContainerResourceMetricSource,
  CrossVersionObjectReference,
  HorizontalPodAutoscalerSpec,
  HPAScalingPolicy,
  HPAScalingRules,
  MetricIdentifier,
  MetricSpec,
  MetricTarget,
} from '../../schema/autoscaling-v2.ts';
import { parseQuantity } from '../../schema/quantity.ts';
import { check, checkRequired, optionallyOneOf } from '../checks.ts';

const limits = { periodSeconds: 1800, stabilizationWindowSeconds: 3600 } as const;

export function validateSpec(spec: HorizontalPodAutoscalerSpec): FieldError[] {
  const { minReplicas = 1, maxReplicas, scaleTargetRef, metrics = [], behavior } = spec;
  const errors: FieldError[] = [];
  if (minReplicas < 1) errors.push(invalidValue('spec.minReplicas', minReplicas, 'must be greater than or equal to 1'));
  if (maxReplicas < 1) errors.push(invalidValue('spec.maxReplicas', maxReplicas, 'must be greater than 0'));
  if (maxReplicas < minReplicas) {
    errors.push(invalidValue('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`'));
  }
  return [
    ...errors,
    ...validateReference('spec.scaleTargetRef', scaleTargetRef),
    ...metrics.flatMap((metric, i) => validateMetric(`spec.metrics[${i}]`, metric)),
    ...validateRules('spec.behavior.scaleUp', behavior?.scaleUp),
    ...validateRules('spec.behavior.scaleDown', behavior?.scaleDown),
  ];
}

const validateReference = (path: string, { kind, name }: CrossVersionObjectReference): FieldError[] => [
  ...checkRequired(`${path}.kind`, kind, pathSegment),
  ...checkRequired(`${path}.name`, name, pathSegment),
];

/** Field of each type of metric, in the order in which upstream looks at them. */
const fields = {
  Object: 'object',
  External: 'external',
  Pods: 'pods',
  Resource: 'resource',
  ContainerResource: 'containerResource',
} as const;
type MetricType = keyof typeof fields;
const types = Object.keys(fields);
const isType = (type: string): type is MetricType => Object.hasOwn(fields, type);

function validateMetric(path: string, metric: MetricSpec): FieldError[] {
  const { type } = metric;
  const wanted = isType(type) ? fields[type] : undefined;
  const given = Object.values(fields).filter((field) => metric[field] !== undefined);
  const [first] = given;
  const errors = type ? [] : [required(`${path}.type`, 'must specify a metric source type')];
  if (!wanted) errors.push(notSupported(`${path}.type`, type, types));
  if (first) errors.push(...validateSource(path, metric, first));
  if (wanted && !given.includes(wanted)) {
    errors.push(required(`${path}.${wanted}`, 'must populate information for the given metric source'));
  }
  if (given.length === 1) return errors;
  const others = given.filter((field) => field !== wanted);
  return [
    ...errors,
    ...others.map((field) => forbiddenField(`${path}.${field}`, 'must populate the given metric source only')),
  ];
}

function validateSource(at: string, metric: MetricSpec, field: (typeof fields)[MetricType]): FieldError[] {
  const { object, external, pods, resource, containerResource } = metric;
  const path = `${at}.${field}`;
  if (field === 'object' && object) {
    const { describedObject, target } = object;
    const errors = [...validateReference(`${path}.describedObject`, describedObject), ...validateNamed(path, object)];
    if (target.value !== undefined || target.averageValue !== undefined) return errors;
    return [...errors, required(`${path}.target.averageValue`, 'must set either a target value or averageValue')];
  }
  if (field === 'external' && external) return validateExternal(path, external);
  if (field === 'pods' && pods) {
    const errors = validateNamed(path, pods);
    if (pods.target.averageValue !== undefined) return errors;
    return [...errors, required(`${path}.target.averageValue`, 'must specify a positive target averageValue')];
  }
  if (field === 'resource' && resource) {
    const errors = resource.name ? [] : [required(`${path}.name`, 'must specify a resource name')];
    return [...errors, ...validateUtilization(`${path}.target`, resource.target)];
  }
  return containerResource ? validateContainer(path, containerResource) : [];
}

interface Named {
  readonly metric: MetricIdentifier;
  readonly target: MetricTarget;
}
const validateNamed = (path: string, { metric, target }: Named): FieldError[] => [
  ...(metric.name
    ? check(`${path}.metric.name`, metric.name, pathSegment)
    : [required(`${path}.metric.name`, 'must specify a metric name')]),
  ...validateTarget(`${path}.target`, target),
];

function validateExternal(path: string, external: Named): FieldError[] {
  const errors = validateNamed(path, external);
  const { value, averageValue } = external.target;
  if (value === undefined && averageValue === undefined) {
    const detail = 'must set either a target value for metric or a per-pod target';
    errors.push(required(`${path}.target.averageValue`, detail));
  }
  if (value !== undefined && averageValue !== undefined) {
    const detail = 'may not set both a target value for metric and a per-pod target';
    errors.push(forbiddenField(`${path}.target.value`, detail));
  }
  return errors;
}

const validateContainer = (path: string, { name, container, target }: ContainerResourceMetricSource): FieldError[] => [
  ...(name ? [] : [required(`${path}.name`, 'must specify a resource name')]),
  ...(container
    ? check(`${path}.container`, container, dns1123Label)
    : [required(`${path}.container`, 'must specify a container')]),
  ...validateUtilization(`${path}.target`, target),
];

function validateUtilization(path: string, target: MetricTarget): FieldError[] {
  const errors = validateTarget(path, target);
  const { averageUtilization, averageValue } = target;
  if (averageUtilization === undefined && averageValue === undefined) {
    const detail = 'must set either a target raw value or a target utilization';
    errors.push(required(`${path}.averageUtilization`, detail));
  }
  if (averageUtilization !== undefined && averageValue !== undefined) {
    errors.push(forbiddenField(`${path}.averageValue`, 'may not set both a target raw value and a target utilization'));
  }
  return errors;
}

function validateTarget(path: string, { type, value, averageValue, averageUtilization }: MetricTarget): FieldError[] {
  const errors = type ? [] : [required(`${path}.type`, 'must specify a metric target type')];
  if (!['Utilization', 'Value', 'AverageValue'].includes(type)) {
    errors.push(invalidValue(`${path}.type`, type, 'must be either Utilization, Value, or AverageValue'));
  }
  for (const [field, amount] of Object.entries({ value, averageValue })) {
    if (amount !== undefined && !isPositive(amount)) {
      errors.push(invalidValue(`${path}.${field}`, amount, 'must be positive'));
    }
  }
  if (averageUtilization !== undefined && averageUtilization < 1) {
    errors.push(invalidValue(`${path}.averageUtilization`, averageUtilization, 'must be greater than 0'));
  }
  return errors;
}

const isPositive = (amount: string): boolean => parseQuantity(amount).nanos > 0n;

function validateRules(path: string, rules: HPAScalingRules | undefined): FieldError[] {
  if (!rules) return [];
  const { stabilizationWindowSeconds: window = 0, selectPolicy, policies = [] } = rules;
  const at = `${path}.stabilizationWindowSeconds`;
  const limit = limits.stabilizationWindowSeconds;
  const errors = window < 0 ? [invalidValue(at, window, 'must be greater than or equal to zero')] : [];
  if (window > limit) errors.push(invalidValue(at, window, `must be less than or equal to ${limit}`));
  errors.push(...optionallyOneOf(`${path}.selectPolicy`, selectPolicy, ['Disabled', 'Max', 'Min']));
  if (policies.length === 0) errors.push(required(`${path}.policies`, 'must specify at least one Policy'));
  return [...errors, ...policies.flatMap((policy, i) => validatePolicy(`${path}.policies[${i}]`, policy))];
}

function validatePolicy(path: string, { type, value, periodSeconds }: HPAScalingPolicy): FieldError[] {
  const limit = limits.periodSeconds;
  const errors = optionallyOneOf(`${path}.type`, type, ['Percent', 'Pods']);
  if (value <= 0) errors.push(invalidValue(`${path}.value`, value, 'must be greater than zero'));
  if (periodSeconds <= 0) {
    errors.push(invalidValue(`${path}.periodSeconds`, periodSeconds, 'must be greater than zero'));
  }
  if (periodSeconds > limit) {
    errors.push(invalidValue(`${path}.periodSeconds`, periodSeconds, `must be less than or equal to ${limit}`));
  }
  return errors;
}
