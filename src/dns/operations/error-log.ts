// Directive `errors`: why queries failed, a line each; or the number of those that are alike (`consolidate`).

import { formatGoDuration } from '#lib/go-duration.ts';
import type { Component } from '../component.ts';
import type { ErrorsSettings, LogLevel } from '../config/settings.ts';
import type { FailureObserver } from '../observer.ts';
import { formatName, type Query, typeName } from '../wire/index.ts';
import type { Output } from './output.ts';

const labels: Readonly<Record<LogLevel, string>> = { debug: 'DEBUG', info: 'INFO', warn: 'WARNING', error: 'ERROR' };

type Consolidation = ErrorsSettings['consolidate'][number];

interface Period {
  count: number;
  readonly timer: NodeJS.Timeout;
}

export class ErrorLog implements Component, FailureObserver {
  readonly name = 'errors';
  readonly #consolidations: readonly Consolidation[];
  readonly #output: Output;
  /** Directive `debug`. */
  readonly #isDebug: boolean;
  readonly #periods = new Map<Consolidation, Period>();

  constructor({ consolidate }: ErrorsSettings, output: Output, isDebug: boolean) {
    this.#consolidations = consolidate;
    this.#output = output;
    this.#isDebug = isDebug;
  }

  async start(signal: AbortSignal): Promise<void> {
    const stop = () => {
      for (const consolidation of this.#periods.keys()) this.#end(consolidation);
    };
    signal.addEventListener('abort', stop, { once: true });
  }

  onFailure(query: Query, rcode: number, reason: string): void {
    const consolidation = this.#consolidations.find(({ pattern }) => pattern.test(reason));
    if (consolidation && this.#count(consolidation)) return;
    const line = `${rcode} ${formatName(query.key)} ${typeName(query.type)}: ${reason}`;
    this.#write(consolidation?.level ?? 'error', line);
  }

  /** Whether the period's own line is enough. */
  #count(consolidation: Consolidation): boolean {
    const period = this.#periods.get(consolidation);
    if (period) {
      period.count++;
      return true;
    }
    const timer = setTimeout(() => this.#end(consolidation), consolidation.periodMs);
    timer.unref();
    this.#periods.set(consolidation, { count: 1, timer });
    return !consolidation.showFirst;
  }

  #end(consolidation: Consolidation): void {
    const period = this.#periods.get(consolidation);
    if (!period) return;
    clearTimeout(period.timer);
    this.#periods.delete(consolidation);
    const { level, pattern, periodMs, showFirst } = consolidation;
    if (showFirst && period.count === 1) return;
    const time = formatGoDuration(periodMs);
    this.#write(level, `${period.count} errors like '${pattern.source}' occurred in last ${time}`);
  }

  #write(level: LogLevel, text: string): void {
    if (level !== 'debug' || this.#isDebug) this.#output.write(`[${labels[level]}] plugin/errors: ${text}`);
  }
}
