// Which of its own writes the controller's cache does not show yet (services.md §C.6). Acting on such a cache would undo
// or repeat them.

import type { EndpointSlice } from '#api/index.ts';

/** A write that is never shown, because the slice was deleted before a new list, must not block for ever. */
const patienceMs = 10_000;
const gone = Number.POSITIVE_INFINITY;

interface Expected {
  readonly generation: number;
  readonly until: number;
}

export class SliceTracker {
  /** By Service, then by the slice's uid. */
  readonly #expected = new Map<string, Map<string, Expected>>();

  wrote(service: string, { metadata }: EndpointSlice): void {
    this.#expect(service, metadata.uid, metadata.generation ?? 0);
  }

  deleted(service: string, { metadata }: EndpointSlice): void {
    this.#expect(service, metadata.uid, gone);
  }

  /** The informer has told of a deletion. */
  sawDeletion(service: string, { metadata }: EndpointSlice): void {
    this.#expected.get(service)?.delete(metadata.uid ?? '');
  }

  /** Anybody's write but our own last one is worth a look at the Service. */
  isOwnWrite(service: string, { metadata }: EndpointSlice): boolean {
    return this.#expected.get(service)?.get(metadata.uid ?? '')?.generation === (metadata.generation ?? 0);
  }

  forget(service: string): void {
    this.#expected.delete(service);
  }

  /** Milliseconds to wait for the cache at most; undefined when it shows all of our writes. */
  staleMs(service: string, cached: readonly EndpointSlice[]): number | undefined {
    const expected = this.#expected.get(service);
    if (!expected) return undefined;
    const generations = new Map(cached.map(({ metadata }) => [metadata.uid ?? '', metadata.generation ?? 0]));
    for (const [uid, { generation, until }] of expected) {
      const shown = generations.get(uid);
      const isShown = generation === gone ? shown === undefined : shown !== undefined && shown >= generation;
      const left = until - performance.now();
      if (!isShown && left > 0) return left;
      // A deletion that is shown, and what is not shown in time, are settled.
      if (!isShown || generation === gone) expected.delete(uid);
    }
    return undefined;
  }

  #expect(service: string, uid = '', generation: number): void {
    const expected = this.#expected.get(service) ?? new Map<string, Expected>();
    expected.set(uid, { generation, until: performance.now() + patienceMs });
    this.#expected.set(service, expected);
  }
}
