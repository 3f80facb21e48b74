// Keeps the EndpointSlices of every Service that has a selector (services.md §C.2-§C.6).

import { endpointSlices, isNamespaceTerminating, type Service } from '#api/index.ts';
import { runWorkers, splitKey, type WorkQueue } from '#client/index.ts';
import { type ControllerParts, partsFor } from '../parts.ts';
import { isSelecting, selectPods } from '../service-pods.ts';
import { queueServices } from '../service-queue.ts';
import { TriggerTimes } from '../trigger-time.ts';
import { isOurs, serviceKeyOfSlice } from './metadata.ts';
import { plan, type SlicePlan } from './plan.ts';
import { SliceTracker } from './tracker.ts';
import { writeSlices } from './write.ts';

type Parts = ControllerParts<'endpointSlices' | 'nodes' | 'pods' | 'services'>;

/** Longer than a sync of a large Service takes, shorter than anybody notices. */
const spacingMs = 20;
const backoff = { baseMs: 100, maxMs: 60_000 };

export function runEndpointSlices(shared: Parts): Promise<void> {
  const parts = partsFor(shared, 'endpoint-slice-controller');
  const { informers, signal, log } = parts;
  const tracker = new SliceTracker();
  const queue = queueServices(informers, spacingMs);
  informers.endpointSlices.onChange(({ type, object, old }) => {
    for (const slice of old ? [object, old] : [object]) {
      const key = serviceKeyOfSlice(slice);
      if (!key || !isOurs(slice)) continue;
      if (type === 'deleted') tracker.sawDeletion(key, slice);
      if (type === 'deleted' || !tracker.isOwnWrite(key, slice)) queue.add(key);
    }
  });
  const controller = new EndpointSliceController(parts, queue, tracker);
  return runWorkers(queue, { signal, workers: 8, log, backoff }, (key) => controller.reconcile(key));
}

class EndpointSliceController {
  readonly #parts: Parts;
  readonly #queue: WorkQueue;
  readonly #tracker: SliceTracker;
  readonly #triggers = new TriggerTimes();

  constructor(parts: Parts, queue: WorkQueue, tracker: SliceTracker) {
    this.#parts = parts;
    this.#queue = queue;
    this.#tracker = tracker;
  }

  async reconcile(key: string): Promise<void> {
    const { informers } = this.#parts;
    const { namespace, name } = splitKey(key);
    const service = informers.services.get(name, namespace);
    if (!service) {
      // Its slices are garbage, which the garbage collector removes.
      this.#tracker.forget(key);
      this.#triggers.forget(key);
      return;
    }
    if (!isSelecting(service)) return;
    const slices = informers.endpointSlices.by('service', key).filter(isOurs);
    const staleMs = this.#tracker.staleMs(key, slices);
    if (staleMs !== undefined) {
      this.#queue.addAfter(key, Math.min(staleMs, 1000));
      return;
    }
    const pods = selectPods(service, informers.pods.list(namespace));
    const trigger = this.#triggers.next(service, pods);
    const nodeOf = (node: string) => informers.nodes.get(node);
    const planned = plan({ service, pods, nodeOf, slices, trigger });
    await this.#write(key, service, planned);
    const [lost] = planned.withoutNode;
    if (lost) throw new Error(`pod ${lost.metadata.name} is left out: node "${lost.spec.nodeName}" is not known`);
  }

  async #write(key: string, service: Service, planned: SlicePlan): Promise<void> {
    try {
      await writeSlices(this.#parts.client.resource(endpointSlices), this.#tracker, key, planned);
    } catch (error) {
      if (isNamespaceTerminating(error)) return;
      const { namespace, name } = service.metadata;
      const message = `Error updating Endpoint Slices for Service ${namespace}/${name}: ${(error as Error).message}`;
      this.#parts.events.event(service, 'Warning', 'FailedToUpdateEndpointSlices', message);
      throw error;
    }
  }
}
