// Objects as kubectl prints them: the meta.k8s.io Table (api.md §5, §18) and PartialObjectMetadata.

import type { Kind, KubeObject } from '#api/index.ts';
import { badRequest } from '#api/index.ts';
import type { Representation } from './negotiate.ts';

export type IncludeObject = 'None' | 'Metadata' | 'Object';

export function parseIncludeObject(query: URLSearchParams): IncludeObject {
  const wanted = query.get('includeObject') || 'Metadata';
  if (wanted === 'None' || wanted === 'Metadata' || wanted === 'Object') return wanted;
  throw badRequest(
    `invalid value ${JSON.stringify(wanted)} for the query parameter includeObject: must be None, Metadata or Object`,
  );
}

export const metadataOnly = (object: KubeObject, version: Representation['metaVersion'] = 'v1'): KubeObject => ({
  kind: 'PartialObjectMetadata',
  apiVersion: `meta.k8s.io/${version}`,
  metadata: object.metadata,
});

export interface TableOptions {
  readonly version: Representation['metaVersion'];
  readonly includeObject: IncludeObject;
  readonly now: Date;
  /** Left out of all but the first table of a watch. */
  readonly columns: boolean;
  /** The list's metadata. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

export function table(kind: Pick<Kind, 'columns' | 'rowConditions'>, objects: KubeObject[], options: TableOptions) {
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${options.version}`,
    metadata: options.metadata,
    columnDefinitions: options.columns ? kind.columns.map(definition) : [],
    rows: objects.map((object) => row(kind, object, options)),
  };
}

const definition = ({ name, type, format = '', description, priority = 0 }: Kind['columns'][number]) => ({
  name,
  type,
  format,
  description,
  priority,
});

export function row(kind: Pick<Kind, 'columns' | 'rowConditions'>, object: KubeObject, options: TableOptions) {
  const conditions = kind.rowConditions?.(object) ?? [];
  return {
    cells: kind.columns.map((column) => column.cell(object, options.now)),
    ...(conditions.length > 0 && { conditions }),
    ...(options.includeObject === 'Metadata' && { object: metadataOnly(object, options.version) }),
    ...(options.includeObject === 'Object' && { object }),
  };
}
