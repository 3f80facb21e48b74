// Packs one group of endpoints into slices with as few writes as possible (services.md §C.4 steps 3 and 4). Pure.

import type { Endpoint, EndpointSlice } from '#api/index.ts';
import { sameJson } from '../json.ts';
import { identityOf } from './endpoints.ts';

export interface Packing {
  readonly keep: EndpointSlice[];
  /** The slices with their new endpoints. */
  readonly update: EndpointSlice[];
  /** Endpoints of each slice to create. */
  readonly create: Endpoint[][];
  readonly delete: EndpointSlice[];
}

/**
 * @param existing slices of the group's family and ports
 * @param mustWrite slices that are written anyway, because their metadata is wrong
 */
export function pack(
  desired: ReadonlyMap<string, Endpoint>,
  existing: readonly EndpointSlice[],
  mustWrite: (slice: EndpointSlice) => boolean,
  maxPerSlice: number,
): Packing {
  const missing = new Map(desired);
  const packing: Packing = { keep: [], update: [], create: [], delete: [] };
  for (const slice of existing) {
    const endpoints = (slice.endpoints ?? []).flatMap((endpoint) => takeOut(missing, identityOf(endpoint)));
    if (endpoints.length === 0) packing.delete.push(slice);
    else if (mustWrite(slice) || !sameJson(endpoints, slice.endpoints)) packing.update.push({ ...slice, endpoints });
    else packing.keep.push(slice);
  }
  place([...missing.values()], packing, maxPerSlice);
  return packing;
}

function takeOut(missing: Map<string, Endpoint>, identity: string): Endpoint[] {
  const endpoint = missing.get(identity);
  missing.delete(identity);
  return endpoint ? [endpoint] : [];
}

/** New endpoints: into slices that are written anyway, fullest first; then whole into one that fits; then new slices. */
function place(added: Endpoint[], { keep, update, create }: Packing, maxPerSlice: number): void {
  for (const slice of update.toSorted((a, b) => b.endpoints.length - a.endpoints.length)) {
    slice.endpoints.push(...added.splice(0, Math.max(0, maxPerSlice - slice.endpoints.length)));
  }
  while (added.length > 0) {
    const best = keep
      .filter(({ endpoints }) => endpoints.length + added.length <= maxPerSlice)
      .toSorted((a, b) => b.endpoints.length - a.endpoints.length)[0];
    if (best && added.length < maxPerSlice) {
      keep.splice(keep.indexOf(best), 1);
      update.push({ ...best, endpoints: [...best.endpoints, ...added.splice(0)] });
    } else {
      create.push(added.splice(0, maxPerSlice));
    }
  }
}
