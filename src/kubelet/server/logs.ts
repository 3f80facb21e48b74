// Reads a container's log file from its place of interest to its end, and on while the container runs.

import { watch } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LineSplitter, type LogSelection, shownLine } from './log-lines.ts';

const chunkSize = 64 * 1024;
/** For changes that nobody tells us of. */
const lookAgainMs = 1000;

/** Where the last `lines` lines begin. */
async function tailOffset(file: FileHandle, lines: number): Promise<number> {
  const { size } = await file.stat();
  if (lines <= 0) return size;
  let found = 0;
  for (let from = Math.max(0, size - chunkSize), to = size; to > 0; to = from, from = Math.max(0, from - chunkSize)) {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(to - from), 0, to - from, from);
    for (let at = bytesRead - 1; at >= 0; at--) {
      // The newline at the very end ends the last line, it does not begin another.
      if (buffer[at] !== 0x0a || from + at === size - 1) continue;
      if (++found === lines) return from + at + 1;
    }
  }
  return 0;
}

/**
 * A log file, and after it the one in which its writer goes on. That is held on to as soon as it is seen, so that it can be
 * read even if it has been replaced itself by then.
 */
class LogFile {
  readonly #path: string;
  #file: FileHandle;
  #inode: number;
  #at: number;
  #next: FileHandle | undefined;

  private constructor(path: string, file: FileHandle, inode: number, at: number) {
    this.#path = path;
    this.#file = file;
    this.#inode = inode;
    this.#at = at;
  }

  static async open(path: string, tailLines: number | undefined, from = 0): Promise<LogFile> {
    const file = await open(path);
    const at = tailLines === undefined ? from : await tailOffset(file, tailLines);
    return new LogFile(path, file, (await file.stat()).ino, at);
  }

  /** What comes next; undefined when that is not written yet. */
  async read(): Promise<Buffer | undefined> {
    for (;;) {
      // Looked for before reading: nothing is added to a file that has a successor.
      this.#next ??= await this.#successor();
      const { buffer, bytesRead } = await this.#file.read(Buffer.alloc(chunkSize), 0, chunkSize, this.#at);
      this.#at += bytesRead;
      if (bytesRead > 0) return buffer.subarray(0, bytesRead);
      if (!this.#next) return undefined;
      await this.#file.close();
      this.#file = this.#next;
      this.#inode = (await this.#file.stat()).ino;
      this.#at = 0;
      this.#next = undefined;
    }
  }

  async #successor(): Promise<FileHandle | undefined> {
    const current = await stat(this.#path).catch(() => undefined);
    return current && current.ino !== this.#inode ? await open(this.#path) : undefined;
  }

  async close(): Promise<void> {
    await this.#next?.close();
    await this.#file.close();
  }
}

/** Wakes when the file changes or is replaced; every wait ends after a while by itself. */
class FileChanges {
  readonly #watcher;
  #changed = Promise.withResolvers<void>();

  constructor(path: string, ended: Promise<unknown>) {
    const wake = () => this.#changed.resolve();
    this.#watcher = watch(dirname(path), wake).on('error', wake);
    void ended.then(wake);
  }
  async next(signal: AbortSignal): Promise<void> {
    const timer = setTimeout(() => this.#changed.resolve(), lookAgainMs);
    const onAbort = () => this.#changed.resolve();
    signal.addEventListener('abort', onAbort, { once: true });
    if (!signal.aborted) await this.#changed.promise;
    signal.removeEventListener('abort', onAbort);
    clearTimeout(timer);
    this.#changed = Promise.withResolvers();
  }
  close(): void {
    this.#watcher.close();
  }
}

export interface FollowOptions {
  readonly path: string;
  /** Only so many lines of what is there at the beginning. */
  readonly tailLines?: number | undefined;
  /** Where in the file to begin, in bytes, without `tailLines`; at its beginning when absent. */
  readonly from?: number | undefined;
  /** Goes on until this resolves (the container ended) and all is read; absent: ends with the file. */
  readonly until?: Promise<unknown> | undefined;
  readonly signal: AbortSignal;
}
export type LogRequest = FollowOptions & LogSelection;

/** The shown lines. Ends when `limitBytes` are handed out or the signal aborts. */
export async function* readLog(request: LogRequest): AsyncGenerator<Buffer> {
  let left = request.limitBytes ?? Number.POSITIVE_INFINITY;
  for await (const lines of followLines(request)) {
    for (const line of lines) {
      const shown = shownLine(line, request);
      if (!shown) continue;
      yield shown.subarray(0, left);
      left -= shown.length;
      if (left <= 0) return;
    }
  }
}

/** The lines of the file as they are, as many at a time as are there. */
export async function* followLines({ path, tailLines, from, until, signal }: FollowOptions): AsyncGenerator<Buffer[]> {
  const file = await LogFile.open(path, tailLines, from);
  const changes = until && new FileChanges(path, until);
  let ended = until === undefined;
  void until?.then(() => {
    ended = true;
  });
  try {
    const splitter = new LineSplitter();
    while (!signal.aborted) {
      // Asked before reading: what comes between the last read and the end is read in one more round.
      const last = ended;
      for (let chunk = await file.read(); chunk && !signal.aborted; chunk = await file.read()) {
        const lines = splitter.push(chunk);
        if (lines.length > 0) yield lines;
      }
      if (last) return;
      await changes?.next(signal);
    }
  } finally {
    changes?.close();
    await file.close();
  }
}
