// An ordered set of strings: what a prefix list needs and a Map has not. Keys live in sorted chunks of bounded size, so
// adding or removing one among 100,000 moves a few hundred of them and not all.

const chunkLimit = 512;

export class SortedKeys {
  readonly #chunks: string[][] = [[]];

  add(key: string): void {
    const at = this.#chunkFor(key);
    const chunk = this.#chunks[at] as string[];
    const index = lowerBound(chunk, key);
    if (chunk[index] === key) return;
    chunk.splice(index, 0, key);
    if (chunk.length > chunkLimit) this.#chunks.splice(at + 1, 0, chunk.splice(chunkLimit / 2));
  }

  delete(key: string): void {
    const at = this.#chunkFor(key);
    const chunk = this.#chunks[at] as string[];
    const index = lowerBound(chunk, key);
    if (chunk[index] !== key) return;
    chunk.splice(index, 1);
    if (chunk.length === 0 && this.#chunks.length > 1) this.#chunks.splice(at, 1);
  }

  /** The keys `from` <= key < `to`, in order. The set must not change while this is iterated. */
  *range(from: string, to: string): Generator<string> {
    for (let at = this.#chunkFor(from); at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at] as string[];
      for (let index = lowerBound(chunk, from); index < chunk.length; index++) {
        const key = chunk[index] as string;
        if (key >= to) return;
        yield key;
      }
    }
  }

  /** How many keys {@link range} would give, without visiting them. */
  count(from: string, to: string): number {
    let count = 0;
    for (let at = this.#chunkFor(from); at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at] as string[];
      if (chunk.length > 0 && (chunk[0] as string) >= to) break;
      count += lowerBound(chunk, to) - lowerBound(chunk, from);
    }
    return count;
  }

  /** The last chunk that starts at or before `key`: the one that holds it or would. */
  #chunkFor(key: string): number {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#chunks[middle]?.[0] ?? '') <= key) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** The first index whose key is not less than `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The smallest string greater than every string with this prefix, which is what ends a range over the prefix. */
export const prefixEnd = (prefix: string): string => `${prefix}\uffff`;
