// Conflicts of an apply, in upstream's words (api.md §10.3), which kubectl and people's scripts look for.

import { type Fields, pathsOf } from './fields.ts';
import type { Owner } from './managers.ts';
import { formatPath } from './path-element.ts';

export interface Conflict {
  readonly owner: Owner;
  /** As in `.spec.containers[name="app"].image`. */
  readonly path: string;
  readonly elements: readonly string[];
}

/** Sorted by manager, and by path for each. */
export const conflictsOf = (disputed: readonly { owner: Owner; fields: Fields }[]): Conflict[] =>
  [...disputed]
    .sort((a, b) => (a.owner.id < b.owner.id ? -1 : 1))
    .flatMap(({ owner, fields }) =>
      [...pathsOf(fields)].map((elements) => ({ owner, elements, path: formatPath(elements) })),
    );

/** By identity, which names the version in which updates came, whatever the fields are named in now. */
function describe({ id, name, subresource }: Owner): string {
  const { operation, apiVersion } = JSON.parse(id);
  const where = subresource ? ` with subresource ${JSON.stringify(subresource)}` : '';
  return `${JSON.stringify(name)}${where}${operation === 'Update' ? ` using ${apiVersion}` : ''}`;
}

export function conflictMessage(conflicts: readonly Conflict[]): string {
  const [first] = conflicts;
  if (first && conflicts.length === 1) {
    return `Apply failed with 1 conflict: conflict with ${describe(first.owner)}: ${first.path}`;
  }
  const lines: string[] = [];
  for (const [index, { owner, path }] of conflicts.entries()) {
    if (conflicts[index - 1]?.owner.id !== owner.id) lines.push(`conflicts with ${describe(owner)}:`);
    lines.push(`- ${path}`);
  }
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`;
}

export const conflictCauses = (conflicts: readonly Conflict[]) =>
  conflicts.map(({ owner, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${describe(owner)}`,
    field: path,
  }));
