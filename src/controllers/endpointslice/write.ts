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
export type Operation = keyof SliceWrites;

export interface SliceWriter {
  readonly slices: Resource<EndpointSlice>;
  readonly tracker: SliceTracker;
  /** Is told of every write that was done. */
  readonly count?: ((operation: Operation) => void) | undefined;
}

/**
 * Throws the first error when all requests of its kind are answered; what comes after them is not begun then.
 *
 * @param key under which the tracker is told of the writes
 */
export async function writeSlices(writer: SliceWriter, key: string, writes: SliceWrites): Promise<void> {
  const { slices, tracker } = writer;
  if (writes.create.length + writes.update.length + writes.delete.length === 0) return;
  tracker.writing(key);
  try {
    await all('create', async (slice) => tracker.wrote(key, await slices.create(slice)));
    await all('update', async (slice) => tracker.wrote(key, await slices.update(slice)));
    await all('delete', async (slice) => {
      const { name = '', namespace, uid } = slice.metadata;
      await slices.delete(name, { namespace, uid }).catch(ignoreNotFound);
      tracker.deleted(key, slice);
    });
  } finally {
    tracker.settled(key);
  }

  async function all(operation: Operation, write: (slice: EndpointSlice) => Promise<void>): Promise<void> {
    const answers = await Promise.allSettled(
      writes[operation].map(async (slice) => {
        await write(slice);
        writer.count?.(operation);
      }),
    );
    const failed = answers.find((answer) => answer.status === 'rejected');
    if (failed) throw failed.reason;
  }
}
