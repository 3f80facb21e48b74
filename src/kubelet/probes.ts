// The rhythm of a probe: delay, period, time-out, and the thresholds after which its verdict changes.

import type { Probe } from '#api/index.ts';
import type { CheckResult } from './check.ts';
import { pause } from './termination.ts';

/** Counts results; the verdict changes after so many equal ones in a row. */
export class Verdict {
  readonly #probe: Pick<Probe, 'successThreshold' | 'failureThreshold'>;
  #last: boolean | undefined;
  #run = 0;

  constructor(probe: Pick<Probe, 'successThreshold' | 'failureThreshold'>) {
    this.#probe = probe;
  }

  /** The verdict, when this result completes a row; else undefined. */
  add(ok: boolean): boolean | undefined {
    this.#run = ok === this.#last ? this.#run + 1 : 1;
    this.#last = ok;
    const enough = ok ? (this.#probe.successThreshold ?? 1) : (this.#probe.failureThreshold ?? 3);
    return this.#run >= enough ? ok : undefined;
  }
}

export interface ProbeRun {
  readonly probe: Probe;
  readonly startedAt: Date;
  check(signal: AbortSignal): Promise<CheckResult>;
  /** Called with every completed row of results. */
  onVerdict(ok: boolean): void;
  onFailure(message: string): void;
  readonly signal: AbortSignal;
}

/** Probes until the signal aborts. */
export async function runProbe({ probe, startedAt, check, onVerdict, onFailure, signal }: ProbeRun): Promise<void> {
  const period = (probe.periodSeconds || 10) * 1000;
  const timeout = (probe.timeoutSeconds || 1) * 1000;
  const verdict = new Verdict(probe);
  const delay = (probe.initialDelaySeconds ?? 0) * 1000 - (Date.now() - startedAt.getTime());
  let alive = await pause(Math.max(0, delay), signal);
  while (alive) {
    const begin = Date.now();
    const result = await check(AbortSignal.any([signal, AbortSignal.timeout(timeout)]));
    if (signal.aborted) return;
    if (!result.ok) onFailure(result.message);
    const changed = verdict.add(result.ok);
    if (changed !== undefined) onVerdict(changed);
    alive = await pause(Math.max(0, period - (Date.now() - begin)), signal);
  }
}
