// Records of a cluster: the zones, and what feeds them.

export type { ClusterZone, PodRecords } from './cluster-zone.ts';
export { ExternalZones } from './external-zones.ts';
export * from './facts.ts';
export { inShort } from './object-fields.ts';
export type { Owner } from './owner.ts';
export { PodIndex } from './pod-index.ts';
export type { RecordIndex } from './record-index.ts';
export { addressOf, isReverse, reverseZoneNames } from './reverse-zone.ts';
export type { Zone } from './zone.ts';
export { Zones, type ZonesOptions } from './zones.ts';
