// What a controller has asked for and its informer has not shown yet. A controller that waits until its expectations are
// met never acts twice on the same lack because its cache is behind.

/** A change that was never shown (it was undone before a new list) must not block for ever. */
const patienceMs = 60_000;

interface Expected {
  creations: number;
  readonly deletions: Set<string>;
  since: number;
}

/** By the key of the owner whose dependents are created and deleted. */
export class Expectations {
  readonly #expected = new Map<string, Expected>();

  /** To be called before the requests are sent: their effect may be seen before their answers. */
  expect(key: string, creations: number, deletions: Iterable<string>): void {
    const expected = { creations, deletions: new Set(deletions), since: performance.now() };
    if (creations > 0 || expected.deletions.size > 0) this.#expected.set(key, expected);
  }

  /** A dependent was created, or will not be after all. */
  created(key: string, count = 1): void {
    const expected = this.#expected.get(key);
    if (!expected) return;
    expected.creations -= count;
    this.#forgetIfMet(key, expected);
  }

  /** The dependent `uid` is on its way out, or gone, or will not be deleted after all. */
  deleted(key: string, uid: string): void {
    const expected = this.#expected.get(key);
    if (!expected?.deletions.delete(uid)) return;
    this.#forgetIfMet(key, expected);
  }

  forget(key: string): void {
    this.#expected.delete(key);
  }

  /** Milliseconds after which to look again, at the latest; undefined when everything expected was seen. */
  pendingMs(key: string): number | undefined {
    const expected = this.#expected.get(key);
    if (!expected) return undefined;
    const left = expected.since + patienceMs - performance.now();
    if (left > 0) return left;
    this.#expected.delete(key);
    return undefined;
  }

  #forgetIfMet(key: string, { creations, deletions }: Expected): void {
    if (creations <= 0 && deletions.size === 0) this.#expected.delete(key);
  }
}
