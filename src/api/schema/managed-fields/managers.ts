// The entries of metadata.managedFields: who owns what (api.md §10.3). An entry's identity is its manager, operation and
// sub-resource, for updates also the version they were written in. The sets in entries are used as they are stored.

import type { ManagedFieldsEntry } from '../meta.ts';
import { decodeFields } from './decode.ts';
import { equalJson } from './equal.ts';
import { type Fields, isEmpty, union } from './fields.ts';

/** Who writes, and by which way. */
export interface Manager {
  readonly name: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
}

export interface Owner extends Manager {
  /** Upstream's identifier: it also orders the managers in the text of a conflict. */
  readonly id: string;
  readonly time: string | undefined;
  readonly fields: Fields;
}

const fieldsType = 'FieldsV1';
const maxUpdaters = 10;
const ancientChanges = 'ancient-changes';

export function managerId({ name, operation, apiVersion, subresource }: Manager): string {
  return JSON.stringify({
    manager: name || 'unknown',
    operation,
    ...(operation === 'Update' && { apiVersion }),
    ...(subresource && { subresource }),
  });
}

export const ownerOf = (manager: Manager, fields: Fields, time: string | undefined): Owner => ({
  ...manager,
  name: manager.name || 'unknown',
  id: managerId(manager),
  time,
  fields,
});

/** What the server has stored. */
export const storedOwners = (entries: readonly ManagedFieldsEntry[] | undefined): Owner[] =>
  (entries ?? []).map((entry) => ownerOf(managerOf(entry), (entry.fieldsV1 ?? {}) as Fields, entry.time));

const managerOf = ({ manager = '', operation, apiVersion = '', subresource = '' }: ManagedFieldsEntry): Manager => ({
  name: manager,
  operation: operation === 'Apply' ? 'Apply' : 'Update',
  apiVersion,
  subresource,
});

/** What a client has sent; undefined when it makes no sense, or says nothing. Of entries of one identity the last counts. */
export function decodeOwners(entries: readonly ManagedFieldsEntry[] | undefined): Owner[] | undefined {
  const owners = new Map<string, Owner>();
  for (const entry of entries ?? []) {
    const { operation, apiVersion, fieldsType: notation, fieldsV1, time } = entry;
    if ((operation !== 'Apply' && operation !== 'Update') || !apiVersion || notation !== fieldsType) return undefined;
    try {
      const owner = ownerOf(managerOf(entry), decodeFields(fieldsV1 ?? {}), time);
      owners.set(owner.id, owner);
    } catch (error) {
      if (error instanceof SyntaxError) return undefined;
      throw error;
    }
  }
  return owners.size > 0 ? [...owners.values()] : undefined;
}

/** Whether a client asks for all ownership to be forgotten: by an empty list, or by one empty entry. */
export const isReset = (entries: readonly ManagedFieldsEntry[] | undefined): boolean =>
  entries !== undefined && (entries.length === 0 || (entries.length === 1 && isEmpty((entries[0] ?? {}) as Fields)));

/** The entries to store, in upstream's order; undefined when nobody owns anything. */
export function entriesOf(owners: readonly Owner[]): ManagedFieldsEntry[] | undefined {
  if (owners.length === 0) return undefined;
  return [...owners].sort(compareOwners).map(({ name, operation, apiVersion, time, fields, subresource }) => ({
    manager: name,
    operation,
    apiVersion,
    ...(time !== undefined && { time }),
    fieldsType,
    fieldsV1: fields as Record<string, unknown>,
    ...(subresource && { subresource }),
  }));
}

function compareOwners(a: Owner, b: Owner): number {
  return (
    compareText(a.operation, b.operation) ||
    compareText(a.time ?? '', b.time ?? '') ||
    compareText(a.name, b.name) ||
    compareText(a.apiVersion, b.apiVersion) ||
    compareText(a.subresource, b.subresource)
  );
}

const compareText = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);

/** Keeps the number of updaters bounded: the oldest become one, for each version. */
export function capped(owners: readonly Owner[]): readonly Owner[] {
  const updaters = owners.filter(({ operation }) => operation === 'Update');
  let count = updaters.length;
  if (count <= maxUpdaters) return owners;
  updaters.sort((a, b) => compareText(a.time ?? '', b.time ?? '') || compareText(a.id, b.id));
  const kept = new Map(owners.map((owner) => [owner.id, owner]));
  const oldest = new Map<string, string>();
  for (const owner of updaters) {
    if (count <= maxUpdaters) break;
    const { apiVersion } = owner;
    const first = oldest.get(apiVersion);
    if (first === undefined) {
      oldest.set(apiVersion, owner.id);
      continue;
    }
    const ancient: Manager = { name: ancientChanges, operation: 'Update', apiVersion, subresource: '' };
    const bucket = managerId(ancient);
    let { fields } = owner;
    for (const id of new Set([first, bucket])) fields = union(fields, kept.get(id)?.fields ?? {});
    for (const id of [first, owner.id]) kept.delete(id);
    kept.set(bucket, ownerOf(ancient, fields, owner.time));
    oldest.set(apiVersion, bucket);
    count--;
  }
  return [...kept.values()];
}

/** Whether both say the same but for the times of it. */
export function equalButForTimes(
  a: readonly ManagedFieldsEntry[] | undefined,
  b: readonly ManagedFieldsEntry[] | undefined,
): boolean {
  if (a === b) return true;
  if (a?.length !== b?.length) return false;
  return (a ?? []).every((entry, index) => equalJson({ ...entry, time: '' }, { ...b?.[index], time: '' }));
}
