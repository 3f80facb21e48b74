// Keeps the EndpointSlices of every Service that has a selector (services.md §C.2-§C.7).

import { endpointSlices, isConflict, isNamespaceTerminating, type Service } from '#api/index.ts';
import { runWorkers, splitKey, type WorkQueue } from '#client/index.ts';
import { type ControllerParts, partsFor } from '../parts.ts';
import { isSelecting } from '../service-pods.ts';
import { queueServices, retries } from '../service-queue.ts';
import { TriggerTimes } from '../trigger-time.ts';
import { isOurs } from './metadata.ts';
import { EndpointSliceMetrics } from './metrics.ts';
import { NodeFollower } from './nodes.ts';
import { plan, type SliceInput, type SlicePlan } from './plan.ts';
import { followSlices } from './slice-changes.ts';
import { TopologyEvents } from './topology-events.ts';
import { SliceTracker } from './tracker.ts';
import { type SliceWriter, writeSlices } from './write.ts';

export interface EndpointSliceOptions {
  /** 100 when absent. */
  readonly maxEndpointsPerSlice?: number | undefined;
  /** How many Services are worked on at a time; 5 when absent. */
  readonly concurrentServiceEndpointSyncs?: number | undefined;
  /** How long a change of a pod waits for others; not at all when absent. */
  readonly updatesBatchPeriodMs?: number | undefined;
}

/** Longer than a sync of a large Service takes, shorter than anybody notices. */
const spacingMs = 20;

type Parts = ControllerParts<'services' | 'pods' | 'nodes' | 'endpointSlices'>;

export function runEndpointSlices(shared: Parts, options: EndpointSliceOptions = {}): Promise<void> {
  const parts = partsFor(shared, 'endpoint-slice-controller');
  const { signal, log } = parts;
  const queue = queueServices(parts, { spacingMs, batchMs: options.updatesBatchPeriodMs });
  const controller = new EndpointSliceController(parts, queue, options.maxEndpointsPerSlice);
  const workers = options.concurrentServiceEndpointSyncs ?? 5;
  return runWorkers(queue, { signal, workers, log, ...retries }, (key) => controller.reconcile(key));
}

class EndpointSliceController {
  readonly #parts: Parts;
  readonly #queue: WorkQueue;
  readonly #maxPerSlice: number | undefined;
  readonly #tracker: SliceTracker;
  readonly #nodes: NodeFollower;
  readonly #writer: SliceWriter;
  readonly #triggers = new TriggerTimes();
  readonly #topology: TopologyEvents;
  readonly #metrics = new EndpointSliceMetrics();

  constructor(parts: Parts, queue: WorkQueue, maxPerSlice: number | undefined) {
    this.#parts = parts;
    this.#queue = queue;
    this.#maxPerSlice = maxPerSlice;
    const { client, informers, selectors, events, metrics } = parts;
    const add = (key: string) => queue.add(key);
    this.#tracker = new SliceTracker(add);
    this.#nodes = new NodeFollower({ ...informers, selectors }, add);
    this.#topology = new TopologyEvents(events);
    followSlices(informers.endpointSlices, isOurs, this.#tracker);
    const slices = client.resource(endpointSlices);
    this.#writer = { slices, tracker: this.#tracker, count: (operation) => this.#metrics.changed(operation) };
    metrics.push(() => this.#metrics.metrics());
  }

  async reconcile(key: string): Promise<void> {
    const { namespace, name } = splitKey(key);
    const service = this.#parts.informers.services.get(name, namespace);
    if (!service) {
      // Its slices are garbage, which the garbage collector removes.
      for (const one of [this.#tracker, this.#triggers, this.#topology]) one.forget(key);
    }
    // What there is stays when the selector goes: somebody may want to go on from it by hand.
    if (!service || !isSelecting(service)) {
      this.#metrics.forget(key);
      this.#nodes.leftOut(key, []);
      return;
    }
    try {
      this.#metrics.synced((await this.#sync(key, service)) ? 'success' : 'stale');
    } catch (error) {
      this.#metrics.synced('error');
      // Losing a compare-and-set is everyday life among controllers.
      if (!isConflict(error)) this.#tellFailure(service, error as Error);
      throw error;
    }
  }

  /** Resolves with false when the cache does not show what was written before: the Service is put off until it does. */
  async #sync(key: string, service: Service): Promise<boolean> {
    const { informers, selectors } = this.#parts;
    const slices = informers.endpointSlices.by('service', key).filter(isOurs);
    const staleMs = this.#tracker.staleMs(key, slices);
    if (staleMs !== undefined) {
      this.#queue.addAfter(key, Math.min(staleMs, 1000));
      return false;
    }
    const pods = selectors.podsOf(service);
    const input: SliceInput = {
      service,
      pods,
      slices,
      nodeOf: (node) => informers.nodes.get(node),
      trigger: this.#triggers.next(service, pods),
      maxPerSlice: this.#maxPerSlice,
      zones: this.#nodes.zoneRatios,
    };
    const planned = plan(input);
    this.#nodes.leftOut(key, planned.withoutNode);
    this.#topology.tell(service, planned.topology);
    this.#metrics.planned(key, input, planned, planned.counts);
    await this.#write(key, planned).catch((error) => {
      this.#triggers.missed(key, input.trigger);
      throw error;
    });
    const [lost] = planned.withoutNode;
    if (lost) throw new Error(`pod ${lost.metadata.name} is left out: node "${lost.spec.nodeName}" is not known`);
    return true;
  }

  async #write(key: string, planned: SlicePlan): Promise<void> {
    try {
      await writeSlices(this.#writer, key, planned);
    } catch (error) {
      if (!isNamespaceTerminating(error)) throw error;
    }
  }

  #tellFailure(service: Service, { message }: Error): void {
    const { namespace, name } = service.metadata;
    const text = `Error updating Endpoint Slices for Service ${namespace}/${name}: ${message}`;
    this.#parts.events.event(service, 'Warning', 'FailedToUpdateEndpointSlices', text);
  }
}
