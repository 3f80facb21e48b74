// Table columns that several kinds share (api.md §18). A cell is a pure function of the object and the time.

import { age } from '../duration.ts';
import type { Column } from '../kind.ts';
import { formatMap, formatSelector } from '../labels.ts';
import type { KubeObject } from '../object.ts';
import type { LabelSelector } from '../schema/meta.ts';
import type { PodTemplateSpec } from '../schema/pod.ts';

export const none = '<none>';
export const orNone = (text: string | undefined): string => text || none;

/** A column of type string that is always shown. */
export const column = <T extends KubeObject>(
  name: string,
  description: string,
  cell: Column<T>['cell'],
  rest: Partial<Pick<Column<T>, 'type' | 'format' | 'priority'>> = {},
): Column<T> => ({ name, type: 'string', description, ...rest, cell });
/** A column that only `-o wide` shows. */
export const wide = <T extends KubeObject>(name: string, description: string, cell: Column<T>['cell']): Column<T> =>
  column(name, description, cell, { priority: 1 });
export const integer = <T extends KubeObject>(name: string, description: string, cell: Column<T>['cell']): Column<T> =>
  column(name, description, cell, { type: 'integer' });

export const nameColumn = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name, unique within the namespace',
  cell: (object: KubeObject) => object.metadata.name ?? '',
} as const satisfies Column<KubeObject>;

export const ageColumn = {
  name: 'Age',
  type: 'string',
  description: 'Time since the object was created',
  cell: (object: KubeObject, now: Date) => age(object.metadata.creationTimestamp, now),
} as const satisfies Column<KubeObject>;

export const mapCell = (map: Record<string, string> | undefined): string => orNone(formatMap(map));
export const selectorCell = (selector: LabelSelector | undefined): string => orNone(formatSelector(selector));

/** The first three, and how many more there are. */
export const firstThree = (items: readonly string[]): string =>
  items.length > 3 ? `${items.slice(0, 3).join(',')} + ${items.length - 3} more...` : items.join(',');

interface Workload extends KubeObject {
  spec: { selector?: LabelSelector; template?: PodTemplateSpec };
}
export const containerNames = (template: PodTemplateSpec | undefined): string =>
  (template?.spec?.containers ?? []).map(({ name }) => name).join(',');
export const containerImages = (template: PodTemplateSpec | undefined): string =>
  (template?.spec?.containers ?? []).map(({ image }) => image ?? '').join(',');
/** Wide columns with what a template says of containers. */
export const containerColumns = <T extends KubeObject>(templateOf: (object: T) => PodTemplateSpec | undefined) =>
  [
    wide<T>('Containers', 'Names of the containers of a pod', (object) => containerNames(templateOf(object))),
    wide<T>('Images', 'Images of the containers of a pod', (object) => containerImages(templateOf(object))),
  ] as const;

/** The wide columns of everything that makes pods from a template. */
export const workloadColumns = [
  ...containerColumns<Workload>(({ spec }) => spec.template),
  wide<Workload>('Selector', 'Labels that the pods are found by', (w) => selectorCell(w.spec.selector)),
] as const;
