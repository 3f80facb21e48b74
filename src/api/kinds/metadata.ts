// Rules for the metadata that every kind has, and for the labels, annotations and selectors that occur inside of specs
// (api.md §6).

import { type FieldError, forbiddenField, invalidValue, required, tooLong } from '../errors.ts';
import type { Kind } from '../kind.ts';
import { dns1123Label, dns1123Subdomain, labelValue, qualifiedName } from '../names.ts';
import type { KubeObject } from '../object.ts';
import type { LabelSelector, OwnerReference } from '../schema/meta.ts';
import { canonicalAddress } from './addresses.ts';
import { check, checkRequired } from './checks.ts';

const nameFormats = { address: canonicalAddress, dns1123Label, dns1123Subdomain } as const;
const annotationsLimit = 256 * 1024;

/** What any write must satisfy; the server has filled in the namespace, and the name when only its prefix was given. */
export function validateMetadata(kind: Kind, { metadata }: KubeObject): FieldError[] {
  return [
    ...validateName(kind, metadata),
    ...validateNamespace(kind, metadata.namespace),
    ...validateLabels('metadata.labels', metadata.labels),
    ...validateAnnotations('metadata.annotations', metadata.annotations),
    ...validateOwners(metadata.ownerReferences ?? []),
    ...validateFinalizers(metadata.finalizers ?? []),
  ];
}

/** What a change of metadata must satisfy besides: an object that is going may not be held up by new finalizers. */
export function validateMetadataUpdate({ metadata }: KubeObject, { metadata: old }: KubeObject): FieldError[] {
  if (!old.deletionTimestamp) return [];
  const before = new Set(old.finalizers);
  const added = (metadata.finalizers ?? []).filter((finalizer) => !before.has(finalizer));
  if (added.length === 0) return [];
  const found = `, found new finalizers ${JSON.stringify(added)}`;
  return [
    forbiddenField('metadata.finalizers', `no new finalizers can be added if the object is being deleted${found}`),
  ];
}

function validateName(kind: Kind, { name, generateName }: KubeObject['metadata']): FieldError[] {
  const format = nameFormats[kind.nameFormat];
  // A prefix may end in a dash, because something always follows it.
  const prefix = generateName?.replace(/-$/, 'a') ?? '';
  const prefixErrors = prefix
    ? format(prefix).map((detail) => invalidValue('metadata.generateName', generateName, detail))
    : [];
  if (!name) return [...prefixErrors, required('metadata.name', 'name or generateName is required')];
  return [...prefixErrors, ...check('metadata.name', name, format)];
}

function validateNamespace({ namespaced }: Kind, namespace: string | undefined): FieldError[] {
  if (namespaced) return checkRequired('metadata.namespace', namespace, dns1123Label);
  return namespace ? [forbiddenField('metadata.namespace', 'not allowed on this type')] : [];
}

export const validateLabels = (path: string, labels: Record<string, string> | undefined): FieldError[] =>
  Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...check(path, key, qualifiedName),
    ...check(path, value, labelValue),
  ]);

export function validateAnnotations(path: string, annotations: Record<string, string> | undefined): FieldError[] {
  const entries = Object.entries(annotations ?? {});
  const size = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  return [
    ...entries.flatMap(([key]) => qualifiedName(key.toLowerCase()).map((detail) => invalidValue(path, key, detail))),
    ...(size > annotationsLimit ? [tooLong(path, annotationsLimit)] : []),
  ];
}

/** The only ones without a domain. */
const standardFinalizers = ['kubernetes', 'orphan', 'foregroundDeletion'];

function validateFinalizers(finalizers: string[]): FieldError[] {
  const path = 'metadata.finalizers';
  const errors = finalizers.flatMap((finalizer) => check(path, finalizer, qualifiedName));
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    errors.push(invalidValue(path, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'));
  }
  errors.push(...finalizers.flatMap((finalizer, i) => standardOrQualified(`${path}[${i}]`, finalizer)));
  return errors;
}

const neither = 'name is neither a standard finalizer name nor is it fully qualified';
const standardOrQualified = (path: string, finalizer: string): FieldError[] =>
  finalizer.includes('/') || standardFinalizers.includes(finalizer) ? [] : [invalidValue(path, finalizer, neither)];

/** Of the finalizers of a Namespace's spec. */
export const validateFinalizer = (path: string, finalizer: string): FieldError[] => [
  ...check(path, finalizer, qualifiedName),
  ...standardOrQualified(path, finalizer),
];

function validateOwners(owners: OwnerReference[]): FieldError[] {
  const path = 'metadata.ownerReferences';
  const errors = owners.flatMap((owner) => {
    const { apiVersion, kind, name, uid } = owner;
    const version = apiVersion?.split('/').at(-1);
    const empty = (field: string, value: string | undefined, detail = 'must not be empty') =>
      value ? [] : [invalidValue(`${path}.${field}`, value ?? '', detail)];
    return [
      ...empty('apiVersion', version, 'version must not be empty'),
      ...empty('kind', kind),
      ...empty('name', name),
      ...empty('uid', uid),
      ...(apiVersion === 'v1' && kind === 'Event'
        ? [invalidValue(path, owner, '/v1, Kind=Event is disallowed from being an owner')]
        : []),
    ];
  });
  const [first, second] = owners.filter((owner) => owner.controller === true);
  if (first && second) {
    const names = `${first.kind}/${first.name} and ${second.kind}/${second.name}`;
    errors.push(
      invalidValue(
        path,
        owners,
        `Only one reference can have Controller set to true. Found "true" in references for ${names}`,
      ),
    );
  }
  return errors;
}

const setOperators = ['In', 'NotIn'];
const bareOperators = ['Exists', 'DoesNotExist'];
export function validateLabelSelector(path: string, selector: LabelSelector | undefined): FieldError[] {
  const errors = validateLabels(`${path}.matchLabels`, selector?.matchLabels);
  for (const [i, { key, operator, values = [] }] of (selector?.matchExpressions ?? []).entries()) {
    const at = `${path}.matchExpressions[${i}]`;
    if (setOperators.includes(operator)) {
      if (values.length === 0)
        errors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    } else if (bareOperators.includes(operator)) {
      if (values.length > 0) {
        errors.push(
          forbiddenField(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
        );
      }
    } else errors.push(invalidValue(`${at}.operator`, operator, 'not a valid selector operator'));
    errors.push(...check(`${at}.key`, key ?? '', qualifiedName));
    errors.push(...values.flatMap((value, j) => check(`${at}.values[${j}]`, value, labelValue)));
  }
  return errors;
}
