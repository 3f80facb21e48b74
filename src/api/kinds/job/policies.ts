// Rules for what a job does about failed pods, and for when enough of its indexes have succeeded.

import {
  duplicate,
  type FieldError,
  invalidField,
  invalidValue,
  notSupported,
  required,
  tooLong,
} from '../../errors.ts';
import { qualifiedName } from '../../names.ts';
import type {
  JobSpec,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyOnPodConditionsPattern,
  PodFailurePolicyRule,
  SuccessPolicyRule,
} from '../../schema/job.ts';
import { check, notNegative, tooMany } from '../checks.ts';
import { countIndexes, indexesError } from './indexes.ts';

const maxRules = 20;
const maxPatterns = 20;
const maxExitCodes = 255;
const maxIndexesLength = 64 * 1024;

/** Like oneOf, with the choices in the words that clients know where the value is missing. */
function chosen(path: string, value: string, supported: readonly string[]): FieldError[] {
  if (value === '')
    return [required(path, `valid values: [${supported.map((text) => JSON.stringify(text)).join(' ')}]`)];
  return supported.includes(value) ? [] : [notSupported(path, value, supported)];
}

export function validateFailurePolicy(spec: JobSpec, path: string): FieldError[] {
  const rules = spec.podFailurePolicy?.rules ?? [];
  return [
    ...tooMany(`${path}.rules`, rules.length, maxRules),
    ...rules.flatMap((rule, i) => validateFailureRule(spec, rule, `${path}.rules[${i}]`)),
  ];
}

function validateFailureRule(spec: JobSpec, rule: PodFailurePolicyRule, path: string): FieldError[] {
  const { action, onExitCodes, onPodConditions = [] } = rule;
  const errors = chosen(`${path}.action`, action, ['Count', 'FailIndex', 'FailJob', 'Ignore']);
  if (action === 'FailIndex' && spec.backoffLimitPerIndex === undefined) {
    errors.push(invalidValue(`${path}.action`, action, 'requires the backoffLimitPerIndex to be set'));
  }
  if (onExitCodes) errors.push(...validateExitCodes(spec, onExitCodes, `${path}.onExitCodes`));
  errors.push(...validatePatterns(onPodConditions, `${path}.onPodConditions`));
  if (onExitCodes && onPodConditions.length > 0) {
    errors.push(invalidField(path, 'specifying both OnExitCodes and OnPodConditions is not supported'));
  }
  if (!onExitCodes && onPodConditions.length === 0) {
    errors.push(invalidField(path, 'specifying one of OnExitCodes and OnPodConditions is required'));
  }
  return errors;
}

const validatePatterns = (patterns: PodFailurePolicyOnPodConditionsPattern[], path: string): FieldError[] => [
  ...tooMany(path, patterns.length, maxPatterns),
  ...patterns.flatMap(({ type, status }, i) => [
    ...check(`${path}[${i}].type`, type, qualifiedName),
    ...chosen(`${path}[${i}].status`, status, ['False', 'True', 'Unknown']),
  ]),
];

function validateExitCodes(
  { template }: JobSpec,
  { operator, containerName, values }: PodFailurePolicyOnExitCodesRequirement,
  path: string,
): FieldError[] {
  const errors = chosen(`${path}.operator`, operator, ['In', 'NotIn']);
  const containers = [...(template.spec?.containers ?? []), ...(template.spec?.initContainers ?? [])];
  if (containerName !== undefined && !containers.some(({ name }) => name === containerName)) {
    const detail = 'must be one of the container or initContainer names in the pod template';
    errors.push(invalidValue(`${path}.containerName`, containerName, detail));
  }
  const at = `${path}.values`;
  if (values.length === 0) errors.push(invalidValue(at, values, 'at least one value is required'));
  errors.push(...tooMany(at, values.length, maxExitCodes));
  const seen = new Set<number>();
  for (const [i, value] of values.entries()) {
    if (operator === 'In' && value === 0) {
      errors.push(invalidValue(`${at}[${i}]`, value, 'must not be 0 for the In operator'));
    }
    if (seen.has(value)) errors.push(duplicate(`${at}[${i}]`, value));
    seen.add(value);
  }
  const isOrdered = values.every((value, i) => i === 0 || (values[i - 1] as number) <= value);
  return isOrdered ? errors : [...errors, invalidValue(at, values, 'must be ordered')];
}

export function validateSuccessPolicy(spec: JobSpec, path: string): FieldError[] {
  if (spec.completionMode !== 'Indexed') {
    return [invalidValue(path, spec.successPolicy, 'requires indexed completion mode')];
  }
  const rules = spec.successPolicy?.rules ?? [];
  const none = 'at least one rules must be specified when the successPolicy is specified';
  return [
    ...(rules.length === 0 ? [required(`${path}.rules`, none)] : []),
    ...tooMany(`${path}.rules`, rules.length, maxRules),
    ...rules.flatMap((rule, i) => validateSuccessRule(spec.completions ?? 0, rule, `${path}.rules[${i}]`)),
  ];
}

function validateSuccessRule(completions: number, rule: SuccessPolicyRule, path: string): FieldError[] {
  const { succeededIndexes: indexes, succeededCount: count } = rule;
  if (indexes === undefined && count === undefined) {
    return [required(path, 'at least one of succeededCount or succeededIndexes must be specified')];
  }
  const errors: FieldError[] = [];
  let total = 0;
  if (indexes !== undefined) {
    const at = `${path}.succeededIndexes`;
    if (indexes.length > maxIndexesLength) errors.push(tooLong(at, maxIndexesLength));
    const problem = indexesError(indexes, completions);
    if (problem) errors.push(invalidValue(at, indexes, `error parsing succeededIndexes: ${problem}`));
    else total = countIndexes(indexes, completions);
  }
  if (count === undefined) return errors;
  const at = `${path}.succeededCount`;
  const atMost = (limit: number, what: string) =>
    count > limit ? [invalidValue(at, count, `must be less than or equal to ${limit} (${what})`)] : [];
  return [
    ...errors,
    ...notNegative(at, count),
    ...atMost(completions, 'the number of specified completions'),
    ...(indexes === undefined ? [] : atMost(total, 'the number of indexes in the specified succeededIndexes field')),
  ];
}
