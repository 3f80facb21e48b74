// Rules for where a pod may run: node selector, affinity, tolerations, spreading, gates.

import { duplicate, type FieldError, forbiddenField, invalidValue, notSupported, required } from '../../errors.ts';
import { dns1123Subdomain, labelValue, qualifiedName } from '../../names.ts';
import type { Affinity, PodAffinityTerm } from '../../schema/affinity.ts';
import type { PodSpec, TopologySpreadConstraint } from '../../schema/pod.ts';
import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, Toleration } from '../../schema/selector.ts';
import { check, checkOptional, checkRequired, oneOf, optionallyOneOf, positive, repeats } from '../checks.ts';
import { validateLabelSelector, validateLabels } from '../metadata.ts';

export function validateScheduling(spec: PodSpec, path: string): FieldError[] {
  const gates = (spec.schedulingGates ?? []).map(({ name }) => name);
  const repeated = repeats(gates);
  return [
    ...validateLabels(`${path}.nodeSelector`, spec.nodeSelector),
    ...checkOptional(`${path}.nodeName`, spec.nodeName, dns1123Subdomain),
    ...validateAffinity(spec.affinity ?? {}, `${path}.affinity`),
    ...(spec.tolerations ?? []).flatMap((toleration, i) => validateToleration(toleration, `${path}.tolerations[${i}]`)),
    ...validateSpreading(spec.topologySpreadConstraints ?? [], `${path}.topologySpreadConstraints`),
    ...gates.flatMap((name, i) => [
      ...checkRequired(`${path}.schedulingGates[${i}]`, name, qualifiedName),
      ...(repeated.has(i) ? [duplicate(`${path}.schedulingGates[${i}]`, name)] : []),
    ]),
    ...checkOptional(`${path}.priorityClassName`, spec.priorityClassName, dns1123Subdomain),
    ...optionallyOneOf(`${path}.preemptionPolicy`, spec.preemptionPolicy, ['Never', 'PreemptLowerPriority']),
  ];
}

const weightText = 'must be in the range 1-100';
function validateAffinity({ nodeAffinity, podAffinity, podAntiAffinity }: Affinity, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const needed = nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const required_ = 'requiredDuringSchedulingIgnoredDuringExecution';
  const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';
  if (needed) errors.push(...validateNodeSelector(needed, `${path}.nodeAffinity.${required_}`));
  for (const [i, { weight, preference }] of (nodeAffinity?.[preferred] ?? []).entries()) {
    const at = `${path}.nodeAffinity.${preferred}[${i}]`;
    if (weight < 1 || weight > 100) errors.push(invalidValue(`${at}.weight`, weight, weightText));
    errors.push(...validateNodeTerm(preference, `${at}.preference`));
  }
  for (const [field, affinity] of Object.entries({ podAffinity, podAntiAffinity })) {
    for (const [i, term] of (affinity?.[required_] ?? []).entries()) {
      errors.push(...validatePodTerm(term, `${path}.${field}.${required_}[${i}]`));
    }
    for (const [i, { weight, podAffinityTerm }] of (affinity?.[preferred] ?? []).entries()) {
      const at = `${path}.${field}.${preferred}[${i}]`;
      if (weight < 1 || weight > 100) errors.push(invalidValue(`${at}.weight`, weight, weightText));
      errors.push(...validatePodTerm(podAffinityTerm, `${at}.podAffinityTerm`));
    }
  }
  return errors;
}

export function validateNodeSelector({ nodeSelectorTerms: terms }: NodeSelector, path: string): FieldError[] {
  const at = `${path}.nodeSelectorTerms`;
  if (terms.length === 0) return [required(at, 'must have at least one node selector term')];
  return terms.flatMap((term, i) => validateNodeTerm(term, `${at}[${i}]`));
}

