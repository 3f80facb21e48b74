// What one write has taken from the allocators, until it is known whether the write succeeds (services.md A.3). A write
// that fails gives back what it took; only one that succeeds gives up what the object no longer has.
//
// A cluster IP is also an object, of kind IPAddress. Those come and go in the same commit as the object that has the
// address, as its companions: after a crash there are both or neither.

import type { KubeObject } from '#api/index.ts';
import type { Write } from '#storage/index.ts';

/** Why something could not be had. */
export type Refusal = { readonly refused: string };

/** A write that happens if and only if that of the object does. */
export interface Companion {
  readonly write: Write;
  /** It cannot happen as things stand in the store, so the object was not written either: begin anew. */
  readonly onLost?: () => void | Promise<void>;
}
type MakeCompanion = (object: KubeObject) => Companion | undefined | Promise<Companion | undefined>;

export class Reservation {
  readonly #undo: (() => void)[] = [];
  readonly #releases: (() => void)[] = [];
  readonly #companions: MakeCompanion[] = [];
  #settled = false;
  #hasLost = false;

  /** A companion was in the way of the write. */
  get hasLost(): boolean {
    return this.#hasLost;
  }

  onRollback(undo: () => void): void {
    this.#undo.push(undo);
  }

  onCommit(release: () => void): void {
    this.#releases.push(release);
  }

  /** @param make is called with the object as it is about to be stored, each time that this is tried. */
  goesWith(make: MakeCompanion): void {
    this.#companions.push(make);
  }

  async companionsOf(object: KubeObject): Promise<readonly Companion[]> {
    const companions: Companion[] = [];
    for (const make of this.#companions) {
      const companion = await make(object);
      if (!companion) continue;
      const onLost = () => {
        this.#hasLost = true;
        return companion.onLost?.();
      };
      companions.push({ ...companion, onLost });
    }
    return companions;
  }

  commit(): void {
    this.#settle(this.#releases);
  }

  /** Does nothing after {@link commit}, so it may stand in a `finally`. */
  rollback(): void {
    this.#settle(this.#undo);
  }

  #settle(steps: readonly (() => void)[]): void {
    if (this.#settled) return;
    this.#settled = true;
    for (const step of steps) step();
  }
}
