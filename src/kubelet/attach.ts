// Somebody at a container that runs (`kubectl attach`, `kubectl run -it`). What the container says is read from its log,
// which has every byte in order and keeps nobody waiting: any number can watch, and who is slow or goes away does not
// hold the container up. Only input needs a way in. api.md §14; when input ends as containerd and CRI-O have it.

import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ContainerInput, ExecSession, RunningContainer } from './runtime.ts';
import { outputOf } from './server/log-lines.ts';
import { followLines } from './server/logs.ts';

export interface AttachOptions {
  readonly stdin: boolean;
  /** With what the container has said so far; else from now on. */
  readonly fromStart: boolean;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
}

/** What a terminal takes for the end of input. */
const controlD = Buffer.of(4);
/** A container that cannot be reached may be about to be known as ended. */
const endIsNearMs = 2000;

/** Ends with the container; or with its input, when the container's is to stay open. */
export function attach(container: RunningContainer, { stdin, fromStart, signal }: AttachOptions): ExecSession {
  const { spec } = container;
  const detached = new AbortController();
  const over = AbortSignal.any([signal, detached.signal]);
  const input = stdin && spec.stdin !== 'none' ? container.openInput(over) : undefined;
  let handle: Parameters<ExecSession['onOutput']>[0] = () => {};
  let held: PromiseWithResolvers<void> | undefined;

  // Now, and not when the file is open: by then the first input may have been answered.
  const from = fromStart ? 0 : (statSync(spec.logFile, { throwIfNoEntry: false })?.size ?? 0);
  const follow = async (): Promise<void> => {
    for await (const lines of followLines({ path: spec.logFile, from, until: container.exited, signal: over })) {
      for (const { stream, data } of outputOf(lines)) handle(stream, data);
      await held?.promise;
    }
  };
  return {
    onOutput(handler) {
      handle = handler;
    },
    write: (data) => input?.write(data) ?? true,
    drained: async () => await input?.drained(),
    endInput() {
      if (spec.stdin !== 'once') {
        input?.end();
        void input?.closed.then(
          () => detached.abort(),
          () => {},
        );
      } else if (spec.tty) {
        input?.write(controlD);
      } else {
        input?.end();
      }
    },
    resize: (size) => {
      if (spec.tty) container.resize(size);
    },
    pause() {
      held ??= Promise.withResolvers();
    },
    resume() {
      held?.resolve();
      held = undefined;
    },
    exited: Promise.race([follow(), unreachable(container, input)])
      .finally(() => detached.abort())
      .then(() => 0),
  };
}

/** Rejects when there is no way to the input of a container that goes on running. */
async function unreachable(container: RunningContainer, input: ContainerInput | undefined): Promise<never> {
  try {
    await input?.closed;
  } catch (error) {
    const ended = container.exited.then(() => true);
    if (!(await Promise.race([ended, sleep(endIsNearMs, false, { ref: false })]))) throw error;
  }
  return new Promise(() => {});
}
