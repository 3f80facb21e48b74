// Ownership seen through /scale (api.md §10.3): of all that the owners of a workload have, a Scale shows the number of
// replicas, and a write to the Scale moves nothing else.

import { difference, fieldsOfPaths, has, isEmpty } from './fields.ts';
import type { Owner } from './managers.ts';

const replicas = ['f:spec', 'f:replicas'];
const replicasAlone = fieldsOfPaths(replicas);

/** The owners of the workload's replicas, as owners of the Scale's. They stay who they are. */
export const toScale = (owners: readonly Owner[], scaleVersion: string): Owner[] =>
  owners
    .filter(({ fields }) => has(fields, replicas))
    .map((owner) => ({ ...owner, apiVersion: scaleVersion, fields: replicasAlone }));

/** The owners of the workload, after those of the Scale have become `scaled`. */
export function toParent(owners: readonly Owner[], scaled: readonly Owner[], version: string): Owner[] {
  const owning = new Map(scaled.filter(({ fields }) => has(fields, replicas)).map((owner) => [owner.id, owner]));
  const result = owners.flatMap((owner) => {
    if (!has(owner.fields, replicas) || owning.delete(owner.id)) return [owner];
    const fields = difference(owner.fields, replicasAlone);
    return isEmpty(fields) ? [] : [{ ...owner, fields }];
  });
  // As upstream, which knows no time for them.
  for (const owner of owning.values()) {
    result.push({ ...owner, apiVersion: version, fields: replicasAlone, time: undefined });
  }
  return result;
}
