// Keeps the legacy Endpoints object of every Service that has a selector (services.md §C.8).

import { type Endpoints, endpoints, ignoreNotFound, isNamespaceTerminating } from '#api/index.ts';
import { keyOf, type Resource, runWorkers, splitKey, TokenBucket } from '#client/index.ts';
import { type ControllerParts, partsFor } from '../parts.ts';
import { isSelecting } from '../service-pods.ts';
import { queueServices, retries } from '../service-queue.ts';
import { TriggerTimes } from '../trigger-time.ts';
import { managedBy, managedByLabel, plan } from './plan.ts';

/** One object holds all addresses, and few still read it: when much changes, the slices go first. */
const spacingMs = 250;
const rate = { perSecond: 200, burst: 500 };

type Parts = ControllerParts<'services' | 'pods' | 'endpoints'>;

export function runEndpoints(shared: Parts): Promise<void> {
  const parts = partsFor(shared, 'endpoint-controller');
  const { informers, signal, log } = parts;
  const queue = queueServices(parts, { spacingMs });
  const controller = new EndpointsController(parts);
  // What others write is put right; what is left of Services that were deleted while nobody looked is removed.
  informers.endpoints.onChange(({ type, object }) => {
    const service = informers.services.get(object.metadata.name ?? '', object.metadata.namespace);
    if (service ? isSelecting(service) : type !== 'deleted' && isOurs(object)) queue.add(keyOf(object));
  });
  return runWorkers(queue, { signal, workers: 4, log, ...retries }, (key) => controller.reconcile(key));
}

class EndpointsController {
  readonly #parts: Parts;
  readonly #resource: Resource<Endpoints>;
  readonly #triggers = new TriggerTimes();
  readonly #turns = new TokenBucket(rate);

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#resource = parts.client.resource(endpoints);
  }

  async reconcile(key: string): Promise<void> {
    const { informers, clock, signal } = this.#parts;
    const { namespace, name } = splitKey(key);
    const existing = informers.endpoints.get(name, namespace);
    if (!informers.services.get(name, namespace)) {
      this.#triggers.forget(key);
      if (existing && isOurs(existing)) await this.#resource.delete(name, { namespace }).catch(ignoreNotFound);
      return;
    }
    const due = this.#plan(key);
    if (!due) return;
    const wait = this.#turns.take();
    if (wait <= 0) return await this.#write(key, due);
    this.#triggers.missed(key, due.trigger);
    await clock.sleep(wait, signal);
    // Much may have changed meanwhile, and is written together.
    const then = this.#plan(key);
    if (then) await this.#write(key, then);
  }

  #plan(key: string): Due | undefined {
    const { informers, selectors } = this.#parts;
    const { namespace, name } = splitKey(key);
    const service = informers.services.get(name, namespace);
    if (!service || !isSelecting(service) || service.metadata.deletionTimestamp) return undefined;
    const pods = selectors.podsOf(service);
    const trigger = this.#triggers.next(service, pods);
    const existing = informers.endpoints.get(name, namespace);
    const wanted = plan(service, pods, existing, trigger);
    return wanted && { wanted, exists: existing !== undefined, trigger };
  }

  async #write(key: string, { wanted, exists, trigger }: Due): Promise<void> {
    try {
      await (exists ? this.#resource.update(wanted) : this.#resource.create(wanted));
    } catch (error) {
      this.#triggers.missed(key, trigger);
      if (!isNamespaceTerminating(error)) throw error;
    }
  }
}

interface Due {
  readonly wanted: Endpoints;
  readonly exists: boolean;
  readonly trigger: string | undefined;
}

const isOurs = ({ metadata }: Endpoints): boolean => metadata.labels?.[managedByLabel] === managedBy;
