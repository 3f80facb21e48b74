// Whether a server is to be asked. Nothing is done until a question fails; then the server is probed until it answers
// (spec/dns.md §8).

import { setTimeout as sleep } from 'node:timers/promises';

export interface HealthOptions {
  readonly intervalMs: number;
  /** Down after more than this many failed probes; 0: never, and there are no probes. */
  readonly maxFails: number;
}

export interface HealthParts {
  /** Rejects when there was no answer. */
  readonly probe: () => Promise<unknown>;
  readonly onFailure: () => void;
  /** Down, or up again. */
  readonly onChange: (isDown: boolean) => void;
}

/** Whatever is configured: a server that refuses at once is not to be asked without a pause. */
const minIntervalMs = 10;

export class Health {
  readonly #parts: HealthParts;
  readonly #options: HealthOptions;
  readonly #stop = new AbortController();
  #fails = 0;
  #isProbing = false;

  constructor(parts: HealthParts, options: HealthOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  get isDown(): boolean {
    return this.#options.maxFails > 0 && this.#fails > this.#options.maxFails;
  }

  /** A question failed. Nothing more happens when probes are under way already. */
  suspect(): void {
    if (this.#options.maxFails > 0 && !this.#isProbing && !this.#stop.signal.aborted) void this.#probe();
  }

  close(): void {
    this.#stop.abort();
  }

  async #probe(): Promise<void> {
    const { signal } = this.#stop;
    this.#isProbing = true;
    while (!signal.aborted && !(await this.#isAlive())) {
      this.#count(this.#fails + 1);
      this.#parts.onFailure();
      await sleep(Math.max(this.#options.intervalMs, minIntervalMs), undefined, { signal }).catch(() => {});
    }
    if (!signal.aborted) this.#count(0);
    this.#isProbing = false;
  }

  async #isAlive(): Promise<boolean> {
    try {
      await this.#parts.probe();
      return true;
    } catch {
      return false;
    }
  }

  #count(fails: number): void {
    const wasDown = this.isDown;
    this.#fails = fails;
    if (this.isDown !== wasDown) this.#parts.onChange(this.isDown);
  }
}
