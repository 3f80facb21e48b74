// Watches Services and EndpointSlices and remembers which Services changed since somebody last asked.

import { type EndpointSlice, endpointSlices, type Service, serviceNameLabel, services } from '#api/index.ts';
import { type Client, Informer, keyOf, splitKey } from '#client/index.ts';
import type { Logger } from '#lib/log.ts';
import type { ProxyObserver } from './observer.ts';
import { proxiedServices, proxiedSlices } from './service-addresses.ts';

const serviceOf = ({ metadata }: EndpointSlice): string[] => {
  const name = metadata.labels?.[serviceNameLabel];
  return name ? [`${metadata.namespace}/${name}`] : [];
};

export class ChangeTracker {
  readonly #services: Informer<Service>;
  readonly #slices: Informer<EndpointSlice>;
  #changed = new Set<string>();
  #wake: (() => void) | undefined;

  constructor(client: Client, observer: Required<ProxyObserver>, log: Logger) {
    this.#services = new Informer(client.resource(services), { labelSelector: proxiedServices, log });
    this.#slices = new Informer(client.resource(endpointSlices), {
      labelSelector: proxiedSlices,
      indexes: { service: serviceOf },
      log,
    });
    this.#services.onChange(({ object }) => {
      observer.serviceChanged();
      this.#add(keyOf(object));
    });
    this.#slices.onChange(({ type, object, old }) => {
      observer.sliceChanged(type === 'deleted' ? undefined : object, old);
      // A slice may be given to another Service by a new label.
      for (const slice of [object, old]) for (const key of slice ? serviceOf(slice) : []) this.#add(key);
    });
  }

  /** Resolves when both are listed: rules made of one alone would refuse what works. */
  async start(signal: AbortSignal): Promise<void> {
    this.#services.start(signal);
    this.#slices.start(signal);
    await Promise.all([this.#services.synced(signal), this.#slices.synced(signal)]);
  }

  get pending(): boolean {
    return this.#changed.size > 0;
  }

  /** Resolves when something is pending. One caller at a time. */
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

  #add(key: string): void {
    this.#changed.add(key);
    this.#wake?.();
    this.#wake = undefined;
  }
}
