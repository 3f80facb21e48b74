// Lines on standard output, of which there may be one for every query: they never keep a query waiting. What comes in one
// turn of the loop goes out in one write, or a few; while nobody takes it, lines are dropped and counted.

import type { Writable } from 'node:stream';
import { type Metric, single } from '#lib/metrics.ts';
import type { Component } from '../component.ts';

/** Characters that wait in us, and then as many in the stream. */
const usualLimit = 1024 * 1024;

export class Output implements Component {
  readonly name = 'log';
  readonly #stream: Writable;
  readonly #limit: number;
  #waiting: string[] = [];
  #size = 0;
  #isScheduled = false;
  #isBlocked = false;
  #dropped = 0;
  /** Of those, which nobody has been told of. */
  #untold = 0;

  /** @param stream a pipe or a file; a terminal is waited for. */
  constructor(stream: Writable, limit = usualLimit) {
    this.#stream = stream;
    this.#limit = limit;
  }

  async start(signal: AbortSignal): Promise<void> {
    const onDrain = () => {
      this.#isBlocked = false;
      this.#flush();
    };
    // A reader that has gone is no reason to end: from then on lines are dropped.
    const onError = () => {
      this.#isBlocked = true;
    };
    this.#stream.on('drain', onDrain).on('error', onError);
    const stop = () => {
      this.#flush();
      this.#stream.off('drain', onDrain);
    };
    signal.addEventListener('abort', stop, { once: true });
  }

  /** @param line without its end. */
  write(line: string): void {
    if (this.#size + line.length > this.#limit) {
      this.#dropped++;
      this.#untold++;
      return;
    }
    this.#waiting.push(line);
    this.#size += line.length + 1;
    if (this.#isScheduled || this.#isBlocked) return;
    this.#isScheduled = true;
    setImmediate(() => this.#flush());
  }

  metrics(): Metric[] {
    const help = 'Lines of the query log and the log of errors that nobody took.';
    return [single('portolan_dns_log_lines_dropped_total', 'counter', help, () => this.#dropped)];
  }

  #flush(): void {
    this.#isScheduled = false;
    if (this.#isBlocked || this.#waiting.length === 0) return;
    const lines = this.#waiting;
    if (this.#untold > 0) lines.push(`[WARNING] plugin/log: ${this.#untold} lines were dropped: nobody took them`);
    this.#waiting = [];
    this.#size = 0;
    this.#untold = 0;
    for (const text of whole(lines)) this.#isBlocked = !this.#stream.write(text);
  }
}

/** So much is written to a pipe at once: other processes of this server may write to the same. */
const atomic = 4096;

function* whole(lines: readonly string[]): Generator<string> {
  let text = '';
  for (const line of lines) {
    if (text !== '' && text.length + line.length >= atomic) {
      yield text;
      text = '';
    }
    text += `${line}\n`;
  }
  yield text;
}
