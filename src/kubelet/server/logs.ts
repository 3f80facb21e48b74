// Reads a container's log file from its place of interest to its end, and on while the container runs.

import { watch } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { LineSplitter, type LogSelection, shownLine } from './log-lines.ts';

const chunkSize = 64 * 1024;
/** The writer starts afresh in another file when a log has grown too large; that is looked for this often. */
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

async function* chunks(file: FileHandle, from: number): AsyncGenerator<Buffer, number> {
  let at = from;
  for (;;) {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(chunkSize), 0, chunkSize, at);
    if (bytesRead === 0) return at;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Wakes when the file changes; every wait ends after a while by itself. */
class FileChanges {
  readonly #watcher;
  #changed = Promise.withResolvers<void>();

  constructor(path: string, ended: Promise<unknown>) {
    const wake = () => this.#changed.resolve();
    this.#watcher = watch(path, wake).on('error', wake);
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
  /** Goes on until this resolves (the container ended) and all is read; absent: ends with the file. */
  readonly until?: Promise<unknown> | undefined;
  readonly signal: AbortSignal;
}
export type LogRequest = FollowOptions & LogSelection;

/** Whether the writer goes on in another file by now. */
async function isReplaced(path: string, file: FileHandle): Promise<boolean> {
  const current = await stat(path).catch(() => undefined);
  return current !== undefined && current.ino !== (await file.stat()).ino;
}

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
export async function* followLines({ path, tailLines, until, signal }: FollowOptions): AsyncGenerator<Buffer[]> {
  let file = await open(path);
  const changes = until && new FileChanges(path, until);
  let ended = until === undefined;
  void until?.then(() => {
    ended = true;
  });
  try {
    const splitter = new LineSplitter();
    let at = tailLines === undefined ? 0 : await tailOffset(file, tailLines);
    while (!signal.aborted) {
      // Asked before reading: what comes between the last read and the end is read in one more round.
      const last = ended;
      const replaced = await isReplaced(path, file);
      const reader = chunks(file, at);
      for (let next = await reader.next(); ; next = await reader.next()) {
        if (next.done) {
          at = next.value;
          break;
        }
        const lines = splitter.push(next.value);
        if (lines.length > 0) yield lines;
        if (signal.aborted) return;
      }
      if (replaced) {
        await file.close();
        file = await open(path);
        at = 0;
        continue;
      }
      if (last) return;
      await changes?.next(signal);
    }
  } finally {
    changes?.close();
    await file.close();
  }
}
