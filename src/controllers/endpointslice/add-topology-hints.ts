// Puts the hints of topology-mode: Auto on desired endpoints. Pure.

import type { Endpoint, EndpointSlice } from '#api/index.ts';
import { type Desired, identityOf } from './endpoints.ts';
import { allocate, type ZoneRatios } from './topology.ts';

/**
 * Replaces the ready endpoints in `desired` by such with hints. Returns why not, if none gets any.
 *
 * @param slices of the family, with the hints that were given before
 */
export function addTopologyHints(
  { groups }: Desired,
  slices: readonly EndpointSlice[],
  zones: ZoneRatios,
): string | undefined {
  const ready = new Map<string, Endpoint>();
  for (const { endpoints } of groups.values()) {
    for (const [identity, endpoint] of endpoints) if (endpoint.conditions?.ready) ready.set(identity, endpoint);
  }
  const given = new Map<string, string>();
  for (const endpoint of slices.flatMap(({ endpoints }) => endpoints ?? [])) {
    const [hint] = endpoint.hints?.forZones ?? [];
    if (hint) given.set(identityOf(endpoint), hint.name);
  }
  const allocated = allocate(ready, given, zones);
  if (typeof allocated === 'string') return allocated;
  for (const { endpoints } of groups.values()) {
    for (const [identity, endpoint] of endpoints) {
      const zone = allocated.get(identity);
      if (zone !== undefined) endpoints.set(identity, { ...endpoint, hints: { forZones: [{ name: zone }] } });
    }
  }
  return undefined;
}
