// Watches over the processes that watch over containers: a conmon that was killed can tell nobody how its container ends.
// One timer for all of them; a look at one is a look into /proc/PID/stat.

import { readFile } from 'node:fs/promises';

const lookEveryMs = 2_000;

interface Monitor {
  readonly pid: number;
  readonly startedAt: string | undefined;
}

export class Monitors {
  readonly #lost: (id: string) => void;
  readonly #monitors = new Map<string, Monitor>();
  #timer: NodeJS.Timeout | undefined;
  #looking = false;

  /** @param lost is told once of each container whose monitor has ended */
  constructor(lost: (id: string) => void) {
    this.#lost = lost;
  }

  async add(id: string, pid: number): Promise<void> {
    this.#monitors.set(id, { pid, startedAt: await startTime(pid) });
    this.#timer ??= setInterval(() => void this.#look(), lookEveryMs).unref();
  }

  delete(id: string): void {
    this.#monitors.delete(id);
    if (this.#monitors.size === 0) this.close();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    for (const [id, { pid, startedAt }] of [...this.#monitors]) {
      // The time tells it from a later process with the same number.
      if (startedAt !== undefined && (await startTime(pid)) === startedAt) continue;
      if (this.#monitors.delete(id)) this.#lost(id);
    }
    this.#looking = false;
  }
}

/** When the process started, in the kernel's ticks; undefined when it has ended. */
async function startTime(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  // The name, which comes in parentheses, may contain anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state = ''] = fields;
  return /^[^ZX]$/.test(state) ? fields[19] : undefined;
}
