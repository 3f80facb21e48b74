// What writes to a kind set off beyond the object itself: the allocations of Services, and what the allocators learn from
// ServiceCIDRs and IPAddresses.

import type { Kind, KubeObject } from '#api/index.ts';
import type { Reservation } from './allocators/reservation.ts';

export interface Hooks {
  /** Before validation of a create or update: may change `object`, until the reservation is rolled back. Throws when what it
   * asks for can't be had. */
  readonly begin?: (object: KubeObject, old: KubeObject | undefined, dryRun: boolean) => Reservation;
  /** Before an object is removed: what goes with it, and what it gives up. */
  readonly end?: (object: KubeObject) => Reservation;
  /** After an object was really stored, by whatever verb and way. */
  readonly afterWrite?: (object: KubeObject) => void;
  /** After an object is really gone, by whatever verb its deletion was completed. */
  readonly afterDelete?: (object: KubeObject) => Promise<void>;
}

/** By `group/resource`. */
export type HooksByKind = ReadonlyMap<string, Hooks>;
export const hooksKey = ({ group, resource }: Pick<Kind, 'group' | 'resource'>): string => `${group}/${resource}`;
