// What the controllers share: one informer a resource, one recorder, one clock.

import * as api from '#api/index.ts';
import { type Client, EventRecorder, Informer } from '#client/index.ts';
import { canonicalAddresses } from '#lib/cidr.ts';
import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/log.ts';
import type { Metric } from '#lib/metrics.ts';
import { serviceKeyOfSlice } from './endpointslice/metadata.ts';
import type { SelectorIndex } from './selector-index.ts';

const controllerUid = (object: api.KubeObject): string[] => {
  const controller = api.controllerOf(object);
  return controller ? [controller.uid] : [];
};
/** Objects that nobody controls, by namespace: candidates for adoption. */
const orphans = (object: api.KubeObject): string[] =>
  api.controllerOf(object) ? [] : [object.metadata.namespace ?? ''];

export function makeInformers(client: Client, log: Logger) {
  return {
    namespaces: new Informer(client.resource(api.namespaces), { log }),
    serviceAccounts: new Informer(client.resource(api.serviceAccounts), { log }),
    nodes: new Informer(client.resource(api.nodes), { log }),
    leases: new Informer(client.resource(api.leases), { log, namespace: 'kube-node-lease' }),
    services: new Informer(client.resource(api.services), {
      log,
      indexes: { externalIP: ({ spec }) => canonicalAddresses(spec.externalIPs ?? []) },
    }),
    endpoints: new Informer(client.resource(api.endpoints), { log }),
    endpointSlices: new Informer(client.resource(api.endpointSlices), {
      log,
      indexes: { service: (slice) => [serviceKeyOfSlice(slice)].filter((key) => key !== undefined) },
    }),
    deployments: new Informer(client.resource(api.deployments), { log }),
    replicaSets: new Informer(client.resource(api.replicaSets), {
      log,
      indexes: { controller: controllerUid, orphans },
    }),
    podDisruptionBudgets: new Informer(client.resource(api.podDisruptionBudgets), { log }),
    pods: new Informer(client.resource(api.pods), {
      log,
      indexes: { controller: controllerUid, orphans, node: ({ spec }) => (spec.nodeName ? [spec.nodeName] : []) },
    }),
  };
}
export type Informers = ReturnType<typeof makeInformers>;

/** What a controller is given; `Reads` are the informers that it reads. */
export interface ControllerParts<Reads extends keyof Informers = keyof Informers> {
  readonly client: Client;
  readonly informers: Pick<Informers, Reads>;
  readonly selectors: SelectorIndex;
  /** A controller that counts puts here what is asked when somebody wants to know. */
  readonly metrics: (() => Iterable<Metric>)[];
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** The parts as one controller sees them: events and log lines carry its name. */
export const partsFor = <Reads extends keyof Informers>(
  parts: ControllerParts<Reads>,
  name: string,
): ControllerParts<Reads> => ({
  ...parts,
  events: new EventRecorder(parts.client, name, undefined, { clock: parts.clock, log: parts.log }),
  log: parts.log.named(name),
});
