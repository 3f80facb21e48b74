// Which of its own writes the controller's cache does not show yet, and which changes that the cache tells of are others'
// (services.md §C.6). Acting on a cache that is behind would undo or repeat what was written; others' changes are to be
// mended.

import type { EndpointSlice } from '#api/index.ts';
import type { Change } from '#client/index.ts';

/** A write that is never shown, because the slice was deleted before a new list, must not block for ever. */
const patienceMs = 10_000;
const gone = Number.POSITIVE_INFINITY;

interface Expected {
  readonly generation: number;
  readonly until: number;
}

interface Tracked {
  /** By the slice's uid: what we wrote last. */
  readonly expected: Map<string, Expected>;
  /** While answers to our writes are awaited: what the cache told of, whose it is being unknown until then. */
  seen: Map<string, number> | undefined;
  /** The Service was looked at and put off because the cache was behind. */
  isPutOff: boolean;
}

export class SliceTracker {
  readonly #services = new Map<string, Tracked>();
  readonly #onOthers: (service: string) => void;

  /** @param onOthers is told of Services whose slices somebody else has changed, and of those that were put off */
  constructor(onOthers: (service: string) => void) {
    this.#onOthers = onOthers;
  }

  /** The cache tells of a change of a slice of the Service. */
  saw(service: string, { type, object: { metadata } }: Pick<Change<EndpointSlice>, 'type' | 'object'>): void {
    const tracked = this.#services.get(service);
    const uid = metadata.uid ?? '';
    const generation = type === 'deleted' ? gone : (metadata.generation ?? 0);
    const ours = tracked?.expected.get(uid)?.generation ?? -1;
    if (type === 'deleted') tracked?.expected.delete(uid);
    if (generation <= ours && !tracked?.isPutOff) return;
    if (tracked?.seen) tracked.seen.set(uid, generation);
    else this.#tell(service, tracked);
  }

  /** The slice is no longer one of the Service's: somebody changed its labels. */
  lost(service: string, { metadata }: EndpointSlice): void {
    const tracked = this.#services.get(service);
    tracked?.expected.delete(metadata.uid ?? '');
    this.#tell(service, tracked);
  }

  /** Writes begin; {@link settled} must follow. */
  writing(service: string): void {
    this.#of(service).seen = new Map();
  }

  wrote(service: string, { metadata }: EndpointSlice): void {
    this.#expect(service, metadata.uid, metadata.generation ?? 0);
  }

  deleted(service: string, { metadata }: EndpointSlice): void {
    const { seen } = this.#of(service);
    // Its end may have been told before the answer came.
    if (seen?.get(metadata.uid ?? '') === gone) seen.delete(metadata.uid ?? '');
    else this.#expect(service, metadata.uid, gone);
  }

  /** All writes are answered. */
  settled(service: string): void {
    const tracked = this.#of(service);
    const isOthers = [...(tracked.seen ?? [])].some(
      ([uid, generation]) => generation > (tracked.expected.get(uid)?.generation ?? -1),
    );
    tracked.seen = undefined;
    if (isOthers) this.#tell(service, tracked);
  }

  forget(service: string): void {
    this.#services.delete(service);
  }

  /** Milliseconds to wait for the cache at most; undefined when it shows all of our writes. */
  staleMs(service: string, cached: readonly EndpointSlice[]): number | undefined {
    const tracked = this.#services.get(service);
    if (!tracked) return undefined;
    const generations = new Map(cached.map(({ metadata }) => [metadata.uid ?? '', metadata.generation ?? 0]));
    for (const [uid, { generation, until }] of tracked.expected) {
      const shown = generations.get(uid);
      const isShown = generation === gone ? shown === undefined : shown !== undefined && shown >= generation;
      const left = until - performance.now();
      if (!isShown && left > 0) {
        tracked.isPutOff = true;
        return left;
      }
      // A deletion that is shown, and what is not shown in time, are settled.
      if (!isShown || generation === gone) tracked.expected.delete(uid);
    }
    return undefined;
  }

  #of(service: string): Tracked {
    const tracked = this.#services.get(service) ?? { expected: new Map(), seen: undefined, isPutOff: false };
    this.#services.set(service, tracked);
    return tracked;
  }

  #expect(service: string, uid = '', generation: number): void {
    this.#of(service).expected.set(uid, { generation, until: performance.now() + patienceMs });
  }

  #tell(service: string, tracked: Tracked | undefined): void {
    if (tracked) tracked.isPutOff = false;
    this.#onOthers(service);
  }
}
