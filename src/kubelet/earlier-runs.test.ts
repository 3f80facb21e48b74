// What a pod's status says of containers that ran before, and what follows of it for those that are taken up again.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ContainerStatus, Pod } from '#api/index.ts';
import { earlierRuns, isRunAgain, isStartedAgain } from './earlier-runs.ts';

const now = new Date('2030-01-02T00:00:00Z');
const containerID = 'runc://1';
const startedAt = '2030-01-01T00:00:00Z';
const ended = (exitCode: number) => ({ terminated: { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error' } });
const unseen = { exitCode: 255, reason: 'Unknown', finishedAt: '2030-01-02T00:00:00Z', containerID };

const status = (name: string, change: Partial<ContainerStatus>): ContainerStatus => ({
  name,
  image: 'host',
  imageID: 'host',
  ready: false,
  restartCount: 0,
  ...change,
});
const pod = (restartPolicy: string, containers: Record<string, Partial<ContainerStatus>>): Pod => ({
  metadata: { name: 'p', namespace: 'shop' },
  spec: { restartPolicy, containers: Object.keys(containers).map((name) => ({ name, image: 'host' })) },
  status: { containerStatuses: Object.entries(containers).map(([name, change]) => status(name, change)) },
});

describe('earlierRuns', () => {
  const cases: { name: string; status: Partial<ContainerStatus>; want: object | undefined }[] = [
    {
      name: 'one that was never started is none',
      status: { state: { waiting: { reason: 'ContainerCreating' } } },
      want: undefined,
    },
    {
      name: 'one that ran ended unseen',
      status: { state: { running: { startedAt } }, restartCount: 2, lastState: ended(1), containerID },
      want: { state: { terminated: { ...unseen, startedAt } }, lastState: ended(1), restartCount: 2 },
    },
    {
      name: 'one that had ended ended so',
      status: { state: ended(3), lastState: ended(1), restartCount: 1, containerID },
      want: { state: ended(3), lastState: ended(1), restartCount: 1 },
    },
    {
      name: 'one that waited for its restart ended as its last run did',
      status: {
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: ended(7),
        restartCount: 4,
        containerID,
      },
      want: { state: ended(7), lastState: {}, restartCount: 4 },
    },
    { name: 'one that says nothing ended unseen', status: { containerID }, want: { state: { terminated: unseen } } },
  ];
  for (const { name, status, want } of cases) {
    test(name, () => {
      const record = earlierRuns(pod('Always', { a: status }), now).get('a');
      if (want === undefined) assert.equal(record, undefined);
      else assert.deepEqual({ ...record, ...want }, record);
    });
  }
});

describe('isStartedAgain', () => {
  const ran = { state: { running: { startedAt } }, containerID };
  const well = { state: ended(0), containerID };
  const ill = { state: ended(1), containerID };
  const cases: { name: string; pod: Pod; want: boolean; containers?: string[] }[] = [
    { name: 'Never, not begun', pod: pod('Never', { a: {}, b: {} }), want: true, containers: ['a', 'b'] },
    { name: 'Never, one of them begun', pod: pod('Never', { a: ran, b: {} }), want: false },
    { name: 'Always, all ended well', pod: pod('Always', { a: well, b: well }), want: true, containers: ['a', 'b'] },
    {
      name: 'OnFailure, some ended well',
      pod: pod('OnFailure', { a: well, b: ran, c: ill }),
      want: true,
      containers: ['b', 'c'],
    },
    { name: 'OnFailure, all ended well', pod: pod('OnFailure', { a: well, b: well }), want: false },
  ];
  for (const { name, pod, want, containers } of cases) {
    test(name, () => {
      const runs = earlierRuns(pod, now);
      assert.equal(isStartedAgain(pod, runs), want);
      if (!containers) return;
      const again = pod.spec.containers.filter((container) => isRunAgain(pod.spec, container, runs));
      assert.deepEqual(
        again.map(({ name }) => name),
        containers,
      );
    });
  }
});
