// A loop of the server's own: something that is put right every so often.

import { setInterval } from 'node:timers/promises';
import type { Logger } from '#lib/log.ts';

export interface Loop {
  /** For the log, when it cannot be done. */
  readonly what: string;
  readonly periodMs: number;
  readonly closing: AbortSignal;
  readonly log: Logger;
}

/** Until the server closes. What fails is tried again after the next period. It keeps no process alive. */
export function keepOn({ what, periodMs, closing, log }: Loop, act: () => Promise<void>): void {
  const run = async () => {
    for await (const _ of setInterval(periodMs, undefined, { signal: closing, ref: false })) {
      await act().catch((error) => log.warn(`Cannot keep ${what}, trying again`, { error, periodMs }));
    }
  };
  run().catch((error) => {
    if (!closing.aborted) log.error(`No longer keeping ${what}`, { error });
  });
}
