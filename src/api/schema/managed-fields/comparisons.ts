// One change of an object, in the words of every version that its owners have written in.

import { type Comparison, compare, ignoring } from './compare.ts';
import type { Ignored } from './ignored.ts';
import type { Versions } from './versions.ts';

export interface Change {
  readonly versions: Versions;
  /** The version of both objects. */
  readonly version: string;
  readonly before: object;
  readonly after: object;
  readonly ignored: Ignored;
}

export class Comparisons {
  readonly #change: Change;
  readonly #known = new Map<string, Comparison>();

  constructor(change: Change) {
    this.#change = change;
  }

  /** In the version that is written. */
  get own(): Comparison {
    const comparison = this.in(this.#change.version);
    if (!comparison) throw new TypeError(`version ${this.#change.version} is written, but not served`);
    return comparison;
  }

  /** Undefined for a version that is not served. */
  in(version: string): Comparison | undefined {
    const known = this.#known.get(version);
    if (known) return known;
    const { versions, before, after, ignored } = this.#change;
    const shape = versions.shapeOf(version);
    if (!shape) return undefined;
    const [old, now] = [before, after].map((object) => this.#convert(object, version));
    const comparison = ignoring(compare(shape, old as object, now as object, ignored.top), ignored.fields);
    this.#known.set(version, comparison);
    return comparison;
  }

  #convert(object: object, version: string): object {
    const { versions, version: own } = this.#change;
    return version === own ? object : versions.convert(object, own, version);
  }
}
