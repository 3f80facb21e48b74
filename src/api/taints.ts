// Taints that the system itself puts on nodes, and which tolerations hold against a taint (api.md §13).

import type { Taint, Toleration } from './schema/selector.ts';

export const notReadyTaint = 'node.kubernetes.io/not-ready';
export const unreachableTaint = 'node.kubernetes.io/unreachable';
export const unschedulableTaint = 'node.kubernetes.io/unschedulable';

/** No key with `Exists` tolerates every taint; no effect means every effect. */
export const tolerates = ({ key, operator = 'Equal', value = '', effect }: Toleration, taint: Taint): boolean =>
  (!effect || effect === taint.effect) &&
  (key ? key === taint.key : operator === 'Exists') &&
  (operator === 'Exists' || value === (taint.value ?? ''));
