// Keeps the status of every PodDisruptionBudget: how many pods there are, how many are healthy, how many may be evicted.
// Evictions are granted by the API server; it goes by this status, and writes into it whom it let go.

import {
  matchesSelector,
  type Pod,
  type PodDisruptionBudget,
  podDisruptionBudgets,
  withoutDisruptions,
} from '#api/index.ts';
import { type Change, keyOf, runWorkers, splitKey, WorkQueue } from '#client/index.ts';
import { sameJson } from '../json.ts';
import { type ControllerParts, partsFor } from '../parts.ts';
import { needsScale, plan } from './plan.ts';
import { Scales, type Wanted } from './scale.ts';

type Parts = ControllerParts<'podDisruptionBudgets' | 'pods' | 'replicaSets' | 'deployments'>;

const noStatus = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 } as const;
const unmanagedText =
  'Pods that nobody controls are selected. They do not count, because nobody says how many of them there should be: set .spec.minAvailable to a number to have them counted.';

export function runDisruptions(shared: Parts): Promise<void> {
  const parts = partsFor(shared, 'controllermanager');
  const { informers, signal, log } = parts;
  const queue = new WorkQueue();
  informers.podDisruptionBudgets.onChange(({ type, object }) => {
    if (type !== 'deleted') queue.add(keyOf(object));
  });
  informers.pods.onChange((change) => onPod(change, parts, queue));
  const controller = new DisruptionController(parts, queue);
  return runWorkers(queue, { signal, workers: 2, log }, (key) => controller.reconcile(key));
}

function onPod({ object, old }: Change<Pod>, { informers }: Parts, queue: WorkQueue): void {
  for (const budget of informers.podDisruptionBudgets.list(object.metadata.namespace)) {
    const { selector } = budget.spec;
    const concerns = (pod: Pod | undefined) => pod && matchesSelector(selector, pod.metadata.labels);
    if (concerns(object) || concerns(old)) queue.add(keyOf(budget));
  }
}

class DisruptionController {
  readonly #parts: Parts;
  readonly #queue: WorkQueue;
  readonly #scales: Scales;

  constructor(parts: Parts, queue: WorkQueue) {
    this.#parts = parts;
    this.#queue = queue;
    this.#scales = new Scales(parts);
  }

  async reconcile(key: string): Promise<void> {
    const { informers, events, clock } = this.#parts;
    const { namespace, name } = splitKey(key);
    const budget = informers.podDisruptionBudgets.get(name, namespace);
    if (!budget) return;
    const pods = informers.pods
      .list(namespace)
      .filter(({ metadata }) => matchesSelector(budget.spec.selector, metadata.labels));
    const { count, unmanaged } = await this.#wanted(budget, pods);
    const { status, recheckMs, overdue } = plan({ budget, pods, wanted: count, now: clock.now() });
    if (recheckMs !== undefined) this.#queue.addAfter(key, recheckMs);
    for (const pod of overdue) {
      const text = `Pod was expected by PDB ${namespace}/${name} to be deleted but it wasn't`;
      events.event(pod, 'Warning', 'NotDeleted', text);
    }
    if (sameJson(status, budget.status)) return;
    if (pods.length === 0) events.event(budget, 'Normal', 'NoPods', 'No matching pods found');
    if (unmanaged.length > 0) events.event(budget, 'Warning', 'UnmanagedPods', unmanagedText);
    await this.#write(budget, status);
  }

  /** Nobody is evicted on a guess: while the number cannot be found out, the budget allows nothing. */
  async #wanted(budget: PodDisruptionBudget, pods: Pod[]): Promise<Wanted> {
    if (!needsScale(budget)) return { count: 0, unmanaged: [] };
    try {
      return await this.#scales.wanted(pods);
    } catch (error) {
      const { message } = error as Error;
      const { events, clock } = this.#parts;
      const text = `Failed to calculate the number of expected pods: ${message}`;
      events.event(budget, 'Warning', 'CalculateExpectedPodCountFailed', text);
      const status = withoutDisruptions(budget.status ?? noStatus, clock.now(), message);
      if (!sameJson(status, budget.status)) await this.#write(budget, status);
      throw error;
    }
  }

  /** On the version that was looked at: an eviction that is granted meanwhile makes it a Conflict. */
  async #write(budget: PodDisruptionBudget, status: PodDisruptionBudget['status']): Promise<void> {
    await this.#parts.client.resource(podDisruptionBudgets).updateStatus({ ...budget, ...(status && { status }) });
  }
}
