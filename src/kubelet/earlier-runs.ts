// What a pod's status tells of containers that ran before this kubelet came: the node was started again, or a killed
// kubelet was. None of them runs any more. What follows is what follows a node's reboot upstream: an end that nobody saw is
// code 255 for the reason Unknown, and the pod's restart policy decides what runs again. Pure.

import type { Container, ContainerStatus, Pod } from '#api/index.ts';
import { timestamp } from '#api/schema/time.ts';
import type { ContainerRecord } from './status.ts';

const unseenExitCode = 255;

const statusesOf = ({ status }: Pod): readonly ContainerStatus[] => [
  ...(status?.initContainerStatuses ?? []),
  ...(status?.containerStatuses ?? []),
];

/** By container name: those that ran, each as it ended. One that was never started is not among them. */
export function earlierRuns(pod: Pod, now: Date): ReadonlyMap<string, ContainerRecord> {
  const ran = statusesOf(pod).filter(({ containerID }) => containerID);
  return new Map(ran.map((status) => [status.name, endedRecord(status, now)]));
}

function endedRecord(status: ContainerStatus, now: Date): ContainerRecord {
  const { name, state, lastState, restartCount, containerID } = status;
  const unseen = {
    exitCode: unseenExitCode,
    reason: 'Unknown',
    ...(state?.running && { startedAt: state.running.startedAt }),
    finishedAt: timestamp(now),
    ...(containerID && { containerID }),
  };
  // One that waited for its restart has ended as its last run did.
  const isLast = !state?.running && !state?.terminated && lastState?.terminated;
  const terminated = state?.terminated ?? (isLast ? lastState.terminated : unseen);
  return {
    name,
    state: { terminated },
    lastState: isLast ? {} : (lastState ?? {}),
    restartCount,
    containerID,
    started: false,
    probedReady: false,
  };
}

const endedWell = (run: ContainerRecord | undefined): boolean => run?.state.terminated?.exitCode === 0;

/** Whether the containers of a pod, some of which ran, are started again at all. */
export function isStartedAgain({ spec }: Pod, runs: ReadonlyMap<string, ContainerRecord>): boolean {
  if (runs.size === 0) return true;
  return spec.restartPolicy !== 'Never' && spec.containers.some((container) => isRunAgain(spec, container, runs));
}

/** Whether one of the pod's own containers, not an init container, is started (again). */
export const isRunAgain = (
  spec: Pod['spec'],
  { name }: Container,
  runs: ReadonlyMap<string, ContainerRecord>,
): boolean => spec.restartPolicy !== 'OnFailure' || !endedWell(runs.get(name));
