// Mirrors Endpoints that people write for Services without a selector into EndpointSlices, which is what the proxy and DNS
// read (services.md §C.9).

import { type Endpoints, endpointSlices, isNamespaceTerminating } from '#api/index.ts';
import { keyOf, runWorkers, splitKey, WorkQueue } from '#client/index.ts';
import { followSlices } from '../endpointslice/slice-changes.ts';
import { SliceTracker } from '../endpointslice/tracker.ts';
import { writeSlices } from '../endpointslice/write.ts';
import { type ControllerParts, partsFor } from '../parts.ts';
import { isSelecting } from '../service-pods.ts';
import { retries } from '../service-queue.ts';
import { capacity, isMirror, isMirrored, type MirrorPlan, plan } from './plan.ts';

type Parts = ControllerParts<'services' | 'endpoints' | 'endpointSlices'>;

export function runEndpointSliceMirroring(shared: Parts): Promise<void> {
  const parts = partsFor(shared, 'endpoint-slice-mirroring-controller');
  const { informers, signal, log } = parts;
  const queue = new WorkQueue();
  const tracker = new SliceTracker((key) => queue.add(key));
  informers.endpoints.onChange(({ object }) => {
    // Those of Services with a selector are made by a controller, and are most.
    const service = informers.services.get(object.metadata.name ?? '', object.metadata.namespace);
    if (!service || !isSelecting(service)) queue.add(keyOf(object));
  });
  informers.services.onChange(({ object }) => queue.add(keyOf(object)));
  followSlices(informers.endpointSlices, isMirror, tracker);
  return runWorkers(queue, { signal, workers: 5, log, ...retries }, (key) => reconcile(parts, queue, tracker, key));
}

async function reconcile(parts: Parts, queue: WorkQueue, tracker: SliceTracker, key: string): Promise<void> {
  const { informers, client } = parts;
  const { namespace, name } = splitKey(key);
  const mirrors = informers.endpointSlices.by('service', key).filter(isMirror);
  const staleMs = tracker.staleMs(key, mirrors);
  if (staleMs !== undefined) {
    queue.addAfter(key, Math.min(staleMs, 1000));
    return;
  }
  const endpoints = informers.endpoints.get(name, namespace);
  const service = informers.services.get(name, namespace);
  const writer = { slices: client.resource(endpointSlices), tracker };
  if (!endpoints || !service || !isMirrored(endpoints, service)) {
    await writeSlices(writer, key, { create: [], update: [], delete: mirrors });
    if (mirrors.length === 0) tracker.forget(key);
    return;
  }
  const planned = plan(endpoints, mirrors);
  tellLeftOut(parts, endpoints, planned);
  try {
    await writeSlices(writer, key, planned);
  } catch (error) {
    if (!isNamespaceTerminating(error)) throw error;
  }
}

function tellLeftOut({ events }: Parts, endpoints: Endpoints, { invalid, skipped }: MirrorPlan): void {
  if (invalid > 0) {
    const message = `${invalid} addresses are not mirrored to EndpointSlices: they are no IP addresses`;
    events.event(endpoints, 'Warning', 'InvalidIPAddress', message);
  }
  if (skipped > 0) {
    const message = `${skipped} addresses are not mirrored to EndpointSlices: no more than ${capacity} of a subset are`;
    events.event(endpoints, 'Warning', 'TooManyAddressesToMirror', message);
  }
}
