// The hosts file of a server block, and the lines that the block has besides: read at the start and whenever the file changes.

import { setImmediate } from 'node:timers/promises';
import { type Clock, systemClock } from '#lib/clock.ts';
import type { Logger } from '#lib/log.ts';
import type { Metric } from '#lib/metrics.ts';
import type { Component } from '../component.ts';
import type { HostsSettings } from '../config/settings.ts';
import { PolledFile } from '../polled-file.ts';
import { HostsTable } from './hosts-table.ts';

/** Lists of a million names have 32 MB. */
const maxSize = 64 * 1024 * 1024;
/** So many lines are read at a time, then queries have their turn. */
const linesAtOnce = 1000;

export class HostsSource implements Component {
  readonly name = 'hosts';
  readonly #settings: HostsSettings;
  readonly #file: PolledFile;
  readonly #log: Logger;
  readonly #clock: Clock;
  #problem = '';
  table: HostsTable;

  constructor({ log, clock = systemClock }: { log: Logger; clock?: Clock }, settings: HostsSettings) {
    this.#settings = settings;
    this.#file = new PolledFile(settings.file, maxSize);
    this.#log = log;
    this.#clock = clock;
    this.table = new HostsTable(settings.zones);
    for (const line of settings.inline) this.table.add(line);
  }

  async start(signal: AbortSignal): Promise<void> {
    await this.#load();
    if (this.#settings.reloadMs > 0) void this.#follow(signal);
  }

  metrics(): Metric[] {
    return [
      {
        name: 'coredns_hosts_entries',
        help: 'Addresses of names and names of addresses, from the file and from the configuration.',
        type: 'gauge',
        samples: () => [{ labels: { hostsfile: this.#settings.file }, value: this.table.size }],
      },
      {
        name: 'coredns_hosts_reload_timestamp_seconds',
        help: 'When the hosts file was written that was read last.',
        type: 'gauge',
        aggregator: 'max',
        samples: () => [{ labels: {}, value: this.#file.modified }],
      },
    ];
  }

  async #follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#clock.sleep(this.#settings.reloadMs, signal);
      } catch {
        return;
      }
      await this.#load();
    }
  }

  /** A file that cannot be read leaves what was known. It is told of once. */
  async #load(): Promise<void> {
    const { file, zones, inline } = this.#settings;
    try {
      const text = await this.#file.changed();
      this.#problem = '';
      if (text === undefined) return;
      const table = new HostsTable(zones);
      for (const [i, line] of [...text.split('\n'), ...inline].entries()) {
        if (i % linesAtOnce === linesAtOnce - 1) await setImmediate();
        table.add(line);
      }
      this.table = table;
    } catch (error) {
      const problem = (error as Error).message;
      if (problem !== this.#problem) this.#log.warn('cannot read the hosts file', { file, error });
      this.#problem = problem;
    }
  }
}
