// Which clients an endpoint is best for, as the Service wishes it (services.md §C.7, KEP-4444, KEP-3015, KEP-2433). Pure.

import type { Endpoint, Service } from '#api/index.ts';

type Hints = NonNullable<Endpoint['hints']>;

/** The older name of the annotation counts when both are there. */
export function isTopologyAuto({ metadata: { annotations = {} } }: Service): boolean {
  const mode =
    annotations['service.kubernetes.io/topology-aware-hints'] ?? annotations['service.kubernetes.io/topology-mode'];
  return mode === 'Auto' || mode === 'auto';
}

const zonal = new Set(['PreferClose', 'PreferSameZone', 'PreferSameNode']);

/** Of a ready endpoint, by `spec.trafficDistribution`; the annotation goes before it. */
export function distributionHints(service: Service, node: string | undefined, zone: string | undefined) {
  const { trafficDistribution = '' } = service.spec;
  if (!zonal.has(trafficDistribution) || isTopologyAuto(service)) return undefined;
  const isSameNode = trafficDistribution === 'PreferSameNode';
  const hints: Hints = {
    ...(zone && { forZones: [{ name: zone }] }),
    ...(isSameNode && node && { forNodes: [{ name: node }] }),
  };
  return Object.keys(hints).length > 0 ? hints : undefined;
}
