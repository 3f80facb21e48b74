// Records of a cluster: the zones, and what feeds them.

export { Owner } from './owner.ts';
export { reverseZoneNames } from './reverse-zone.ts';
export type { Zone } from './zone.ts';
export { Zones, type ZonesOptions } from './zones.ts';
