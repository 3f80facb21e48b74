// Carries out a plan for the EndpointSlices of one Service.

import { type EndpointSlice, ignoreNotFound } from '#api/index.ts';
import type { Resource } from '#client/index.ts';
import type { SliceTracker } from './tracker.ts';

/** To be written in this order: an endpoint may be in two slices for a moment, but never in none. */
export interface SliceWrites {
  readonly create: EndpointSlice[];
  readonly update: EndpointSlice[];
  readonly delete: EndpointSlice[];
}

/** @param key under which `tracker` is told of the writes */
export async function writeSlices(
  slices: Resource<EndpointSlice>,
  tracker: SliceTracker,
  key: string,
  writes: SliceWrites,
): Promise<void> {
  await Promise.all(writes.create.map(async (slice) => tracker.wrote(key, await slices.create(slice))));
  await Promise.all(writes.update.map(async (slice) => tracker.wrote(key, await slices.update(slice))));
  await Promise.all(
    writes.delete.map(async (slice) => {
      const { name = '', namespace, uid } = slice.metadata;
      await slices.delete(name, { namespace, uid }).catch(ignoreNotFound);
      tracker.deleted(key, slice);
    }),
  );
}
