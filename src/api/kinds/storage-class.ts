// StorageClass: how volumes of some sort are made (api.md §9, §18). Almost all of it is settled once.

import { isDeepStrictEqual } from 'node:util';
import { duplicate, type FieldError, forbiddenField, invalidValue, required, tooLong } from '../errors.ts';
import type { Kind } from '../kind.ts';
import { labelValue, qualifiedName } from '../names.ts';
import { ref } from '../resources.ts';
import * as dsl from '../schema/dsl.ts';
import { objectFields } from '../schema/meta.ts';
import { check, checkRequired, immutableText, oneOf, repeats } from './checks.ts';
import { ageColumn, column, nameColumn } from './columns.ts';

const TopologySelectorLabelRequirement = dsl.message(
  'core.v1.TopologySelectorLabelRequirement',
  'A label that nodes must have.',
  {
    key: dsl.required(1, dsl.string, { doc: 'Key of the label.' }),
    values: dsl.required(2, dsl.list(dsl.string), { doc: 'Its values; one of them is enough.' }),
  },
);
const TopologySelectorTerm = dsl.atomic(
  dsl.message('core.v1.TopologySelectorTerm', 'Nodes, chosen by their labels.', {
    matchLabelExpressions: dsl.optional(1, dsl.list(TopologySelectorLabelRequirement), { doc: 'All that must hold.' }),
  }),
);
type TopologySelectorTerm = dsl.Infer<typeof TopologySelectorTerm>;

const StorageClass = dsl.message('storage.v1.StorageClass', 'How volumes of some sort are made.', {
  ...objectFields,
  provisioner: dsl.required(2, dsl.string, { doc: 'Who makes them.' }),
  parameters: dsl.optional(3, dsl.map(dsl.string), { doc: "The provisioner's own settings." }),
  reclaimPolicy: dsl.pointer(4, dsl.string, {
    doc: 'What becomes of a volume when its claim is gone: Delete (default) or Retain.',
  }),
  mountOptions: dsl.optional(5, dsl.list(dsl.string), { doc: 'Options to mount volumes with.' }),
  allowVolumeExpansion: dsl.pointer(6, dsl.bool, { doc: 'Whether claims may ask for more later.' }),
  volumeBindingMode: dsl.pointer(7, dsl.string, {
    doc: 'Immediate (default): at once; WaitForFirstConsumer: when a pod needs it.',
  }),
  allowedTopologies: dsl.optional(8, dsl.list(TopologySelectorTerm), { doc: 'Where volumes may be; one is enough.' }),
});
type StorageClass = dsl.Infer<typeof StorageClass>;

const maxParameters = 512;
const maxParametersSize = 256 * 1024;

function validate({ provisioner, parameters = {}, ...rest }: StorageClass): FieldError[] {
  const format = (text: string) => qualifiedName(text.toLowerCase());
  return [
    ...checkRequired('provisioner', provisioner, format),
    ...validateParameters(parameters),
    ...oneOf('reclaimPolicy', rest.reclaimPolicy, ['Delete', 'Retain']),
    ...oneOf('volumeBindingMode', rest.volumeBindingMode, ['Immediate', 'WaitForFirstConsumer']),
    ...validateTopologies(rest.allowedTopologies ?? []),
  ];
}

function validateParameters(parameters: Record<string, string>): FieldError[] {
  const entries = Object.entries(parameters);
  const size = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  return [
    ...(entries.length > maxParameters ? [tooLong('parameters', maxParameters)] : []),
    ...(Object.hasOwn(parameters, '') ? [invalidValue('parameters', '', 'field can not be empty.')] : []),
    ...(size > maxParametersSize ? [tooLong('parameters', maxParametersSize)] : []),
  ];
}

function validateTopologies(terms: TopologySelectorTerm[]): FieldError[] {
  const repeatedTerms = repeats(terms.map((term) => JSON.stringify(term)));
  return terms.flatMap(({ matchLabelExpressions = [] }, i) => {
    const path = `allowedTopologies[${i}]`;
    const repeatedKeys = repeats(matchLabelExpressions.map(({ key }) => key));
    const errors = matchLabelExpressions.flatMap(({ key, values }, j) => {
      const at = `${path}.matchLabelExpressions[${j}]`;
      const repeated = repeats(values);
      return [
        ...(values.length === 0 ? [required(`${at}.values`)] : []),
        ...values.flatMap((value, k) => [
          ...check(`${at}.values[${k}]`, value, labelValue),
          ...(repeated.has(k) ? [duplicate(`${at}.values[${k}]`, value)] : []),
        ]),
        ...check(`${at}.key`, key, qualifiedName),
        ...(repeatedKeys.has(j) ? [duplicate(`${at}.key`, key)] : []),
      ];
    });
    return repeatedTerms.has(i) ? [...errors, duplicate(`${path}.matchLabelExpressions`, '')] : errors;
  });
}

function validateUpdate(storageClass: StorageClass, old: StorageClass): FieldError[] {
  const fixed = ['parameters', 'provisioner', 'reclaimPolicy'] as const;
  const errors = fixed
    .filter((field) => !isDeepStrictEqual(storageClass[field], old[field]))
    .map((field) => forbiddenField(field, `updates to ${field} are forbidden.`));
  if (storageClass.volumeBindingMode !== old.volumeBindingMode) {
    errors.push(invalidValue('volumeBindingMode', storageClass.volumeBindingMode, immutableText));
  }
  return errors;
}

const defaultAnnotations = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];
const nameCell = ({ metadata }: StorageClass): string => {
  const isDefault = defaultAnnotations.some((key) => metadata.annotations?.[key] === 'true');
  return isDefault ? `${metadata.name} (default)` : (metadata.name ?? '');
};

export const storageClassKind: Kind<StorageClass> = {
  ...ref<StorageClass>('storage.k8s.io/v1', 'storageclasses', 'StorageClass', false),
  singular: 'storageclass',
  shortNames: ['sc'],
  schema: StorageClass,
  setDefaults: (storageClass) => {
    storageClass.reclaimPolicy ??= 'Delete';
    storageClass.volumeBindingMode ??= 'Immediate';
  },
  validate,
  validateUpdate,
  nameFormat: 'dns1123Subdomain',
  columns: [
    { ...nameColumn, cell: nameCell },
    column('Provisioner', 'Who makes the volumes', ({ provisioner }) => provisioner),
    column(
      'ReclaimPolicy',
      'What becomes of a volume without its claim',
      ({ reclaimPolicy }) => reclaimPolicy ?? 'Delete',
    ),
    column(
      'VolumeBindingMode',
      'When a claim gets its volume',
      ({ volumeBindingMode }) => volumeBindingMode ?? 'Immediate',
    ),
    column(
      'AllowVolumeExpansion',
      'Whether claims may ask for more later',
      ({ allowVolumeExpansion }) => allowVolumeExpansion ?? false,
    ),
    ageColumn,
  ],
  deleteReturnsObject: true,
};
