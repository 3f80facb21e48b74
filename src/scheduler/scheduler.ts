// Gives every pod that asks for the default scheduler a node: filter, score, bind. Pods that fit nowhere are tried again
// when a node or a pod changes in a way that may make room.

import { isDeepStrictEqual } from 'node:util';
import {
  apiVersionOf,
  ignoreNotFound,
  isConflict,
  isNotFound,
  isPodTerminal,
  type Node,
  nodes,
  type Pod,
  podCondition,
  pods,
} from '#api/index.ts';
import { timestamp } from '#api/schema/time.ts';
import {
  type Client,
  EventRecorder,
  Informer,
  keyOf,
  type Resource,
  runWorkers,
  splitKey,
  WorkQueue,
} from '#client/index.ts';
import { type Clock, systemClock } from '#lib/clock.ts';
import { createLogger, type Logger } from '#lib/log.ts';
import { AssumedPods } from './assumed.ts';
import { type Candidate, describeReasons, reasonsAgainst } from './filter.ts';
import { best } from './score.ts';

export const schedulerName = 'default-scheduler';

export interface SchedulerParts {
  readonly client: Client;
  readonly clock?: Clock | undefined;
  readonly log?: Logger | undefined;
}

/** Schedules until `signal` aborts. Resolves when its caches are filled and it is at work. */
export async function startScheduler(parts: SchedulerParts, { signal }: { signal: AbortSignal }): Promise<void> {
  const scheduler = new Scheduler(parts);
  await scheduler.start(signal);
}

const isWaiting = ({ metadata, spec, ...pod }: Pod): boolean =>
  !spec.nodeName &&
  (spec.schedulerName ?? schedulerName) === schedulerName &&
  !metadata.deletionTimestamp &&
  !spec.schedulingGates?.length &&
  !isPodTerminal({ metadata, spec, ...pod });

class Scheduler {
  readonly #resource: Resource<Pod>;
  readonly #pods: Informer<Pod>;
  readonly #nodes: Informer<Node>;
  readonly #events: EventRecorder;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #queue = new WorkQueue();
  readonly #assumed = new AssumedPods();
  /** Keys of pods that fit nowhere. */
  readonly #unschedulable = new Set<string>();

  constructor({ client, clock = systemClock, log = createLogger('scheduler') }: SchedulerParts) {
    this.#resource = client.resource(pods);
    const indexes = { node: ({ spec }: Pod) => (spec.nodeName ? [spec.nodeName] : []) };
    this.#pods = new Informer(this.#resource, { indexes, log });
    this.#nodes = new Informer(client.resource(nodes), { log });
    this.#events = new EventRecorder(client, schedulerName, undefined, { clock, log });
    this.#clock = clock;
    this.#log = log;
  }

  async start(signal: AbortSignal): Promise<void> {
    this.#nodes.start(signal);
    this.#pods.start(signal);
    await Promise.all([this.#nodes.synced(signal), this.#pods.synced(signal)]);
    this.#nodes.onChange(() => this.#retryUnschedulable());
    this.#pods.onChange(({ type, object, old }) => {
      // What keeps a pod from being scheduled may be changed in the pod itself: tolerations added, gates removed.
      if (old && !isDeepStrictEqual(old.spec, object.spec)) this.#unschedulable.delete(keyOf(object));
      this.#onPod(type === 'deleted', object);
    });
    // One worker decides, so that each decision sees the one before; bindings are sent while the next is made.
    void runWorkers(this.#queue, { signal, log: this.#log }, (key) => this.#schedule(key));
  }

  #onPod(isDeleted: boolean, pod: Pod): void {
    const key = keyOf(pod);
    if (isDeleted || pod.spec.nodeName) {
      this.#assumed.remove(pod);
      this.#unschedulable.delete(key);
    }
    if (isDeleted || isPodTerminal(pod)) this.#retryUnschedulable();
    else if (isWaiting(pod) && !this.#unschedulable.has(key)) this.#queue.add(key);
  }

  #retryUnschedulable(): void {
    for (const key of this.#unschedulable) this.#queue.add(key);
    this.#unschedulable.clear();
  }

  async #schedule(key: string): Promise<void> {
    const { namespace, name } = splitKey(key);
    const pod = this.#pods.get(name, namespace);
    if (!pod || !isWaiting(pod) || this.#assumed.has(pod)) return;
    const candidates = this.#nodes.list().map((node) => this.#candidate(node));
    const reasons = new Map(candidates.map((candidate) => [candidate, reasonsAgainst(pod, candidate)]));
    const chosen = best(
      pod,
      candidates.filter((candidate) => reasons.get(candidate)?.length === 0),
    );
    if (!chosen) {
      this.#unschedulable.add(key);
      await this.#reportUnschedulable(pod, describeReasons(candidates.length, [...reasons.values()].flat()));
      return;
    }
    this.#assumed.add(pod, chosen.node.metadata.name ?? '');
    void this.#bind(key, pod, chosen.node.metadata.name ?? '');
  }

  #candidate(node: Node): Candidate {
    const { name = '' } = node.metadata;
    const shown = this.#pods.by('node', name).filter((pod) => !isPodTerminal(pod));
    return { node, pods: [...shown, ...this.#assumed.on(name)] };
  }

  async #bind(key: string, pod: Pod, nodeName: string): Promise<void> {
    const { name = '', namespace, uid } = pod.metadata;
    const target = { apiVersion: apiVersionOf(nodes), kind: nodes.kind, name: nodeName };
    const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace, uid }, target };
    try {
      await this.#resource.subresource(name, 'binding', binding, namespace);
      const message = `Successfully assigned ${namespace}/${name} to ${nodeName}`;
      this.#events.event(pod, 'Normal', 'Scheduled', message);
    } catch (error) {
      this.#assumed.remove(pod);
      // Gone, or somebody else was faster: the informer will say.
      if (isNotFound(error) || isConflict(error)) return;
      this.#log.warn('binding failed, trying again', { pod: key, node: nodeName, error });
      this.#queue.addAfter(key, 1000);
    }
  }

  async #reportUnschedulable(pod: Pod, message: string): Promise<void> {
    this.#events.event(pod, 'Warning', 'FailedScheduling', message);
    const before = podCondition(pod, 'PodScheduled');
    if (before?.status === 'False' && before.message === message) return;
    const now = timestamp(this.#clock.now());
    const lastTransitionTime = before?.status === 'False' ? before.lastTransitionTime : now;
    const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message, lastTransitionTime };
    const { name = '', namespace, uid } = pod.metadata;
    const patch = { metadata: { uid }, status: { conditions: [condition] } };
    const options = { namespace, type: 'strategic', subresource: 'status' } as const;
    await this.#resource.patch(name, patch, options).catch(ignoreNotFound);
  }
}
