// The life of one container of a pod: start, probes, hooks, exit, restart with back-off, graceful end. It keeps the record
// that the pod's status is made of and says so whenever it changes; it knows nothing of the API server.

import type { Container } from '#api/index.ts';
import type { LifecycleHandler } from '#api/schema/container.ts';
import { timestamp } from '#api/schema/time.ts';
import type { Logger } from '#lib/log.ts';
import { BackOff } from './back-off.ts';
import { type CheckResult, type CheckTarget, check } from './check.ts';
import { ConfigError } from './config-error.ts';
import { execIn } from './exec-in.ts';
import { runProbe } from './probes.ts';
import type { ContainerSpec, Exit, RunningContainer, Runtime } from './runtime.ts';
import type { Semaphore } from './semaphore.ts';
import type { ContainerRecord } from './status.ts';
import { pause, Termination, whenAborted } from './termination.ts';

export type RestartPolicy = 'Always' | 'OnFailure' | 'Never';

export interface RunnerParts {
  readonly runtime: Runtime;
  readonly startSlots: Semaphore;
  readonly log: Logger;
  /** Gathers all that a new run of the container needs. Throws ConfigError for what is missing. */
  spec(container: Container, attempt: number): Promise<ContainerSpec>;
  event(type: 'Normal' | 'Warning', reason: string, message: string): void;
  changed(): void;
  /** What the container left in its termination log. */
  lastWords(container: Container, exit: Exit): Promise<string>;
  readonly podIP: () => string;
}

export interface RunnerOptions {
  readonly container: Container;
  readonly restartPolicy: RestartPolicy;
  /** `POD_NAMESPACE(UID)`, for messages. */
  readonly podName: string;
  readonly graceMs: number;
  /** What earlier kubelets left: the count goes on, and the last end stays to be read. */
  readonly restarts: number;
  readonly lastState: ContainerRecord['lastState'];
  /** Why it waits before its first start. */
  readonly waitingReason: string;
}

/** How a run ended: undefined when it was never begun because the pod ends. */
type Outcome = { readonly exit: Exit; readonly ranMs: number } | undefined;

const startErrorCode = 128;
const configRetryMs = 2_000;
/** A hook that used up the whole grace period still leaves this much to the program. */
const leastGraceMs = 2_000;
/** A killed program whose end is not told within this has lost its monitor: nobody is left to tell it. */
const exitReportMs = 2_000;

export class ContainerRunner {
  readonly #parts: RunnerParts;
  readonly #options: RunnerOptions;
  readonly #pod: Termination;
  readonly #started = Promise.withResolvers<void>();
  #record: ContainerRecord;
  #starting: Promise<RunningContainer | undefined> | undefined;
  #running: RunningContainer | undefined;

