// Starts the controllers over one set of informers.

import { type Client, EventRecorder } from '#client/index.ts';
import { type Clock, systemClock } from '#lib/clock.ts';
import { createLogger, type Logger } from '#lib/log.ts';
import { runDeployments } from './deployment/controller.ts';
import { runDisruptions } from './disruption/controller.ts';
import { runEndpoints } from './endpoints/controller.ts';
import { runEndpointSlices } from './endpointslice/controller.ts';
import { runEndpointSliceMirroring } from './endpointslicemirroring/controller.ts';
import { runGarbageCollector } from './gc/controller.ts';
import { runNamespaces } from './namespace/controller.ts';
import { runNodes } from './node/controller.ts';
import { type ControllerParts, makeInformers } from './parts.ts';
import { runReplicaSets } from './replicaset/controller.ts';
import { runServiceAccounts } from './serviceaccount/controller.ts';

export interface ControllersParts {
  readonly client: Client;
  readonly clock?: Clock | undefined;
  readonly log?: Logger | undefined;
}
export interface ControllersOptions {
  readonly signal: AbortSignal;
  /** A node whose lease is not renewed for this long is unreachable; 40 s when absent. */
  readonly nodeMonitorGracePeriodMs?: number | undefined;
  /** Pods bound to a node that does not exist are removed after this; 5 s when absent. */
  readonly missingNodeGracePeriodMs?: number | undefined;
}

/** Runs the controllers until `signal` aborts. Resolves when their caches are filled and they are at work. */
export async function startControllers(
  { client, clock = systemClock, log = createLogger('controllers') }: ControllersParts,
  { signal, nodeMonitorGracePeriodMs = 40_000, missingNodeGracePeriodMs = 5_000 }: ControllersOptions,
): Promise<void> {
  const informers = makeInformers(client, log);
  const events = new EventRecorder(client, 'controllers', undefined, { clock, log });
  const parts: ControllerParts = { client, informers, events, clock, log, signal };
  for (const informer of Object.values(informers)) informer.start(signal);
  await Promise.all(Object.values(informers).map((informer) => informer.synced(signal)));
  const running: Record<string, Promise<void>> = {
    deployment: runDeployments(parts),
    replicaset: runReplicaSets(parts),
    endpointslice: runEndpointSlices(parts),
    endpointslicemirroring: runEndpointSliceMirroring(parts),
    endpoints: runEndpoints(parts),
    disruption: runDisruptions(parts),
    namespace: runNamespaces(parts),
    serviceaccount: runServiceAccounts(parts),
    node: runNodes(parts, { gracePeriodMs: nodeMonitorGracePeriodMs, goneAfterMs: missingNodeGracePeriodMs }),
    'garbage-collector': runGarbageCollector(parts),
  };
  for (const [controller, ended] of Object.entries(running)) {
    ended.catch((error) => {
      if (!signal.aborted) log.error('controller ended', { controller, error });
    });
  }
}
