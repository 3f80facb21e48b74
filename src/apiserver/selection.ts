// Which objects of a collection a list, watch or deletecollection is about: label and field selectors (api.md §7).

import { type FieldRequirement, parseFieldSelector } from '#api/fields.ts';
import { badRequest, type Kind, type KubeObject } from '#api/index.ts';
import { parseLabelSelector } from '#api/labels.ts';

export interface Selection {
  readonly matches: (object: KubeObject) => boolean;
  /** Without selectors bytes can be passed on without being decoded. */
  readonly matchesAll: boolean;
  /** The only name that can match, if there is one. */
  readonly name: string | undefined;
}

export const everything: Selection = { matches: () => true, matchesAll: true, name: undefined };

/** @param name that of the URL, for a watch of one object. Throws 400 for selectors that cannot be evaluated. */
export function parseSelection(kind: Kind, query: URLSearchParams, name = ''): Selection {
  const labelText = query.get('labelSelector') ?? '';
  const matchesLabels = labelText ? parseLabelSelector(labelText) : undefined;
  const requirements = parseFieldSelector(query.get('fieldSelector') ?? '');
  if (name) requirements.push({ field: 'metadata.name', op: '=', value: name });
  const tests = requirements.map((requirement) => fieldTest(kind, requirement));
  return {
    matches: (object) =>
      (!matchesLabels || matchesLabels(object.metadata.labels)) && tests.every((test) => test(object)),
    matchesAll: !matchesLabels && tests.length === 0,
    name: requirements.find(({ field, op }) => field === 'metadata.name' && op === '=')?.value,
  };
}

function fieldTest(kind: Kind, { field, op, value }: FieldRequirement): (object: KubeObject) => boolean {
  const read = fieldReader(kind, field);
  return op === '=' ? (object) => read(object) === value : (object) => read(object) !== value;
}

function fieldReader(kind: Kind, field: string): (object: KubeObject) => string {
  if (field === 'metadata.name') return ({ metadata }) => metadata.name ?? '';
  if (field === 'metadata.namespace' && kind.namespaced) return ({ metadata }) => metadata.namespace ?? '';
  const read = Object.hasOwn(kind.selectableFields ?? {}, field) ? kind.selectableFields?.[field] : undefined;
  if (!read) throw badRequest(unsupportedText(kind, field));
  return read;
}

/** Upstream has two texts: one for kinds with fields of their own, one for all others. */
const unsupportedText = ({ selectableFields }: Kind, field: string): string =>
  selectableFields
    ? `field label not supported: ${field}`
    : `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`;
