// Watches what the proxy works from, and remembers which Services changed since somebody last asked.

import {
  ApiError,
  type EndpointSlice,
  endpointSlices,
  type Node,
  nodes,
  type Service,
  serviceCIDRs,
  serviceNameLabel,
  services,
} from '#api/index.ts';
import type { ServiceCIDR } from '#api/schema/networking.ts';
import { type Client, Informer, keyOf, splitKey } from '#client/index.ts';
import type { Logger } from '#lib/log.ts';
import { proxiedServices, proxiedSlices } from './frontends.ts';
import type { ProxyObserver } from './observer.ts';
import { slimService, slimSlice } from './slim.ts';

const zoneLabel = 'topology.kubernetes.io/zone';

const serviceOf = ({ metadata }: EndpointSlice): string[] => {
  const name = metadata.labels?.[serviceNameLabel];
  return name ? [`${metadata.namespace}/${name}`] : [];
};

export class ChangeTracker {
  readonly #nodeName: string;
  readonly #client: Client;
  readonly #log: Logger;
  readonly #services: Informer<Service>;
  readonly #slices: Informer<EndpointSlice>;
  readonly #nodes: Informer<Node>;
  /** Undefined: the cluster has no such objects (before 1.33), or does not show them. */
  #serviceCIDRs: Informer<ServiceCIDR> | undefined;
  #changed = new Set<string>();
  #zone: string | undefined;
  #wake: (() => void) | undefined;

  constructor(client: Client, nodeName: string, observer: Required<ProxyObserver>, log: Logger) {
    this.#nodeName = nodeName;
    this.#client = client;
    this.#log = log;
    this.#services = new Informer(client.resource(services), {
      labelSelector: proxiedServices,
      transform: slimService,
      log,
    });
    this.#slices = new Informer(client.resource(endpointSlices), {
      labelSelector: proxiedSlices,
      indexes: { service: serviceOf },
      transform: slimSlice,
      log,
    });
    this.#nodes = new Informer(client.resource(nodes), { fieldSelector: `metadata.name=${nodeName}`, log });
    this.#services.onChange((change) => {
      observer.serviceChanged(change);
      this.#add(keyOf(change.object));
    });
    this.#slices.onChange((change) => {
      const { object, old } = change;
      observer.sliceChanged(change);
      // A slice may be given to another Service by a new label.
      for (const slice of [object, old]) for (const key of slice ? serviceOf(slice) : []) this.#add(key);
    });
    this.#nodes.onChange(() => {
      observer.nodeChanged(this.node);
      this.#noticeZone();
    });
  }

  /** Resolves when all are listed: rules made of one alone would refuse what works. */
  async start(signal: AbortSignal): Promise<void> {
    if (await this.#hasServiceCIDRs()) {
      this.#serviceCIDRs = new Informer(this.#client.resource(serviceCIDRs), { log: this.#log });
      this.#serviceCIDRs.onChange(() => this.#notify());
    }
    const informers = [this.#services, this.#slices, this.#nodes, this.#serviceCIDRs].filter(
      (one) => one !== undefined,
    );
    for (const informer of informers) informer.start(signal);
    await Promise.all(informers.map((informer) => informer.synced(signal)));
  }

  get pending(): boolean {
    return this.#changed.size > 0;
  }

  /** Resolves when something changed. One caller at a time. */
  async somePending(): Promise<void> {
    if (!this.pending) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  /** `namespace/name` of the changed Services; from here on they count as unchanged. */
  take(): Set<string> {
    const changed = this.#changed;
    this.#changed = new Set();
    return changed;
  }

  all(): string[] {
    return this.#services.list().map(keyOf);
  }

  /** The state now, which may be newer than the change that was taken. */
  get(key: string): { service: Service; slices: EndpointSlice[] } | undefined {
    const { namespace, name } = splitKey(key);
    const service = this.#services.get(name, namespace);
    return service && { service, slices: this.#slices.by('service', key) };
  }

  /** This node; undefined as long as it is not registered. */
  get node(): Node | undefined {
    return this.#nodes.get(this.#nodeName);
  }

  get zone(): string | undefined {
    return this.node?.metadata.labels?.[zoneLabel];
  }

  /** Of the ServiceCIDR objects; none where there are no such objects. */
  get serviceCIDRs(): string[] {
    return this.#serviceCIDRs?.list().flatMap(({ spec }) => spec?.cidrs ?? []) ?? [];
  }

  /** In another zone, every Service may have other endpoints for us. */
  #noticeZone(): void {
    if (this.zone === this.#zone) return;
    this.#zone = this.zone;
    for (const key of this.all()) this.#changed.add(key);
    this.#notify();
  }

  async #hasServiceCIDRs(): Promise<boolean> {
    try {
      await this.#client.resource(serviceCIDRs).list({ limit: 1 });
      return true;
    } catch (error) {
      const refused = error instanceof ApiError && (error.code === 404 || error.code === 403);
      if (refused) this.#log.debug('no ServiceCIDR objects to follow', { error });
      return !refused;
    }
  }

  #add(key: string): void {
    this.#changed.add(key);
    this.#notify();
  }

  #notify(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
