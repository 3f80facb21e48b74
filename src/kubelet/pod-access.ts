// What the kubelet's server may ask of the pods: the logs of their containers, commands in them, and a place beside them.

import { existsSync } from 'node:fs';
import type { Pod } from '#api/index.ts';
import { attach } from './attach.ts';
import type { PodWorker } from './pod-worker.ts';
import type { ExecSession, RunningContainer, Runtime } from './runtime.ts';
import { type ContainerPath, type PodAccess, RequestError } from './server/server.ts';
import { waitingReason } from './status.ts';

const containerNames = ({ spec }: Pod): string[] =>
  [...(spec.initContainers ?? []), ...spec.containers].map(({ name }) => name);

/** @param find the worker of a pod by namespace and name */
export function podAccess(
  find: (namespace: string, name: string) => PodWorker | undefined,
  runtime: Runtime,
): PodAccess {
  const workerOf = ({ namespace, pod, container }: ContainerPath): PodWorker => {
    const worker = find(namespace, pod);
    if (!worker) throw new RequestError(404, `pod "${namespace}/${pod}" is not on this node`);
    if (containerNames(worker.pod).includes(container)) return worker;
    throw new RequestError(400, `container ${container} is not valid for pod ${pod}`);
  };
  const requireRunning = (at: ContainerPath): RunningContainer => {
    const running = workerOf(at).runner(at.container)?.running;
    if (running) return running;
    throw new RequestError(400, `container "${at.container}" in pod "${at.pod}" is not running`);
  };
  /** Containers with `stdinOnce` whose one session has begun. */
  const begun = new WeakSet<RunningContainer>();
  return {
    log(at, previous) {
      const worker = workerOf(at);
      const runner = worker.runner(at.container);
      const path = worker.logFile(at.container, previous ? 1 : 0);
      if (existsSync(path)) return { path, until: previous ? undefined : runner?.exited };
      if (previous) {
        const what = `previous terminated container "${at.container}" in pod "${at.pod}"`;
        throw new RequestError(400, `${what} not found`);
      }
      const reason = runner?.record.state.waiting?.reason ?? waitingReason(worker.pod);
      throw new RequestError(400, `container "${at.container}" in pod "${at.pod}" is waiting to start: ${reason}`);
    },
    requireRunning,
    exec: (at, options): ExecSession => runtime.exec(requireRunning(at).spec.id, options),
    attach(at, { stdin, signal }) {
      const container = requireRunning(at);
      const isSession = stdin && container.spec.stdin === 'once' && !begun.has(container);
      if (isSession) begun.add(container);
      // Who runs a program to speak with it wants all it said, also before the connection was there.
      return attach(container, { stdin, signal, fromStart: isSession });
    },
  };
}
