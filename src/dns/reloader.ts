// A server that runs takes other settings when its Corefile has changed (directive `reload`) or when somebody asks for it
// (SIGUSR1), as spec/dns.md §10 has it. What cannot be taken is told, counted, and tried again the next time; the
// configuration in force stays.

import { type Clock, systemClock } from '#lib/clock.ts';
import type { Logger } from '#lib/log.ts';
import type { DnsSettings, ReloadSettings } from './config/settings.ts';
import type { ReadSettings, SettingsSource } from './config/source.ts';

export interface Reloadable {
  /** Rejects when they cannot be taken, and counts it; then nothing has changed. */
  reload(settings: DnsSettings): Promise<void>;
  /** Counts a configuration that could not be read, or had to be given up. */
  reloadFailed(): void;
}

export interface ReloaderParts {
  readonly source: SettingsSource;
  readonly server: Reloadable;
  readonly log: Logger;
  readonly clock?: Clock;
}

export class Reloader {
  readonly #source: SettingsSource;
  readonly #server: Reloadable;
  readonly #log: Logger;
  readonly #clock: Clock;
  #inForce: ReadSettings;
  /** What was in force before, until something else is read. */
  #before: ReadSettings | undefined;
  /** What was given up after it had been taken: it is not taken again. */
  #undone: ReadSettings | undefined;
  #working: Promise<void> = Promise.resolve();
  /** A look that was asked for and has not begun. */
  #asked: Promise<void> | undefined;
  #pause = new AbortController();
  #isStopped = false;
  #lastProblem = '';

  constructor({ source, server, log, clock = systemClock }: ReloaderParts, inForce: ReadSettings) {
    this.#source = source;
    this.#server = server;
    this.#log = log;
    this.#clock = clock;
    this.#inForce = inForce;
  }

  /** Looks for changes as the configuration in force says, until `signal` aborts. */
  start(signal: AbortSignal): void {
    const stop = () => {
      this.#isStopped = true;
      this.#pause.abort();
    };
    signal.addEventListener('abort', stop, { once: true });
    this.#schedule();
  }

  /** Reads and takes the configuration at once, changed or not. Resolves when that is over, well or not. */
  reload(): Promise<void> {
    this.#asked ??= this.#afterwards(() => {
      this.#asked = undefined;
      return this.#look(true);
    });
    return this.#asked;
  }

  /**
   * What these settings forward comes back: those before them are taken again. False when it was no reload that brought
   * the loop.
   */
  undo(settings: DnsSettings, { message }: Error): boolean {
    if (settings === this.#undone?.settings) return true;
    const before = this.#before;
    if (settings !== this.#inForce.settings || !before) return false;
    this.#undone = this.#inForce;
    this.#server.reloadFailed();
    this.#tell(message);
    void this.#afterwards(async () => {
      await this.#take(before).catch((error: Error) => this.#tell(error.message));
      this.#before = undefined;
    });
    return true;
  }

  #afterwards(work: () => Promise<void>): Promise<void> {
    this.#working = this.#working.then(() => (this.#isStopped ? undefined : work()));
    return this.#working;
  }

  #schedule(): void {
    this.#pause.abort();
    this.#pause = new AbortController();
    const settings = reloadOf(this.#inForce.settings);
    if (!settings || this.#isStopped) return;
    this.#clock.sleep(pauseMs(settings), this.#pause.signal).then(
      () => void this.#afterwards(() => this.#look(false)),
      () => {},
    );
  }

  async #look(isAsked: boolean): Promise<void> {
    try {
      const read = await this.#read();
      const isKnown = [this.#inForce, this.#undone].some((known) => known?.digest === read.digest);
      if (!isKnown || isAsked) {
        this.#undone = undefined;
        await this.#take(read);
      }
      this.#lastProblem = '';
    } catch (error) {
      this.#tell((error as Error).message);
    }
    this.#schedule();
  }

  async #read(): Promise<ReadSettings> {
    try {
      return await this.#source.read();
    } catch (error) {
      this.#server.reloadFailed();
      throw error;
    }
  }

  async #take(read: ReadSettings): Promise<void> {
    await this.#server.reload(read.settings);
    this.#before = this.#inForce;
    this.#inForce = read;
    this.#log.info('another configuration is in force');
  }

  /** The same problem is told once. */
  #tell(problem: string): void {
    if (problem === this.#lastProblem) return;
    this.#lastProblem = problem;
    const lines = problem.split('\n');
    for (const line of lines) this.#log.error('configuration not taken, the one before stays', { problem: line });
  }
}

/** The first block that says something of it speaks for all. */
const reloadOf = ({ servers }: DnsSettings): ReloadSettings | undefined =>
  servers.find(({ directives }) => directives.reload)?.directives.reload;

const pauseMs = ({ intervalMs, jitterMs }: ReloadSettings): number => intervalMs + (Math.random() - 0.5) * jitterMs;
