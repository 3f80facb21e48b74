// What one write has taken from the allocators, until it is known whether the write succeeds (services.md A.3). A write
// that fails gives back what it took; only one that succeeds gives up what the object no longer has. So a crash or a lost
// race may leak a number until the next start, but never hands one out twice.

export class Reservation {
  readonly #undo: (() => void)[] = [];
  readonly #releases: (() => void)[] = [];
  #settled = false;

  onRollback(undo: () => void): void {
    this.#undo.push(undo);
  }

  onCommit(release: () => void): void {
    this.#releases.push(release);
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
