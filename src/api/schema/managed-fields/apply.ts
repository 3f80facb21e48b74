// Server-side apply, pure (api.md §10.3): a configuration onto a live object. Its values win; what the applier owned and
// names no more is removed, unless somebody else owns it; what others own with another value is a conflict.

import { changedFields } from './compare.ts';
import { Comparisons } from './comparisons.ts';
import { type Conflict, conflictsOf } from './conflicts.ts';
import { equalJson } from './equal.ts';
import { difference, type Fields, intersection, isEmpty, recursiveDifference, union } from './fields.ts';
import type { Ignored } from './ignored.ts';
import { type Manager, managerId, type Owner, ownerOf } from './managers.ts';
import { merge } from './merge.ts';
import { reconciled, removeFields, withNamedFields } from './remove.ts';
import { toFields } from './to-fields.ts';
import { tracked } from './track.ts';
import type { Versions } from './versions.ts';

export interface Application {
  readonly versions: Versions;
  /** Both in the version of `manager`. */
  readonly live: object;
  /** Must have been checked by `checkApplied`. */
  readonly config: object;
  readonly owners: readonly Owner[];
  readonly manager: Manager;
  readonly ignored: Ignored;
  readonly force: boolean;
  readonly time: string;
}

export type Applied =
  | { readonly object: object; readonly owners: readonly Owner[] }
  | { readonly conflicts: readonly Conflict[] };

/** The merged object may have nulls in it: they count as absent. */
export function apply(application: Application): Applied {
  const { versions, live, config, manager, ignored, force } = application;
  const version = manager.apiVersion;
  const shape = versions.shapeOf(version);
  if (!shape) throw new TypeError(`version ${version} is applied, but not served`);
  const id = managerId(manager);
  const known = application.owners.flatMap((owner) => {
    const form = versions.shapeOf(owner.apiVersion);
    return form ? [{ ...owner, fields: reconciled(form, owner.fields) }] : [];
  });
  const last = known.find((owner) => owner.id === id);
  const set = recursiveDifference(toFields(shape, config), ignored.fields);
  const mine = ownerOf(manager, set, last?.time);
  const others = known.filter((owner) => owner !== last);
  const merged = merge(shape, live, config) as object;
  const after = last ? pruned(versions, merged, version, last, [...others, mine]) : merged;

  const comparisons = new Comparisons({ versions, version, before: live, after, ignored });
  const disputed = others.map((owner) => {
    const seen = comparisons.in(owner.apiVersion);
    return { owner, fields: seen ? intersection(owner.fields, changedFields(seen)) : {}, removed: seen?.removed ?? {} };
  });
  const conflicts = conflictsOf(disputed);
  if (conflicts.length > 0 && !force) return { conflicts };
  const left = disputed.flatMap(({ owner, fields, removed }) => {
    const rest = difference(difference(owner.fields, fields), removed);
    return isEmpty(rest) ? [] : [rest === owner.fields ? owner : { ...owner, fields: rest }];
  });
  const own = tracked(set);
  const isChanged = !equalJson(live, after);
  const time = isChanged ? application.time : last?.time;
  return { object: after, owners: isEmpty(own) ? left : [...left, ownerOf(manager, own, time)] };
}

/** The merged object without what the applier owned last time, and neither he nor anybody else owns now. */
function pruned(versions: Versions, merged: object, version: string, last: Owner, owners: readonly Owner[]): object {
  if (isEmpty(last.fields)) return merged;
  const convert = (object: object, from: string, to: string): object =>
    from === to ? object : versions.convert(object, from, to);
  const original = convert(merged, version, last.apiVersion);
  const shape = versions.shapeOf(last.apiVersion);
  if (!shape) return merged;
  const lastFields = withNamedFields(shape, last.fields);
  let result = asObject(removeFields(shape, original, lastFields));
  // What somebody owns comes back, first in the version in which it was taken away.
  const versionsOfOwners = [...new Set([last.apiVersion, ...owners.map(({ apiVersion }) => apiVersion)])];
  for (const at of versionsOfOwners) {
    const form = versions.shapeOf(at);
    if (!form) continue;
    const owned = owners.reduce<Fields>(
      (all, { apiVersion, fields }) => (apiVersion === at ? union(all, fields) : all),
      {},
    );
    const whole = convert(merged, version, at);
    const kept = convert(result, last.apiVersion, at);
    const named = (object: object): Fields => withNamedFields(form, toFields(form, object));
    const gone = difference(named(whole), union(named(kept), withNamedFields(form, owned)));
    result = convert(asObject(removeFields(form, whole, gone)), at, last.apiVersion);
  }
  // What the applier never owned stays, owned by somebody or not.
  const named = (object: object): Fields => withNamedFields(shape, toFields(shape, object));
  const gone = intersection(difference(named(original), named(result)), lastFields);
  return convert(asObject(removeFields(shape, original, gone)), last.apiVersion, version);
}

const asObject = (value: unknown): object => (value ?? {}) as object;
