// Scale (autoscaling/v1): the table of the `/scale` sub-resource, which has no objects of its own.

import type { Column } from '../kind.ts';
import type { Scale } from '../schema/autoscaling.ts';
import { ageColumn, integer, nameColumn } from './columns.ts';

export const scaleColumns: readonly Column<Scale>[] = [
  nameColumn,
  integer('Desired', 'Pods that are wanted', ({ spec }) => spec.replicas ?? 0),
  integer('Available', 'Pods that there are', ({ status }) => status?.replicas ?? 0),
  ageColumn,
];
