// What a runner does without any container; its life with real ones is in kubelet.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '#lib/log.ts';
import { ContainerRunner } from './container-runner.ts';
import type { ContainerSpec, Exit, RunningContainer, Runtime } from './runtime.ts';
import { Semaphore } from './semaphore.ts';
import { Termination } from './termination.ts';

/** A runner of the container `c` of the pod `pod`, whose runtime is no more than this. */
function runnerOf(
  pod: Termination,
  {
    startSlots = new Semaphore(1),
    ...runtime
  }: Pick<Runtime, 'start'> & Partial<Pick<Runtime, 'remove'>> & { startSlots?: Semaphore },
  specWanted = () => {},
): ContainerRunner {
  return new ContainerRunner(
    {
      runtime: { version: 'test://1', whyNot: () => undefined, ...runtime } as Pick<
        Runtime,
        'version' | 'whyNot' | 'start'
      > as Runtime,
      startSlots,
      log: createLogger('test', 'error'),
      spec: async () => {
        specWanted();
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
      lastState: {},
      waitingReason: 'ContainerCreating',
    },
    pod,
  );
}

test('a container whose pod is asked to end before its turn comes is never started', async () => {
  const startSlots = new Semaphore(1);
  const othersTurn = Promise.withResolvers<void>();
  void startSlots.run(() => othersTurn.promise);
  const waits = Promise.withResolvers<void>();
  let started = 0;
  const start = async () => {
    started++;
    throw new Error('started');
  };
  const pod = new Termination();
  const ended = runnerOf(pod, { startSlots, start }, waits.resolve).run();
  await waits.promise;
  pod.begin(0);
  othersTurn.resolve();
  await ended;
  pod.dispose();
  assert.equal(started, 0);
});

test('a container that could not be started has ended now, and started at the beginning of time', async () => {
  const start = async () => {
    throw new Error('no such program');
  };
  const runner = runnerOf(new Termination(), { start });
  const before = Date.now();
  await runner.run();
  const { terminated } = runner.record.state;
  assert.deepEqual(
    [terminated?.reason, terminated?.exitCode, terminated?.startedAt],
    ['StartError', 128, '1970-01-01T00:00:00Z'],
  );
  const finishedAt = Date.parse(terminated?.finishedAt ?? '');
  assert.ok(finishedAt >= before - 1000 && finishedAt <= Date.now());
});

test('a container that is just being started counts as there until it has ended', async () => {
  const [created, exited] = [Promise.withResolvers<void>(), Promise.withResolvers<Exit>()];
  const asked = Promise.withResolvers<void>();
  const start: Runtime['start'] = async (spec) => {
    asked.resolve();
    await created.promise;
    return { spec, startedAt: new Date(), exited: exited.promise } as RunningContainer;
  };
  const runner = runnerOf(new Termination(), { start, remove: async () => {} });
  const ran = runner.run();
  await asked.promise;
  let isOver = false;
  const over = runner.exited?.then(() => {
    isOver = true;
  });
  created.resolve();
  await runner.started;
  assert.equal(isOver, false);
  exited.resolve({ code: 0, at: new Date() } as Exit);
  await over;
  await ran;
  assert.equal(runner.exited, undefined);
});
