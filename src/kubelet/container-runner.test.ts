// What a runner does without any container; its life with real ones is in kubelet.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '#lib/log.ts';
import { ContainerRunner } from './container-runner.ts';
import type { ContainerSpec, Runtime } from './runtime.ts';
import { Semaphore } from './semaphore.ts';
import { Termination } from './termination.ts';

test('a container whose pod is asked to end before its turn comes is never started', async () => {
  const startSlots = new Semaphore(1);
  const othersTurn = Promise.withResolvers<void>();
  void startSlots.run(() => othersTurn.promise);
  const waits = Promise.withResolvers<void>();
  let started = 0;
  const runtime: Pick<Runtime, 'version' | 'whyNot' | 'start'> = {
    version: 'test://1',
    whyNot: () => undefined,
    start: async () => {
      started++;
      throw new Error('started');
    },
  };
  const pod = new Termination();
  const runner = new ContainerRunner(
    {
      runtime: runtime as Runtime,
      startSlots,
      log: createLogger('test', 'error'),
      spec: async () => {
        waits.resolve();
        return { id: 'x' } as ContainerSpec;
      },
      event: () => {},
      changed: () => {},
      lastWords: async () => '',
      podIP: () => '',
    },
    {
      container: { name: 'c', image: 'host' },
      restartPolicy: 'Never',
      podName: 'p',
      graceMs: 0,
      restarts: 0,
      waitingReason: 'ContainerCreating',
    },
    pod,
  );
  const ended = runner.run();
  await waits.promise;
  pod.begin(0);
  othersTurn.resolve();
  await ended;
  pod.dispose();
  assert.equal(started, 0);
});
