// Brings a pod's status to the API server: at once when it changes, only what changed, one write at a time. Changes that
// come while a write is under way go together in the next.

import { setImmediate } from 'node:timers/promises';
import { isConflict, isNotFound, type Pod, type PodStatus } from '#api/index.ts';
import type { Resource } from '#client/index.ts';
import type { Logger } from '#lib/log.ts';
import { statusPatch } from './status.ts';
import { pause } from './termination.ts';

const firstRetryMs = 100;
const lastRetryMs = 10_000;

export class StatusWriter {
  readonly #pods: Resource<Pod>;
  readonly #compute: (known: PodStatus) => PodStatus;
  readonly #log: Logger;
  readonly #signal: AbortSignal;
  #known: Pod;
  #wanted = false;
  #gone = false;
  #writing: Promise<void> | undefined;

  /** @param compute the status that should be, given the one that is; @param signal ends all writing */
  constructor(
    parts: { pods: Resource<Pod>; log: Logger },
    pod: Pod,
    compute: (known: PodStatus) => PodStatus,
    signal: AbortSignal,
  ) {
    this.#pods = parts.pods;
    this.#log = parts.log;
    this.#known = pod;
    this.#compute = compute;
    this.#signal = signal;
  }

  /** What the watch brought; older news than our own last write are not news. */
  observe(pod: Pod): void {
    if (isNewer(pod, this.#known)) this.#known = pod;
    this.write();
  }

  write(): void {
    this.#wanted = true;
    this.#writing ??= this.#run().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Resolves when the API server has the status as it is now, or will never have it. */
  async settled(): Promise<void> {
    this.write();
    while (this.#writing) await this.#writing;
  }

  async #run(): Promise<void> {
    // Several changes of one moment become one write.
    await Promise.resolve();
    let delay = firstRetryMs;
    while (this.#wanted && !this.#gone && !this.#signal.aborted) {
      this.#wanted = false;
      try {
        await this.#writeOnce();
        delay = firstRetryMs;
        // In one process with the API server a write waits for nothing real: one who undoes it at once must not make of
        // this a loop that keeps everybody else from the event loop.
        await setImmediate();
      } catch (error) {
        if (this.#signal.aborted) return;
        this.#gone = isNotFound(error) || (isConflict(error) && (await this.#isReplaced()));
        if (this.#gone) return;
        this.#log.warn('pod status could not be written, trying again', { pod: this.#known.metadata.name, error });
        this.#wanted = true;
        await pause(delay, this.#signal);
        delay = Math.min(delay * 2, lastRetryMs);
      }
    }
  }

  /** Another pod has the name by now, or none: this one's status is nobody's business any more. */
  async #isReplaced(): Promise<boolean> {
    const { name = '', namespace, uid } = this.#known.metadata;
    try {
      return (await this.#pods.get(name, namespace)).metadata.uid !== uid;
    } catch (error) {
      return isNotFound(error);
    }
  }

  async #writeOnce(): Promise<void> {
    const known = this.#known.status ?? {};
    const status = statusPatch(known, this.#compute(known));
    if (!status) return;
    const { name = '', namespace, uid } = this.#known.metadata;
    const patch = { metadata: { uid }, status };
    const written = await this.#pods.patch(name, patch, { namespace, type: 'strategic', subresource: 'status' });
    if (isNewer(written, this.#known)) this.#known = written;
  }
}

function isNewer(pod: Pod, than: Pod): boolean {
  const version = ({ metadata }: Pod) => BigInt(/^\d+$/.exec(metadata.resourceVersion ?? '')?.[0] ?? 0);
  return version(pod) >= version(than);
}
