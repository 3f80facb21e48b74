// A file that is looked at again and again because it may change: a ConfigMap's files are exchanged behind a link, which
// no notification of the kernel tells of.

import { readFile, stat } from 'node:fs/promises';

export class PolledFile {
  readonly path: string;
  readonly #maxSize: number;
  #seen = '';
  /** When what was last read was written; seconds since 1970. */
  modified = 0;

  /** @param maxSize in octets; a larger file is not read. */
  constructor(path: string, maxSize: number) {
    this.path = path;
    this.#maxSize = maxSize;
  }

  /** The text, if it may have changed since it was last given. Rejects when the file cannot be read. */
  async changed(): Promise<string | undefined> {
    const { mtimeMs, size, ino } = await stat(this.path);
    const mark = `${mtimeMs} ${size} ${ino}`;
    if (mark === this.#seen) return undefined;
    if (size > this.#maxSize) throw new Error(`${this.path} has ${size} octets, more than ${this.#maxSize}`);
    const text = await readFile(this.path, 'utf8');
    this.#seen = mark;
    this.modified = mtimeMs / 1000;
    return text;
  }
}
