// Namespace: the scope of names (api.md §6, §11).

import { type FieldError, invalidValue } from '../errors.ts';
import type { Kind } from '../kind.ts';
import { namespaces } from '../resources.ts';
import { Namespace } from '../schema/core.ts';
import { copyJson } from '../schema/json.ts';
import { ageColumn, column, nameColumn } from './columns.ts';
import { validateFinalizer } from './metadata.ts';

const nameLabel = 'kubernetes.io/metadata.name';
/** Held until the namespace controller has emptied the namespace. */
const emptied = 'kubernetes';

/** Lets a selector of namespaces choose one by its name. */
function setDefaults(namespace: Namespace): void {
  namespace.spec ??= {};
  keepNameLabel(namespace);
}

function keepNameLabel({ metadata }: Namespace): void {
  if (metadata.name) metadata.labels = { ...metadata.labels, [nameLabel]: metadata.name };
}

function prepareForCreate(namespace: Namespace): void {
  namespace.spec ??= {};
  namespace.status = { phase: 'Active' };
  const finalizers = namespace.spec.finalizers ?? [];
  if (!finalizers.includes(emptied)) namespace.spec.finalizers = [...finalizers, emptied];
}

/** An ordinary change leaves them as they are. */
const validate = ({ spec }: Namespace, old?: Namespace): FieldError[] =>
  old ? [] : (spec.finalizers ?? []).flatMap((finalizer) => validateFinalizer('spec.finalizers', finalizer));

/** Names that an earlier version stored unchecked stay until who they are for takes them out. */
function validateFinalize({ spec }: Namespace, { spec: old }: Namespace): FieldError[] {
  return (spec.finalizers ?? []).flatMap((finalizer, i) =>
    old.finalizers?.includes(finalizer) ? [] : validateFinalizer(`spec.finalizers[${i}]`, finalizer),
  );
}

/** The phase says nothing but whether the namespace is being deleted. */
function validateStatusUpdate({ metadata, status }: Namespace): FieldError[] {
  const wanted = metadata.deletionTimestamp ? 'Terminating' : 'Active';
  if (status?.phase === wanted) return [];
  const when = metadata.deletionTimestamp ? 'is not empty' : 'is empty';
  return [
    invalidValue('status.Phase', status?.phase ?? '', `may only be '${wanted}' if \`deletionTimestamp\` ${when}`),
  ];
}

export const namespaceKind: Kind<Namespace> = {
  ...namespaces,
  singular: 'namespace',
  shortNames: ['ns'],
  schema: Namespace,
  setDefaults,
  prepareForCreate,
  // Finalizers of the spec go through /finalize only.
  prepareForUpdate: (namespace, old) => {
    namespace.spec = copyJson(old.spec);
  },
  prepareForStatusUpdate: keepNameLabel,
  validate,
  validateStatusUpdate,
  validateFinalize,
  nameFormat: 'dns1123Label',
  columns: [
    nameColumn,
    column(
      'Status',
      'Active, or Terminating while its contents are being deleted',
      ({ status }) => status?.phase ?? '',
    ),
    ageColumn,
  ],
  selectableFields: {
    'status.phase': ({ status }) => status?.phase ?? '',
    name: ({ metadata }) => metadata.name ?? '',
  },
  hasStatus: true,
  deleteReturnsObject: true,
  omitVerbs: ['deletecollection'],
};
