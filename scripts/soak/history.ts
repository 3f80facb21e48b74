// What an object was and when: a write that was under way may or may not have happened already, so an object can have had
// several values in a stretch of time.

interface Version<T> {
  /** `undefined` while the write is under way; `{ value: undefined }`: the object is not there. */
  is: { readonly value: T | undefined } | undefined;
  readonly from: number;
  /** When the write that ended it was answered. */
  until: number;
}

/** More than a stretch of time that anybody asks for has. */
const mostVersions = 400;

/** Monotonic, in milliseconds; the same for all processes of a machine. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6;

export class History<T> {
  readonly #versions: Version<T>[] = [{ is: { value: undefined }, from: 0, until: Number.POSITIVE_INFINITY }];
  #writing: Promise<unknown> = Promise.resolve();

  /** What was written last. */
  get current(): T | undefined {
    return this.#versions.findLast(({ is }) => is)?.is?.value;
  }

  /** One after the other. Resolves when it is written; rejects when it was refused, and then nothing has changed. */
  async write(send: (current: T | undefined) => Promise<T | undefined>): Promise<void> {
    const before = this.#writing;
    const done = Promise.withResolvers<void>();
    this.#writing = done.promise;
    await before;
    const last = this.#versions.at(-1) as Version<T>;
    const version: Version<T> = { is: undefined, from: now(), until: Number.POSITIVE_INFINITY };
    this.#versions.push(version);
    try {
      version.is = { value: await send(last.is?.value) };
      last.until = now();
      if (this.#versions.length > mostVersions) this.#versions.shift();
    } catch (error) {
      this.#versions.pop();
      throw error;
    } finally {
      done.resolve();
    }
  }

  /** Resolves when no write is under way. */
  async idle(): Promise<void> {
    await this.#writing;
  }

  /** All that it may have been in this stretch of time, the newest first. */
  between(since: number, to: number): (T | undefined)[] {
    return this.#versions
      .filter(({ is, from, until }) => is && from <= to && until >= since)
      .map(({ is }) => is?.value)
      .reverse();
  }

  /** When the value that is current at a time was answered to be written. */
  currentSince(at: number): number {
    return this.#versions.findLast(({ until }) => until <= at)?.until ?? 0;
  }
}
