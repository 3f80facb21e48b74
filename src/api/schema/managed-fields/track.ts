// Ownership after a create, update or patch (api.md §10.3): who writes takes what he changed or added, and what was
// removed leaves everyone. Where nothing changed the entries stay the very ones they were.

import type { ManagedFieldsEntry } from '../meta.ts';
import { changedFields, isSame } from './compare.ts';
import { type Change, Comparisons } from './comparisons.ts';
import { difference, type Fields, fieldsOfPaths, isEmpty, recursiveDifference, union } from './fields.ts';
import type { Ignored } from './ignored.ts';
import { capped, entriesOf, type Manager, managerId, type Owner, ownerOf } from './managers.ts';
import type { Struct } from './shape.ts';
import { createdFields } from './to-fields.ts';

/** What identifies an object, and what the server alone writes. */
const untracked: Fields = fieldsOfPaths(
  ['f:apiVersion'],
  ['f:kind'],
  ['f:metadata'],
  ...[
    'name',
    'namespace',
    'creationTimestamp',
    'selfLink',
    'uid',
    'clusterName',
    'generation',
    'managedFields',
    'resourceVersion',
  ].map((name) => ['f:metadata', `f:${name}`]),
);
/** Without the fields that nobody owns. */
export const tracked = (fields: Fields): Fields => difference(fields, untracked);

/** The fields of an object that one manager gets who has made all of it. */
export const fieldsOfCreator = (shape: Struct, object: object, { fields, top }: Ignored): Fields =>
  recursiveDifference(tracked(createdFields(shape, object, top)), fields);

/** The entries of a new object that nobody but its creator has a part in. */
export function trackCreate(
  shape: Struct,
  object: object,
  manager: Manager,
  ignored: Ignored,
  time: string,
): ManagedFieldsEntry[] | undefined {
  const fields = fieldsOfCreator(shape, object, ignored);
  return isEmpty(fields) ? undefined : entriesOf([ownerOf(manager, fields, time)]);
}

/** The owners after a change by `manager`; the same array when it moves nothing. */
export function trackUpdate(
  change: Change,
  owners: readonly Owner[],
  manager: Manager,
  time: string,
): readonly Owner[] {
  const comparisons = new Comparisons(change);
  const comparison = comparisons.own;
  if (isSame(comparison) && owners.every(({ apiVersion }) => change.versions.shapeOf(apiVersion))) return owners;
  const id = managerId(manager);
  const mine = tracked(changedFields(comparison));
  const rest: Owner[] = [];
  for (const owner of owners) {
    const seen = comparisons.in(owner.apiVersion);
    // Of a version that is served no more.
    if (!seen) continue;
    const kept = owner.id === id ? owner.fields : difference(owner.fields, changedFields(seen));
    const fields = difference(kept, seen.removed);
    if (fields === owner.fields) rest.push(owner);
    else if (!isEmpty(fields) || owner.id === id) rest.push({ ...owner, fields });
  }
  const previous = rest.find((owner) => owner.id === id);
  const others = rest.filter((owner) => owner !== previous);
  const all = union(previous?.fields ?? {}, mine);
  if (isEmpty(mine)) return isEmpty(all) ? others : rest;
  return capped([...others, ownerOf(manager, all, time)]);
}
