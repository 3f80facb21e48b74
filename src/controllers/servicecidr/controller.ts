// Makes ServiceCIDRs ready, and keeps one that is deleted for as long as Services have addresses of it. IPAddresses are
// only read while there is one that is to go: there are as many of them as Services, and it is seldom.

import {
  clusterIPSelector,
  type IPAddress,
  ignoreNotFound,
  ipAddresses,
  isNotFound,
  type ServiceCIDR,
  serviceCIDRs,
} from '#api/index.ts';
import { Informer, keyOf, runWorkers, WorkQueue } from '#client/index.ts';
import { type ControllerParts, partsFor } from '../parts.ts';
import { isNeeded, planEnd, planUse, type ServiceCIDRPlan } from './plan.ts';

type Parts = ControllerParts<never>;

export interface ServiceCIDROptions {
  /** How long after its deletion a ServiceCIDR stays at least: who gives out addresses may not know of the deletion yet. */
  readonly gracePeriodMs: number;
}

export async function runServiceCIDRs(shared: Parts, options: ServiceCIDROptions): Promise<void> {
  const parts = partsFor(shared, 'service-cidr-controller');
  const { client, signal, log } = parts;
  const resource = client.resource(serviceCIDRs);
  // Before Kubernetes 1.33 the ranges of a cluster were no objects.
  const isServed = await resource.list({ limit: 1 }).then(
    () => true,
    (error) => !isNotFound(error),
  );
  if (!isServed) return log.info('this API server has no ServiceCIDRs');
  const objects = new Informer(resource, { log });
  const controller = new ServiceCIDRController(parts, objects, options);
  objects.onChange(({ object }) => {
    controller.queue.add(keyOf(object));
    // It may be what one that is to go waits for.
    controller.lookAtLeaving();
  });
  objects.start(signal);
  await objects.synced(signal);
  await runWorkers(controller.queue, { signal, workers: 1, log }, (name) => controller.reconcile(name));
}

const isLeaving = ({ metadata }: ServiceCIDR): boolean => metadata.deletionTimestamp !== undefined;

class ServiceCIDRController {
  readonly queue = new WorkQueue();
  readonly #parts: Parts;
  readonly #objects: Informer<ServiceCIDR>;
  readonly #options: ServiceCIDROptions;
  /** While some ServiceCIDR is to go. */
  #reading: { readonly addresses: Informer<IPAddress>; readonly stop: AbortController } | undefined;

  constructor(parts: Parts, objects: Informer<ServiceCIDR>, options: ServiceCIDROptions) {
    this.#parts = parts;
    this.#objects = objects;
    this.#options = options;
  }

  lookAtLeaving(): void {
    for (const object of this.#objects.list()) if (isLeaving(object)) this.queue.add(keyOf(object));
  }

  async reconcile(name: string): Promise<void> {
    if (!this.#objects.list().some(isLeaving)) this.#stopReading();
    const object = this.#objects.get(name);
    if (!object) return;
    if (isLeaving(object)) await this.#end(object);
    else await this.#apply(object, planUse(object, this.#parts.clock.now()));
  }

  async #end(object: ServiceCIDR): Promise<void> {
    const addresses = await this.#addresses();
    const isStillNeeded = isNeeded(object, this.#objects.list(), addresses);
    const now = this.#parts.clock.now();
    const leftMs = Date.parse(object.metadata.deletionTimestamp ?? '') + this.#options.gracePeriodMs - now.getTime();
    if (!isStillNeeded && leftMs > 0) this.queue.addAfter(keyOf(object), leftMs);
    else await this.#apply(object, planEnd(object, isStillNeeded, now));
  }

  async #apply({ metadata: { name = '', resourceVersion } }: ServiceCIDR, plan: ServiceCIDRPlan): Promise<void> {
    const resource = this.#parts.client.resource(serviceCIDRs);
    const { finalizers, ready } = plan;
    if (finalizers) {
      const patch = { metadata: { resourceVersion, finalizers } };
      await resource.patch(name, patch, { type: 'merge' }).catch(ignoreNotFound);
    }
    if (ready) {
      const patch = { status: { conditions: [ready] } };
      await resource.patch(name, patch, { type: 'strategic', subresource: 'status' }).catch(ignoreNotFound);
    }
  }

  async #addresses(): Promise<IPAddress[]> {
    const { client, signal, log } = this.#parts;
    if (!this.#reading) {
      const stop = new AbortController();
      const options = { log, labelSelector: clusterIPSelector };
      const addresses = new Informer(client.resource(ipAddresses), options);
      addresses.start(AbortSignal.any([signal, stop.signal]));
      this.#reading = { addresses, stop };
      await addresses.synced(signal);
      addresses.onChange(({ type }) => {
        if (type !== 'updated') this.lookAtLeaving();
      });
    }
    return this.#reading.addresses.list();
  }

  #stopReading(): void {
    this.#reading?.stop.abort();
    this.#reading = undefined;
  }
}
