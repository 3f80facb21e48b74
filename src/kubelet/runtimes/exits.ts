// Learns of the end of containers from conmon, which leaves a file named after the container with its exit code in one
// directory.

import { type FSWatcher, watch } from 'node:fs';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Exit } from '../runtime.ts';

export class Exits {
  readonly #directory: string;
  readonly #waiting = new Map<string, (exit: Exit) => void>();
  #watcher: FSWatcher | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async start(): Promise<void> {
    await mkdir(this.#directory, { recursive: true });
    this.#watcher = watch(this.#directory, (_, name) => name && void this.#look(name));
    this.#watcher.on('error', () => void this.#lookAtAll());
  }

  /** Resolves when the container has ended; call it before the container can. */
  of(id: string): Promise<Exit> {
    const { promise, resolve } = Promise.withResolvers<Exit>();
    this.#waiting.set(id, resolve);
    // Looks once by itself: the file may be older than the call.
    void this.#look(id);
    return promise;
  }

  /** Whether the end of a container is known by now. */
  async isTold(id: string): Promise<boolean> {
    await this.#look(id);
    return !this.#waiting.has(id);
  }

  /** Stops waiting for one that will never tell. */
  settle(id: string, exit: Exit): void {
    this.#waiting.get(id)?.(exit);
    this.#waiting.delete(id);
  }

  close(): void {
    this.#watcher?.close();
    for (const id of this.#waiting.keys()) this.settle(id, { code: 137, at: new Date() });
  }

  async #lookAtAll(): Promise<void> {
    await Promise.all([...this.#waiting.keys()].map((id) => this.#look(id)));
  }

  async #look(id: string): Promise<void> {
    if (!this.#waiting.has(id)) return;
    const path = join(this.#directory, id);
    try {
      const text = (await readFile(path, 'utf8')).trim();
      if (/^-?\d+$/.test(text)) this.settle(id, { code: Number(text), at: (await stat(path)).mtime });
    } catch {
      // Not there yet; the watcher calls again.
    }
  }
}
