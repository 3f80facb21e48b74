// Who owns which fields, kept in metadata.managedFields by every write (api.md §10.3). What owning means is pure and lives
// in `#api/schema/managed-fields`; here it meets the objects, versions and sub-resources that the server has.

import { apiVersionOf, type FieldError, invalidValue, type Kind, type KubeObject, tooLong } from '#api/index.ts';
import {
  decodeOwners,
  entriesOf,
  equalJson,
  type Ignored,
  ignoredFields,
  isReset,
  type Manager,
  nothingIgnored,
  type Owner,
  shapeOf,
  storedOwners,
  trackCreate,
  trackUpdate,
} from '#api/schema/managed-fields/index.ts';
import type { ManagedFieldsEntry } from '#api/schema/meta.ts';
import { timestamp } from '#api/schema/time.ts';
import { versionsOf } from './object-versions.ts';

type Entries = ManagedFieldsEntry[] | undefined;

/** Whose write it is, and by which way. */
export interface Writing {
  readonly fieldManager: string;
  /** Empty for the object itself. */
  readonly subresource: string;
}

export const managerOf = (kind: Kind, { fieldManager, subresource }: Writing, operation: 'Apply' | 'Update') =>
  ({ name: fieldManager, operation, apiVersion: apiVersionOf(kind), subresource }) satisfies Manager;

/** The entries of an object that is about to be created. What the client sent counts, unless it asks to forget it. */
export function ownersOfNew(kind: Kind, object: KubeObject, writing: Writing, now: Date): Entries {
  const shape = shapeOf(kind.schema);
  const manager = managerOf(kind, writing, 'Update');
  const ignored = ignoredBy(kind, writing.subresource);
  const given = object.metadata.managedFields;
  const owners = given && !isReset(given) ? decodeOwners(given) : undefined;
  if (!owners) return trackCreate(shape, object, manager, ignored, timestamp(now));
  const change = { versions: versionsOf(kind), version: manager.apiVersion, before: {}, after: object, ignored };
  return entriesOf(trackUpdate(change, owners, manager, timestamp(now)));
}

/** The entries after a change; those of `old`, the very same, when it moves nothing. */
export function ownersAfter(kind: Kind, object: KubeObject, old: KubeObject, writing: Writing, now: Date): Entries {
  const stored = old.metadata.managedFields;
  const { entries, owners } = startingPoint(object.metadata.managedFields, stored, writing);
  // Who has forgotten all is not tracked again before the next apply.
  if (owners.length === 0) return undefined;
  const manager = managerOf(kind, writing, 'Update');
  const version = manager.apiVersion;
  const ignored = ignoredBy(kind, writing.subresource);
  const change = { versions: versionsOf(kind), version, before: old, after: object, ignored };
  const after = trackUpdate(change, owners, manager, timestamp(now));
  return after === owners && entries ? entries : entriesOf(after);
}

interface Start {
  /** Of the owners, when they are as stored. */
  readonly entries: Entries;
  readonly owners: readonly Owner[];
}

/** A client may write ownership itself, through the object; what it leaves out or gets wrong stays as it was. */
function startingPoint(given: Entries, stored: Entries, { subresource }: Writing): Start {
  const asStored = { entries: stored, owners: storedOwners(stored) };
  if (subresource || given === undefined || given === stored || equalJson(given, stored)) return asStored;
  if (isReset(given)) return { entries: undefined, owners: [] };
  const owners = decodeOwners(given);
  return owners ? { entries: undefined, owners } : asStored;
}

const ignoredByKind = new WeakMap<Kind, Ignored>();
const status = ignoredFields(['status']);

/** What a write to the object, or to one of its sub-resources, does not change. */
export function ignoredBy(kind: Kind, subresource: string): Ignored {
  if (subresource !== 'status') return kind.hasStatus ? status : nothingIgnored;
  let known = ignoredByKind.get(kind);
  if (!known) {
    const others = shapeOf(kind.schema).fields.filter(({ name }) => name !== 'status' && name !== 'metadata');
    known = ignoredFields(...others.map(({ name }) => [name]), ...(kind.statusKeeps ?? []));
    ignoredByKind.set(kind, known);
  }
  return known;
}

/** What a client may have got wrong in entries that make sense otherwise. */
export function validateEntries({ metadata }: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, { manager = '', subresource = '' }] of (metadata.managedFields ?? []).entries()) {
    const path = `metadata.managedFields[${index}]`;
    errors.push(...validateManager(manager, `${path}.manager`));
    if (subresource.length > 256) errors.push(tooLong(`${path}.subresource`, 256));
  }
  return errors;
}

const longestManager = 128;
const unprintable = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u;

export function validateManager(manager: string, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (manager.length > longestManager / 4 && Buffer.byteLength(manager) > longestManager) {
    errors.push(tooLong(path, longestManager));
  }
  if (!unprintable.test(manager)) return errors;
  let position = 0;
  for (const character of manager) {
    if (unprintable.test(character)) {
      const code = `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
      errors.push(invalidValue(path, manager, `invalid character ${code} (at position ${position})`));
    }
    position += Buffer.byteLength(character);
  }
  return errors;
}

/** The manager of a client that names none: the product of its user agent. */
export function managerOfUserAgent(userAgent = ''): string {
  let manager = '';
  for (const character of userAgent.split('/', 1)[0] ?? '') {
    if (unprintable.test(character)) continue;
    if (Buffer.byteLength(manager + character) > longestManager) break;
    manager += character;
  }
  return manager;
}
