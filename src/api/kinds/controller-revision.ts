// ControllerRevision: a state of a workload, such as a template, that can be gone back to (api.md §9, §18).

import { isDeepStrictEqual } from 'node:util';
import { type FieldError, invalidValue, required } from '../errors.ts';
import type { Kind } from '../kind.ts';
import { ref } from '../resources.ts';
import * as dsl from '../schema/dsl.ts';
import { objectFields } from '../schema/meta.ts';
import { immutableText, notNegative } from './checks.ts';
import { ageColumn, column, nameColumn, none } from './columns.ts';

const ControllerRevision = dsl.message(
  'apps.v1.ControllerRevision',
  'A state of a StatefulSet or DaemonSet that it can go back to.',
  {
    ...objectFields,
    data: dsl.optional(2, dsl.rawExtension, { doc: 'The state. It cannot be changed.' }),
    revision: dsl.required(3, dsl.int64, { doc: 'Its number: the higher, the newer.' }),
  },
);
type ControllerRevision = dsl.Infer<typeof ControllerRevision>;

const validate = ({ data, revision }: ControllerRevision): FieldError[] => [
  ...(data === undefined ? [required('data', 'data is mandatory')] : []),
  ...notNegative('revision', revision),
];

const validateUpdate = ({ data }: ControllerRevision, old: ControllerRevision): FieldError[] =>
  isDeepStrictEqual(data, old.data) ? [] : [invalidValue('data', data, immutableText)];

/** `statefulset.apps/web`, of the owner that is its controller. */
function controllerCell({ metadata }: ControllerRevision): string {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller);
  if (!owner) return none;
  const [group] = owner.apiVersion.includes('/') ? owner.apiVersion.split('/') : [''];
  const kind = owner.kind.toLowerCase();
  return `${group ? `${kind}.${group}` : kind}/${owner.name}`;
}

export const controllerRevisionKind: Kind<ControllerRevision> = {
  ...ref<ControllerRevision>('apps/v1', 'controllerrevisions', 'ControllerRevision'),
  singular: 'controllerrevision',
  schema: ControllerRevision,
  validate,
  validateUpdate,
  nameFormat: 'dns1123Subdomain',
  columns: [
    nameColumn,
    column('Controller', 'What it is a state of', controllerCell),
    column('Revision', 'Its number', ({ revision }) => revision),
    ageColumn,
  ],
};
