// The way from client-side to server-side apply (api.md §10.3). `kubectl apply` without --server-side keeps what it last
// applied in an annotation: by it the server knows that a conflict is none, and it keeps the annotation up to date for as
// long as it is there. Only for the manager called kubectl; who wants none of it calls himself something else.

import type { KubeObject } from '#api/index.ts';
import { isObject } from '#api/schema/json.ts';
import { type Conflict, checkApplied, unchangedFields } from '#api/schema/managed-fields/index.ts';
import type { Wish } from './apply.ts';

const annotation = 'kubectl.kubernetes.io/last-applied-configuration';
/** Of all annotations together. */
const longestAnnotations = 256 * 1024;

export const hasLastApplied = ({ metadata }: Partial<KubeObject>): boolean =>
  Boolean(metadata?.annotations?.[annotation]);

/** The conflicts that are not about what was applied by client and is still as it was applied. */
export function disallowed(conflicts: readonly Conflict[], wish: Wish, live: KubeObject): readonly Conflict[] {
  const config = parseLastApplied(live.metadata.annotations?.[annotation]);
  const { versions, manager, expected } = wish;
  const shape = versions.shapeOf(manager.apiVersion);
  if (!config || !shape || config.apiVersion !== manager.apiVersion) return conflicts;
  if (checkApplied(expected.schema, config) !== undefined) return conflicts;
  const isOurs = unchangedFields(shape, config, live);
  return conflicts.filter(({ elements }) => !isOurs(elements));
}

function parseLastApplied(text: string | undefined): Record<string, unknown> | undefined {
  if (!text) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    // Whoever wrote that did not mean it for us.
    return undefined;
  }
}

/** With the annotation saying what was applied now; without it where that is too long. */
export function withLastApplied(object: KubeObject, config: KubeObject): KubeObject {
  const annotations: Record<string, string> = { ...object.metadata.annotations, [annotation]: encode(config) };
  const size = Object.entries(annotations).reduce((sum, [key, value]) => sum + bytes(key) + bytes(value), 0);
  if (size > longestAnnotations) delete annotations[annotation];
  return { ...object, metadata: { ...object.metadata, annotations } };
}

const bytes = (text: string): number => Buffer.byteLength(text);

/** As upstream writes it: keys sorted, and a newline at the end. */
function encode(config: KubeObject): string {
  const { annotations, ...metadata } = config.metadata ?? {};
  const { [annotation]: _itself, ...others } = annotations ?? {};
  const applied = { ...config, metadata: annotations ? { ...metadata, annotations: others } : metadata };
  return `${JSON.stringify(sortKeys(applied))}\n`;
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortKeys(inner)]));
}