const validateNodeTerm = (
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  path: string,
): FieldError[] => [
  ...matchExpressions.flatMap((expression, i) => validateNodeExpression(expression, `${path}.matchExpressions[${i}]`)),
  ...matchFields.flatMap((field, i) => [
    ...(field.key === 'metadata.name'
      ? []
      : [invalidValue(`${path}.matchFields[${i}].key`, field.key, 'not a valid field selector key')]),
    ...(field.values?.length === 1
      ? []
      : [
          required(
            `${path}.matchFields[${i}].values`,
            "must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
          ),
        ]),
  ]),
];

/** How many values an operator takes. */
const operators: ReadonlyMap<string, (count: number) => boolean> = new Map([
  ['In', (count) => count > 0],
  ['NotIn', (count) => count > 0],
  ['Exists', (count) => count === 0],
  ['DoesNotExist', (count) => count === 0],
  ['Gt', (count) => count === 1],
  ['Lt', (count) => count === 1],
]);
function validateNodeExpression({ key, operator, values = [] }: NodeSelectorRequirement, path: string): FieldError[] {
  const errors = check(`${path}.key`, key, qualifiedName);
  const fits = operators.get(operator);
  if (!fits) errors.push(invalidValue(`${path}.operator`, operator, 'not a valid selector operator'));
  else if (fits(values.length)) return errors;
  else if (operator === 'Gt' || operator === 'Lt') {
    errors.push(required(`${path}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
  } else if (values.length === 0) {
    errors.push(required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
  } else {
    errors.push(forbiddenField(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
  }
  return errors;
}

const validatePodTerm = (term: PodAffinityTerm, path: string): FieldError[] => [
  ...validateLabelSelector(`${path}.labelSelector`, term.labelSelector),
  ...validateLabelSelector(`${path}.namespaceSelector`, term.namespaceSelector),
  ...(term.topologyKey
    ? check(`${path}.topologyKey`, term.topologyKey, qualifiedName)
    : [required(`${path}.topologyKey`, 'can not be empty')]),
];

function validateToleration(
  { key, operator, value, effect, tolerationSeconds }: Toleration,
  path: string,
): FieldError[] {
  const errors = key ? check(`${path}.key`, key, qualifiedName) : [];
  if (!key && operator !== 'Exists') {
    errors.push(
      invalidValue(
        `${path}.operator`,
        operator ?? '',
        'operator must be Exists when `key` is empty, which means "match all values and all keys"',
      ),
    );
  }
  if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
    errors.push(
      invalidValue(`${path}.effect`, effect ?? '', "effect must be 'NoExecute' when `tolerationSeconds` is set"),
    );
  }
  if (operator === 'Exists' && value) {
    errors.push(invalidValue(`${path}.operator`, value, "value must be empty when `operator` is 'Exists'"));
  } else if (!operator || operator === 'Equal') errors.push(...check(`${path}.operator`, value ?? '', labelValue));
  else if (operator !== 'Exists') errors.push(notSupported(`${path}.operator`, operator, ['Equal', 'Exists']));
  if (effect) errors.push(...oneOf(`${path}.effect`, effect, ['NoExecute', 'NoSchedule', 'PreferNoSchedule']));
  return errors;
}

function validateSpreading(constraints: TopologySpreadConstraint[], path: string): FieldError[] {
  const pairs = constraints.map(({ topologyKey, whenUnsatisfiable }) => `{${topologyKey}, ${whenUnsatisfiable}}`);
  const repeated = repeats(pairs);
  return constraints.flatMap((constraint, i) => {
    const at = `${path}[${i}]`;
    const pair = pairs[i] as string;
    return [
      ...positive(`${at}.maxSkew`, constraint.maxSkew),
      ...(constraint.topologyKey
        ? check(`${at}.topologyKey`, constraint.topologyKey, qualifiedName)
        : [required(`${at}.topologyKey`, 'can not be empty')]),
      ...oneOf(`${at}.whenUnsatisfiable`, constraint.whenUnsatisfiable, ['DoNotSchedule', 'ScheduleAnyway']),
      ...(repeated.has(i) ? [duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, pair)] : []),
      ...positive(`${at}.minDomains`, constraint.minDomains),
      ...validateLabelSelector(`${at}.labelSelector`, constraint.labelSelector),
    ];
  });
}
