// PodDisruptionBudget: how many pods of an application must be left (api.md §9, §14, §18). Evictions count against it.

import { type FieldError, invalidValue } from '../errors.ts';
import type { Kind } from '../kind.ts';
import { podDisruptionBudgets } from '../resources.ts';
import { PodDisruptionBudget, type PodDisruptionBudgetSpec } from '../schema/policy.ts';
import { atMost100Percent, countOrPercent, notNegative, optionallyOneOf } from './checks.ts';
import { ageColumn, column, integer, nameColumn } from './columns.ts';
import { validateConditions } from './conditions.ts';
import { validateLabelSelector } from './metadata.ts';

function validate({ spec }: PodDisruptionBudget): FieldError[] {
  const { minAvailable, maxUnavailable, unhealthyPodEvictionPolicy, selector } = spec;
  const errors: FieldError[] = [];
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    errors.push(invalidValue('spec', asGo(spec), 'minAvailable and maxUnavailable cannot be both set'));
  }
  for (const [field, share] of Object.entries({ minAvailable, maxUnavailable })) {
    if (share === undefined) continue;
    errors.push(...countOrPercent(`spec.${field}`, share), ...atMost100Percent(`spec.${field}`, share));
  }
  return [
    ...errors,
    ...optionallyOneOf('spec.unhealthyPodEvictionPolicy', unhealthyPodEvictionPolicy, [
      'AlwaysAllow',
      'IfHealthyBudget',
    ]),
    ...validateLabelSelector('spec.selector', selector),
  ];
}

/** As upstream's server shows the spec: under the names that it has there inside. */
const asGo = ({ minAvailable, selector, maxUnavailable, unhealthyPodEvictionPolicy }: PodDisruptionBudgetSpec) => ({
  MinAvailable: minAvailable,
  Selector: selector ?? null,
  MaxUnavailable: maxUnavailable,
  UnhealthyPodEvictionPolicy: unhealthyPodEvictionPolicy ?? null,
});

const noStatus = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 } as const;

function validateStatusUpdate({ status = noStatus }: PodDisruptionBudget): FieldError[] {
  const { disruptionsAllowed, currentHealthy, desiredHealthy, expectedPods } = status;
  const counts = { disruptionsAllowed, currentHealthy, desiredHealthy, expectedPods };
  return [
    ...validateConditions('status.conditions', status.conditions ?? []),
    ...Object.entries(counts).flatMap(([field, count]) => notNegative(`status.${field}`, count)),
  ];
}

const share = (value: number | string | undefined): string => (value === undefined ? 'N/A' : String(value));

export const podDisruptionBudgetKind: Kind<PodDisruptionBudget> = {
  ...podDisruptionBudgets,
  singular: 'poddisruptionbudget',
  shortNames: ['pdb'],
  schema: PodDisruptionBudget,
  prepareForCreate: (budget) => {
    budget.status = { ...noStatus };
  },
  validate,
  validateStatusUpdate,
  nameFormat: 'dns1123Subdomain',
  columns: [
    nameColumn,
    column('Min Available', 'How many pods must stay healthy', ({ spec }) => share(spec.minAvailable)),
    column('Max Unavailable', 'How many pods may be missing', ({ spec }) => share(spec.maxUnavailable)),
    integer('Allowed Disruptions', 'How many may be evicted now', ({ status }) => status?.disruptionsAllowed ?? 0),
    ageColumn,
  ],
  hasStatus: true,
  hasGeneration: true,
  requiresResourceVersion: true,
};
