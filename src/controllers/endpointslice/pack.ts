// Packs one group of endpoints into slices with as few writes as possible (services.md §C.4 steps 3 and 4). Pure.

import type { Endpoint, EndpointSlice } from '#api/index.ts';
import { sameJson } from '../json.ts';
import { identityOf, manyEndpoints } from './endpoints.ts';
import type { SliceWrites } from './write.ts';

export interface Packing {
  readonly keep: EndpointSlice[];
  /** The slices with their new endpoints. */
  readonly update: EndpointSlice[];
  /** Endpoints of each slice to create. */
  readonly create: Endpoint[][];
  readonly delete: EndpointSlice[];
  /** Endpoints that no slice had, and that only slices had. */
  readonly added: number;
  readonly removed: number;
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
  const packing = { keep: [], update: [], create: [], delete: [] } as Writable;
  let removed = 0;
  for (const slice of existing) {
    const { endpoints, isSame } = takeOut(missing, slice, desired.size > manyEndpoints ? isKnownSame : sameJson);
    removed += (slice.endpoints?.length ?? 0) - endpoints.length;
    if (endpoints.length === 0) packing.delete.push(slice);
    else if (mustWrite(slice) || !isSame) packing.update.push({ ...slice, endpoints });
    else packing.keep.push(slice);
  }
  const added = missing.size;
  place([...missing.values()], packing, maxPerSlice);
  return { ...packing, added, removed };
}
type Writable = Pick<Packing, 'keep' | 'update' | 'create' | 'delete'>;

/** What the slice has of the endpoints that are wanted, as they should be, and whether that is what it says already. */
function takeOut(
  missing: Map<string, Endpoint>,
  { endpoints: there }: EndpointSlice,
  same: (there: Endpoint, wanted: Endpoint) => boolean,
) {
  const endpoints: Endpoint[] = [];
  let isSame = true;
  for (const endpoint of there ?? []) {
    const identity = identityOf(endpoint);
    const wanted = missing.get(identity);
    if (wanted) {
      missing.delete(identity);
      endpoints.push(wanted);
    }
    isSame &&= wanted !== undefined && same(endpoint, wanted);
  }
  return { endpoints, isSame };
}

/** Of an endpoint in the cache, the one that it was found to be the same as: of thousands one changes at a time. */
const knownSame = new WeakMap<Endpoint, Endpoint>();
function isKnownSame(there: Endpoint, wanted: Endpoint): boolean {
  if (knownSame.get(there) === wanted) return true;
  if (!sameJson(there, wanted)) return false;
  knownSame.set(there, wanted);
  return true;
}

/**
 * A slice that would be deleted takes the content of one that would be created: one write instead of two. They must be of
 * one family, which cannot be changed.
 */
export function reuse({ create, update, delete: unused }: SliceWrites): SliceWrites {
  const pairs = Math.min(create.length, unused.length);
  const recycled = create.slice(0, pairs).flatMap(({ endpoints, ports }, i) => {
    const old = unused[i];
    return old ? [{ ...old, endpoints, ports }] : [];
  });
  return { create: create.slice(pairs), update: [...update, ...recycled], delete: unused.slice(pairs) };
}

/** New endpoints: into slices that are written anyway, fullest first; then whole into one that fits; then new slices. */
function place(added: Endpoint[], { keep, update, create }: Writable, maxPerSlice: number): void {
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
