// HorizontalPodAutoscaler (api.md §9, §13, §18): keeps the number of pods of a workload in step with what they have to do.
// Version 2 is what is stored; version 1 is the same object in the words of its time.

import type { FieldError } from '../errors.ts';
import { type Kind, storedAs } from '../kind.ts';
import type { KubeObject } from '../object.ts';
import { horizontalPodAutoscalers, horizontalPodAutoscalersV1 } from '../resources.ts';
import { HorizontalPodAutoscaler as HorizontalPodAutoscalerV1 } from '../schema/autoscaling.ts';
import { HorizontalPodAutoscaler } from '../schema/autoscaling-v2.ts';
import { notNegative } from './checks.ts';
import { ageColumn, column, nameColumn } from './columns.ts';
import { dropRoundTripAnnotations } from './horizontal-pod-autoscaler/annotations.ts';
import { setDefaults } from './horizontal-pod-autoscaler/defaults.ts';
import { targets } from './horizontal-pod-autoscaler/targets.ts';
import { fromV2, toV2 } from './horizontal-pod-autoscaler/v1.ts';
import { validateSpec } from './horizontal-pod-autoscaler/validation.ts';

function validateStatusUpdate({ status }: HorizontalPodAutoscaler): FieldError[] {
  return [
    ...notNegative('status.currentReplicas', status?.currentReplicas),
    ...notNegative('status.desiredReplicas', status?.desiredReplicas),
  ];
}

export const horizontalPodAutoscalerKind: Kind<HorizontalPodAutoscaler> = {
  ...horizontalPodAutoscalers,
  singular: 'horizontalpodautoscaler',
  shortNames: ['hpa'],
  categories: ['all'],
  schema: HorizontalPodAutoscaler,
  prepareForCreate: (autoscaler) => {
    autoscaler.status = { desiredReplicas: 0, currentMetrics: [] };
  },
  setDefaults: (autoscaler) => {
    // Here they say nothing, and would hide what version 1 puts into them.
    dropRoundTripAnnotations(autoscaler.metadata);
    setDefaults(autoscaler.spec);
  },
  validate: ({ spec }) => validateSpec(spec),
  validateStatusUpdate,
  nameFormat: 'dns1123Subdomain',
  columns: [
    nameColumn,
    column(
      'Reference',
      'What is scaled',
      ({ spec: { scaleTargetRef } }) => `${scaleTargetRef.kind}/${scaleTargetRef.name}`,
    ),
    column('Targets', 'What is measured, and what it should be', targets),
    column('MinPods', 'Fewest pods', ({ spec }) => String(spec.minReplicas ?? '<unset>')),
    column('MaxPods', 'Most pods', ({ spec }) => spec.maxReplicas),
    column('Replicas', 'Pods at the last look', ({ status }) => status?.currentReplicas ?? 0),
    ageColumn,
  ],
  hasStatus: true,
};

/** A table has many cells of each object, and to convert one means to read JSON. */
const converted = new WeakMap<KubeObject, HorizontalPodAutoscaler>();
function shown(object: HorizontalPodAutoscalerV1): HorizontalPodAutoscaler {
  const known = converted.get(object) ?? toV2(object);
  converted.set(object, known);
  return known;
}

export const horizontalPodAutoscalerV1Kind: Kind<HorizontalPodAutoscalerV1> = {
  ...horizontalPodAutoscalersV1,
  singular: 'horizontalpodautoscaler',
  shortNames: ['hpa'],
  categories: ['all'],
  schema: HorizontalPodAutoscalerV1,
  storedAs: storedAs(horizontalPodAutoscalerKind, { toStored: toV2, fromStored: fromV2 }),
  prepareForCreate: (autoscaler) => {
    autoscaler.status = { currentReplicas: 0, desiredReplicas: 0 };
  },
  setDefaults: ({ spec }) => {
    spec.minReplicas ??= 1;
  },
  validate: (autoscaler) => validateSpec(toV2(autoscaler).spec),
  validateStatusUpdate: (autoscaler) => validateStatusUpdate(toV2(autoscaler)),
  nameFormat: 'dns1123Subdomain',
  columns: horizontalPodAutoscalerKind.columns.map((column) => ({
    ...column,
    cell: (object, now) => column.cell(shown(object), now),
  })),
  hasStatus: true,
};
