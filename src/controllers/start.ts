// Starts the controllers over one set of informers.

import { type Client, EventRecorder } from '#client/index.ts';
import { type Clock, systemClock } from '#lib/clock.ts';
import { createLogger, type Logger } from '#lib/log.ts';
import type { Metric } from '#lib/metrics.ts';
import { runDeployments } from './deployment/controller.ts';
import { runDisruptions } from './disruption/controller.ts';
import { runEndpoints } from './endpoints/controller.ts';
import { type EndpointSliceOptions, runEndpointSlices } from './endpointslice/controller.ts';
import { runEndpointSliceMirroring } from './endpointslicemirroring/controller.ts';
import { runGarbageCollector } from './gc/controller.ts';
import { runLoadBalancers } from './loadbalancer/controller.ts';
import type { LoadBalancerOptions } from './loadbalancer/options.ts';
import { runNamespaces } from './namespace/controller.ts';
import { runNodes } from './node/controller.ts';
import { type ControllerParts, type Informers, makeInformers } from './parts.ts';
import { runReplicaSets } from './replicaset/controller.ts';
import { SelectorIndex } from './selector-index.ts';
import { runServiceAccounts } from './serviceaccount/controller.ts';
import { runServiceCIDRs } from './servicecidr/controller.ts';

export interface ControllersParts {
  readonly client: Client;
  readonly clock?: Clock | undefined;
  readonly log?: Logger | undefined;
}
export interface ControllersOptions {
  readonly signal: AbortSignal;
  /** All when absent. The others' objects are left alone: somebody else may be at work on them. */
  readonly only?: readonly ControllerName[] | undefined;
  /** What Services of type LoadBalancer get; absent: whatever somebody else gives them. */
  readonly loadBalancer?: LoadBalancerOptions | undefined;
  readonly endpointSlices?: EndpointSliceOptions | undefined;
  /** A node whose lease is not renewed for this long is unreachable; 40 s when absent. */
  readonly nodeMonitorGracePeriodMs?: number | undefined;
  /** Pods bound to a node that does not exist are removed after this; 5 s when absent. */
  readonly missingNodeGracePeriodMs?: number | undefined;
  /** A ServiceCIDR stays so long after its deletion at least; 10 s when absent. */
  readonly serviceCIDRGracePeriodMs?: number | undefined;
}

type Options = Required<Omit<ControllersOptions, 'only' | 'loadBalancer'>>;

interface Controller {
  readonly reads: readonly (keyof Informers)[];
  readonly run: (parts: ControllerParts, options: Options) => Promise<void>;
}

/** The types see to it that a controller reads nothing that is not in its list. */
const reading = <Reads extends keyof Informers>(
  reads: readonly Reads[],
  run: (parts: ControllerParts<Reads>, options: Options) => Promise<void>,
): Controller => ({ reads, run });

const controllers = {
  deployment: reading(['deployments', 'replicaSets', 'pods'], runDeployments),
  replicaset: reading(['replicaSets', 'pods'], runReplicaSets),
  endpointslice: reading(['services', 'pods', 'nodes', 'endpointSlices'], (parts, options) =>
    runEndpointSlices(parts, options.endpointSlices),
  ),
  endpointslicemirroring: reading(['services', 'endpoints', 'endpointSlices'], runEndpointSliceMirroring),
  endpoints: reading(['services', 'pods', 'endpoints'], runEndpoints),
  disruption: reading(['podDisruptionBudgets', 'pods', 'replicaSets', 'deployments'], runDisruptions),
  namespace: reading(['namespaces', 'pods'], runNamespaces),
  serviceaccount: reading(['namespaces', 'serviceAccounts'], runServiceAccounts),
  servicecidr: reading([], (parts, options) =>
    runServiceCIDRs(parts, { gracePeriodMs: options.serviceCIDRGracePeriodMs }),
  ),
  node: reading(['nodes', 'leases', 'pods'], (parts, options) =>
    runNodes(parts, { gracePeriodMs: options.nodeMonitorGracePeriodMs, goneAfterMs: options.missingNodeGracePeriodMs }),
  ),
  'garbage-collector': reading([], runGarbageCollector),
} as const;
export type ControllerName = keyof typeof controllers;
export const controllerNames = Object.keys(controllers) as ControllerName[];

/** Not by its name alone: it gives away what only somebody who knows the network outside can say. */
const loadBalancerController = (options: LoadBalancerOptions): Controller =>
  reading(['services'], (parts) => runLoadBalancers(parts, options));

export interface Controllers {
  /** What they have counted until now. */
  metrics(): Iterable<Metric>;
}

/** Runs the controllers until `signal` aborts. Resolves when their caches are filled and they are at work. */
export async function startControllers(
  { client, clock = systemClock, log = createLogger('controllers') }: ControllersParts,
  {
    signal,
    only = controllerNames,
    loadBalancer,
    endpointSlices = {},
    nodeMonitorGracePeriodMs = 40_000,
    missingNodeGracePeriodMs = 5_000,
    serviceCIDRGracePeriodMs = 10_000,
  }: ControllersOptions,
): Promise<Controllers> {
  const informers = makeInformers(client, log);
  const events = new EventRecorder(client, 'controllers', undefined, { clock, log });
  // Before any other handler, so that all find it up to date.
  const selectors = new SelectorIndex(informers);
  const metrics: ControllerParts['metrics'] = [];
  const parts: ControllerParts = { client, informers, selectors, metrics, events, clock, log, signal };
  const chosen: Record<string, Controller> = {
    ...Object.fromEntries(only.map((name) => [name, controllers[name]])),
    ...(loadBalancer && { loadbalancer: loadBalancerController(loadBalancer) }),
  };
  const read = new Set(Object.values(chosen).flatMap(({ reads }) => reads));
  for (const name of read) informers[name].start(signal);
  await Promise.all([...read].map((name) => informers[name].synced(signal)));
  const options = {
    signal,
    endpointSlices,
    nodeMonitorGracePeriodMs,
    missingNodeGracePeriodMs,
    serviceCIDRGracePeriodMs,
  };
  for (const [controller, { run }] of Object.entries(chosen)) {
    run(parts, options).catch((error) => {
      if (!signal.aborted) log.error('controller ended', { controller, error });
    });
  }
  return { metrics: () => metrics.flatMap((of) => [...of()]) };
}
