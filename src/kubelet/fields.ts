// The downward API: what a pod's field paths stand for, in environment variables and in files.

import type { Pod } from '#api/index.ts';
import { ConfigError } from './config-error.ts';

/** Where a pod is: what is known of it beyond its object when its containers start. */
export interface PodPlace {
  readonly podIPs: readonly string[];
  /** One for each IP family, the primary one first; the pod's alike. */
  readonly hostIPs: readonly string[];
  /** What the node has to give. */
  readonly allocatable: Readonly<Record<string, string>>;
}

/** As files show maps: `key="value"` lines, sorted. */
const mapText = (map: Readonly<Record<string, string>> = {}): string =>
  Object.keys(map)
    .sort()
    .map((key) => `${key}=${JSON.stringify(map[key])}`)
    .join('\n');

/** Throws ConfigError for a path that is not supported. */
export function fieldValue(path: string, { metadata, spec }: Pod, { podIPs, hostIPs }: PodPlace): string {
  const subscript = /^metadata\.(labels|annotations)\['([^']*)'\]$/.exec(path);
  if (subscript) return metadata[subscript[1] as 'labels' | 'annotations']?.[subscript[2] ?? ''] ?? '';
  switch (path) {
    case 'metadata.name':
      return metadata.name ?? '';
    case 'metadata.namespace':
      return metadata.namespace ?? '';
    case 'metadata.uid':
      return metadata.uid ?? '';
    case 'metadata.labels':
      return mapText(metadata.labels);
    case 'metadata.annotations':
      return mapText(metadata.annotations);
    case 'spec.nodeName':
      return spec.nodeName ?? '';
    case 'spec.serviceAccountName':
      return spec.serviceAccountName ?? '';
    case 'status.podIP':
      return podIPs[0] ?? '';
    case 'status.podIPs':
      return podIPs.join(',');
    case 'status.hostIP':
      return hostIPs[0] ?? '';
    case 'status.hostIPs':
      return hostIPs.join(',');
    default:
      throw new ConfigError(`unsupported fieldPath: ${path}`);
  }
}
