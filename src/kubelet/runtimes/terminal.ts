// The size of a container's terminal, which conmon sets when it reads `1 ROWS COLUMNS` from its FIFO `ctl`.

import { constants } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TerminalSize } from '../runtime.ts';

/** conmon 2.1 takes lines that it reads at once for the first of them, repeated: each gets the time to be read alone. */
const gapMs = 50;

export class Terminal {
  readonly #control: string;
  #next: TerminalSize | undefined;
  #sending = false;

  constructor(bundle: string) {
    this.#control = join(bundle, 'ctl');
  }

  resize(size: TerminalSize): void {
    if (size.columns <= 0 || size.rows <= 0) return;
    this.#next = size;
    if (!this.#sending) void this.#send();
  }

  async #send(): Promise<void> {
    this.#sending = true;
    for (let size = this.#take(); size; size = this.#take()) {
      // Without a reader the container has ended, and with it its terminal.
      const flag = constants.O_WRONLY | constants.O_NONBLOCK;
      await writeFile(this.#control, `1 ${size.rows} ${size.columns}\n`, { flag }).catch(() => {});
      await sleep(gapMs, undefined, { ref: false });
    }
    this.#sending = false;
  }

  #take(): TerminalSize | undefined {
    const size = this.#next;
    this.#next = undefined;
    return size;
  }
}
