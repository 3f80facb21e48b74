// Pod: containers that share an address (api.md §9, §11, §13, §18). Its rules are in pod/.

import type { Kind } from '../kind.ts';
import { isPodTerminal } from '../pod-conditions.ts';
import { pods } from '../resources.ts';
import { Pod } from '../schema/pod.ts';
import { podColumns, podRowConditions } from './pod/columns.ts';
import { preparePodCreate } from './pod/create.ts';
import { setPodDefaults } from './pod/defaults.ts';
import { preparePodStatusUpdate, validatePodUpdate } from './pod/update.ts';
import { validatePod, validatePodStatus } from './pod/validation.ts';

/** At once when nobody runs it: not scheduled, or ended. */
function gracePeriod(pod: Pod, requested: number | undefined): number | undefined {
  const wanted = requested ?? pod.spec.terminationGracePeriodSeconds ?? 30;
  const seconds = wanted < 0 ? 1 : wanted;
  return !pod.spec.nodeName || isPodTerminal(pod) || seconds === 0 ? undefined : seconds;
}

export const podKind: Kind<Pod> = {
  ...pods,
  singular: 'pod',
  shortNames: ['po'],
  categories: ['all'],
  schema: Pod,
  prepareForCreate: preparePodCreate,
  prepareForStatusUpdate: preparePodStatusUpdate,
  statusKeeps: [['metadata', 'ownerReferences']],
  setDefaults: setPodDefaults,
  validate: validatePod,
  validateUpdate: validatePodUpdate,
  validateStatusUpdate: validatePodStatus,
  nameFormat: 'dns1123Subdomain',
  columns: podColumns,
  rowConditions: podRowConditions,
  selectableFields: {
    'spec.nodeName': ({ spec }) => spec.nodeName ?? '',
    'spec.restartPolicy': ({ spec }) => spec.restartPolicy ?? '',
    'spec.schedulerName': ({ spec }) => spec.schedulerName ?? '',
    'spec.serviceAccountName': ({ spec }) => spec.serviceAccountName ?? '',
    'spec.hostNetwork': ({ spec }) => String(spec.hostNetwork ?? false),
    'status.phase': ({ status }) => status?.phase ?? '',
    'status.podIP': ({ status }) => status?.podIPs?.[0]?.ip ?? status?.podIP ?? '',
    'status.podIPs': ({ status }) => (status?.podIPs ?? []).map(({ ip }) => ip).join(','),
    'status.nominatedNodeName': ({ status }) => status?.nominatedNodeName ?? '',
  },
  hasStatus: true,
  deleteReturnsObject: true,
  gracePeriod,
};
