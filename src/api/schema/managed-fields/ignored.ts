// Fields that a way of writing does not change, whatever the object says: the status in writes to the object itself, all
// but the status in writes to the status (api.md §10.3, "reset fields").

import { type Fields, fieldsOfPaths } from './fields.ts';
import { fieldElement } from './path-element.ts';

export interface Ignored {
  readonly fields: Fields;
  /** Names of fields of the top that are ignored as a whole. */
  readonly top: ReadonlySet<string>;
}

/** Paths are of names, as in `['metadata', 'labels']`. */
export const ignoredFields = (...paths: readonly (readonly string[])[]): Ignored => ({
  fields: fieldsOfPaths(...paths.map((path) => path.map(fieldElement))),
  top: new Set(paths.filter(({ length }) => length === 1).map(([name]) => name as string)),
});
export const nothingIgnored: Ignored = ignoredFields();