  /** @param termination of the pod */
  constructor(parts: RunnerParts, options: RunnerOptions, termination: Termination) {
    this.#parts = parts;
    this.#options = options;
    this.#pod = termination;
    this.#record = {
      name: options.container.name,
      state: { waiting: { reason: options.waitingReason } },
      lastState: options.lastState,
      restartCount: options.restarts,
      containerID: undefined,
      started: false,
      probedReady: false,
    };
  }

  get record(): ContainerRecord {
    return this.#record;
  }
  /** The container that runs now. */
  get running(): RunningContainer | undefined {
    return this.#running;
  }
  /** When the container that runs now, or that is just being started, has ended; undefined when there is none. */
  get exited(): Promise<unknown> | undefined {
    return this.#running?.exited ?? this.#starting?.then((running) => running?.exited).catch(() => {});
  }
  /** Resolves when the container has started (its startup probe included) for the first time. */
  get started(): Promise<void> {
    return this.#started.promise;
  }

  /** Resolves when the container has ended for good: by its restart policy, or because the pod ends. */
  async run(): Promise<void> {
    const backOff = new BackOff();
    for (let first = true; ; first = false) {
      if (!first) this.#set({ restartCount: this.#record.restartCount + 1 }, false);
      const outcome = await this.#runOnce();
      if (!outcome || this.#pod.begun.aborted || !this.#restartsAfter(outcome.exit)) return;
      const delay = backOff.delay(outcome.ranMs);
      if (delay > 0) this.#waitToRestart(delay);
      if (!(await pause(delay, this.#pod.begun))) return this.#restoreTermination();
    }
  }

  #restartsAfter({ code }: Exit): boolean {
    const { restartPolicy } = this.#options;
    return restartPolicy === 'Always' || (restartPolicy === 'OnFailure' && code !== 0);
  }

  #waitToRestart(delayMs: number): void {
    const { container, podName } = this.#options;
    const message = `back-off ${duration(delayMs)} restarting failed container=${container.name} pod=${podName}`;
    this.#set({
      state: { waiting: { reason: 'CrashLoopBackOff', message } },
      lastState: this.#record.state.terminated ? this.#record.state : this.#record.lastState,
    });
    const text = `Back-off restarting failed container ${container.name} in pod ${podName}`;
    this.#parts.event('Warning', 'BackOff', text);
  }

  /** A pod that ends while its container waits for a restart has a container that ended, not one that waits. */
  #restoreTermination(): void {
    if (this.#record.lastState.terminated) this.#set({ state: this.#record.lastState });
  }

  async #runOnce(): Promise<Outcome> {
    const attempt = this.#record.restartCount;
    const spec = await this.#specWhenPossible(attempt);
    if (!spec) return undefined;
    const before = this.#record.state.terminated ? this.#record.state : this.#record.lastState;
    const containerID = `${this.#parts.runtime.version.split('://')[0]}://${spec.id}`;
    let running: RunningContainer | undefined;
    try {
      // The pod may be asked to end while its container waits for its turn.
      this.#starting = this.#parts.startSlots.run(async () =>
        this.#pod.begun.aborted ? undefined : await this.#parts.runtime.start(spec),
      );
      running = await this.#starting;
    } catch (error) {
      return this.#startFailed(error, containerID, before);
    } finally {
      this.#starting = undefined;
    }
    if (!running) return undefined;
    const { name, startupProbe, readinessProbe } = this.#options.container;
    this.#parts.event('Normal', 'Created', `Created container: ${name}`);
    this.#parts.event('Normal', 'Started', `Started container ${name}`);
    this.#set({
      state: { running: { startedAt: timestamp(running.startedAt) } },
      lastState: before,
      containerID,
      started: !startupProbe,
      probedReady: !readinessProbe,
    });
    if (!startupProbe) this.#started.resolve();
    this.#running = running;
    const exit = await this.#whileRunning(spec.id, running);
    this.#running = undefined;
    await this.#ended(exit, running.startedAt, containerID);
    await this.#parts.runtime.remove(spec.id).catch((error) => {
      this.#parts.log.warn('container could not be removed', { container: name, error });
    });
    return { exit, ranMs: exit.at.getTime() - running.startedAt.getTime() };
  }

  /** Waits for a runnable image and for what the container is configured with; undefined when the pod ends before. */
  async #specWhenPossible(attempt: number): Promise<ContainerSpec | undefined> {
    const { container } = this.#options;
    if (!(await this.#imagePresent())) return undefined;
    for (;;) {
      if (this.#pod.begun.aborted) return undefined;
      try {
        return await this.#parts.spec(container, attempt);
      } catch (error) {
        if (this.#pod.begun.aborted) return undefined;
        const reason = error instanceof ConfigError ? 'CreateContainerConfigError' : 'CreateContainerError';
        const message = error instanceof Error ? error.message : String(error);
        this.#set({ state: { waiting: { reason, message } } });
        this.#parts.event('Warning', 'Failed', `Error: ${message}`);
      }
      if (!(await pause(configRetryMs, this.#pod.begun))) return undefined;
    }
  }

  async #imagePresent(): Promise<boolean> {
    const image = this.#options.container.image ?? '';
    const { runtime, event } = this.#parts;
    const backOff = new BackOff();
    for (;;) {
      const why = runtime.whyNot(image);
      if (why === undefined) {
        event('Normal', 'Pulled', `Container image "${image}" already present on machine`);
        return !this.#pod.begun.aborted;
      }
      this.#set({ state: { waiting: { reason: 'ErrImagePull', message: why } } });
      event('Warning', 'Failed', `Failed to pull image "${image}": ${why}`);
      event('Warning', 'Failed', 'Error: ErrImagePull');
      // The first reason is shown for a moment, as people look for it.
      if (!(await pause(Math.max(backOff.delay(), 1000), this.#pod.begun))) return false;
      const message = `Back-off pulling image "${image}": ErrImagePull: ${why}`;
      this.#set({ state: { waiting: { reason: 'ImagePullBackOff', message } } });
      event('Normal', 'BackOff', `Back-off pulling image "${image}"`);
      event('Warning', 'Failed', 'Error: ImagePullBackOff');
      if (!(await pause(Math.max(backOff.delay(), 10_000), this.#pod.begun))) return false;
    }
  }

  #startFailed(error: unknown, containerID: string, lastState: ContainerRecord['lastState']): Outcome {
    const message = error instanceof Error ? error.message : String(error);
    const exit: Exit = { code: startErrorCode, at: new Date() };
    const times = { startedAt: timestamp(new Date(0)), finishedAt: timestamp(exit.at) };
    const terminated = { exitCode: exit.code, reason: 'StartError', message, ...times, containerID };
    this.#parts.event('Warning', 'Failed', `Error: ${message}`);
    this.#set({ state: { terminated }, lastState, containerID, started: false, probedReady: false });
    return { exit, ranMs: 0 };
  }

  /** Hooks, probes and the wish to end, while the container runs. */
  async #whileRunning(id: string, running: RunningContainer): Promise<Exit> {
    const own = new Termination();
    const over = new AbortController();
    const target = this.#target(id);
    const hooked = this.#postStart(target, own);
    const probing = hooked.then(async (ok) => {
      if (ok) await this.#probe(target, running, own, over.signal);
    });
    const wish = AbortSignal.any([this.#pod.begun, own.begun, over.signal]);
    const ending = whenAborted(wish).then(() => this.#end(id, running, own, over.signal));
    const exit = await running.exited;
    over.abort();
    own.dispose();
    await Promise.all([probing, ending]);
    return exit;
  }

  #target(id: string): CheckTarget {
    return {
      container: this.#options.container,
      podIP: this.#parts.podIP(),
      exec: (command, signal) => execIn(this.#parts.runtime, id, command, signal),
    };
  }

  async #postStart(target: CheckTarget, own: Termination): Promise<boolean> {
    const hook = this.#options.container.lifecycle?.postStart;
    if (!hook) return true;
    const result = await runHook(hook, target, this.#pod.expired);
    if (result.ok) return true;
    this.#parts.event('Warning', 'FailedPostStartHook', `PostStartHook failed: ${result.message}`);
    this.#killing('FailedPostStartHook');
    own.begin(this.#options.graceMs);
    return false;
  }

  /** Asks the program to end, waits for the grace period, then ends it. */
  async #end(id: string, running: RunningContainer, own: Termination, over: AbortSignal): Promise<void> {
    if (over.aborted) return;
    if (this.#pod.begun.aborted)
      this.#parts.event('Normal', 'Killing', `Stopping container ${this.#options.container.name}`);
    const expired = AbortSignal.any([this.#pod.expired, own.expired, over]);
    const hook = this.#options.container.lifecycle?.preStop;
    if (hook) await this.#preStop(hook, id, expired);
    const extra = expired.aborted && hook && !over.aborted ? pause(leastGraceMs, over) : whenAborted(expired);
    await this.#signal(id, 'SIGTERM');
    await Promise.race([running.exited, extra]);
    if (over.aborted) return;
    await this.#signal(id, 'SIGKILL');
    if (await pause(exitReportMs, over)) await this.#removeUntold(id);
  }

  async #removeUntold(id: string): Promise<void> {
    this.#parts.log.warn('the end of a killed container was not told, removing it', { id });
    await this.#parts.runtime.remove(id).catch((error) => {
      this.#parts.log.error('container could not be removed', { id, error });
    });
  }

  async #preStop(hook: LifecycleHandler, id: string, expired: AbortSignal): Promise<void> {
    const result = await runHook(hook, this.#target(id), expired);
    if (!result.ok && !expired.aborted) {
      this.#parts.event('Warning', 'FailedPreStopHook', `PreStopHook failed: ${result.message}`);
    }
  }

  async #signal(id: string, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await this.#parts.runtime.kill(id, signal).catch((error) => {
      this.#parts.log.warn('signal could not be sent', { id, signal, error });
    });
  }

  #killing(why: string): void {
    this.#parts.event('Normal', 'Killing', `Container ${this.#options.container.name} ${why}, will be restarted`);
  }

  async #probe(target: CheckTarget, running: RunningContainer, own: Termination, over: AbortSignal): Promise<void> {
    const { container, graceMs } = this.#options;
    const { startupProbe, livenessProbe, readinessProbe } = container;
    // Readiness is watched to the very end, so that a draining program can say so; being killed for illness is over
    // as soon as it is asked to end.
    const healthy = AbortSignal.any([over, own.begun, this.#pod.begun]);
    const start = (probe: typeof livenessProbe, kind: string, signal: AbortSignal, onVerdict: (ok: boolean) => void) =>
      probe &&
      runProbe({
        probe,
        startedAt: running.startedAt,
        check: (deadline) => check(probe, target, deadline),
        onVerdict,
        onFailure: (message) => this.#parts.event('Warning', 'Unhealthy', `${kind} probe failed: ${message}`),
        signal,
      });
    const restart = (kind: string, probe: typeof livenessProbe) => {
      this.#killing(`failed ${kind} probe`);
      own.begin((probe?.terminationGracePeriodSeconds ?? graceMs / 1000) * 1000);
    };
    if (startupProbe) {
      const settled = new AbortController();
      await start(startupProbe, 'Startup', AbortSignal.any([healthy, settled.signal]), (ok) => {
        settled.abort();
        if (!ok) return restart('startup', startupProbe);
        this.#set({ started: true });
        this.#started.resolve();
      });
      if (!this.#record.started) return;
    }
    await Promise.all([
      start(livenessProbe, 'Liveness', healthy, (ok) => ok || restart('liveness', livenessProbe)),
      start(readinessProbe, 'Readiness', over, (ok) => this.#set({ probedReady: ok })),
    ]);
  }

  async #ended(exit: Exit, startedAt: Date, containerID: string): Promise<void> {
    const message = await this.#parts.lastWords(this.#options.container, exit).catch(() => '');
    const terminated = {
      exitCode: exit.code,
      reason: exit.code === 0 ? 'Completed' : 'Error',
      ...(message && { message }),
      startedAt: timestamp(startedAt),
      finishedAt: timestamp(exit.at),
      containerID,
    };
    this.#set({ state: { terminated }, started: false, probedReady: false });
  }

  #set(change: Partial<ContainerRecord>, tell = true): void {
    const next = { ...this.#record, ...change };
    const isNews = Object.entries(change).some(([key, value]) => this.#record[key as keyof ContainerRecord] !== value);
    this.#record = next;
    if (tell && isNews) this.#parts.changed();
  }
}

async function runHook(hook: LifecycleHandler, target: CheckTarget, signal: AbortSignal): Promise<CheckResult> {
  if (!hook.sleep) return await check(hook, target, signal);
  await pause(hook.sleep.seconds * 1000, signal);
  return { ok: true, message: '' };
}

/** As Go prints it: `10s`, `1m20s`, `5m0s`. */
function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
