// Keeps the legacy Endpoints object of every Service that has a selector (services.md §C.8).

import { type Endpoints, endpoints, ignoreNotFound, isNamespaceTerminating } from '#api/index.ts';
import { keyOf, runWorkers, splitKey } from '#client/index.ts';
import { type ControllerParts, partsFor } from '../parts.ts';
import { isSelecting, selectPods } from '../service-pods.ts';
import { queueServices } from '../service-queue.ts';
import { TriggerTimes } from '../trigger-time.ts';
import { managedBy, managedByLabel, plan } from './plan.ts';

/** One object holds all addresses, and few still read it. */
const spacingMs = 250;

export function runEndpoints(shared: ControllerParts<'endpoints' | 'pods' | 'services'>): Promise<void> {
  const { informers, client, signal, log } = partsFor(shared, 'endpoint-controller');
  const queue = queueServices(informers, spacingMs);
  const resource = client.resource(endpoints);
  const triggers = new TriggerTimes();
  // Also the left-overs of Services that were deleted while nobody looked.
  informers.endpoints.onChange(({ object }) => {
    if (isOurs(object)) queue.add(keyOf(object));
  });
  return runWorkers(queue, { signal, workers: 4, log }, async (key) => {
    const { namespace, name } = splitKey(key);
    const service = informers.services.get(name, namespace);
    const existing = informers.endpoints.get(name, namespace);
    if (!service) {
      triggers.forget(key);
      if (existing && isOurs(existing)) await resource.delete(name, { namespace }).catch(ignoreNotFound);
      return;
    }
    if (!isSelecting(service) || service.metadata.deletionTimestamp) return;
    const pods = selectPods(service, informers.pods.list(namespace));
    const wanted = plan(service, pods, existing, triggers.next(service, pods));
    if (!wanted) return;
    if (existing) await resource.update(wanted);
    else {
      await resource.create(wanted).catch((error) => {
        if (!isNamespaceTerminating(error)) throw error;
      });
    }
  });
}

const isOurs = ({ metadata }: Endpoints): boolean => metadata.labels?.[managedByLabel] === managedBy;
