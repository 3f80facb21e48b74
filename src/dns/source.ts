// The cluster's API as the source of records: three informers whose changes go straight into the index. When the API is
// lost later, the last state goes on being served (spec/dns.md §4).

import { endpointSlices, namespaces, services } from '#api/resources.ts';
import { type Client, Informer } from '#client/index.ts';
import type { RecordIndex } from './records/record-index.ts';

export class ClusterSource {
  readonly #index: RecordIndex;
  readonly #namespaces;
  readonly #services;
  readonly #slices;
  #hasSynced = false;

  constructor(client: Client, index: RecordIndex) {
    this.#index = index;
    this.#namespaces = new Informer(client.resource(namespaces));
    this.#services = new Informer(client.resource(services));
    this.#slices = new Informer(client.resource(endpointSlices));
  }

  start(signal: AbortSignal): void {
    const index = this.#index;
    this.#namespaces.onChange(({ type, object }) =>
      type === 'deleted' ? index.removeNamespace(object) : index.setNamespace(object),
    );
    this.#services.onChange(({ type, object }) =>
      type === 'deleted' ? index.removeService(object) : index.setService(object),
    );
    this.#slices.onChange(({ type, object }) =>
      type === 'deleted' ? index.removeSlice(object) : index.setSlice(object),
    );
    for (const informer of [this.#namespaces, this.#services, this.#slices]) informer.start(signal);
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** Resolves when every object that the API listed first can be asked for; rejects when `signal` aborts before. */
  async synced(signal?: AbortSignal): Promise<void> {
    await Promise.all([this.#namespaces, this.#services, this.#slices].map((informer) => informer.synced(signal)));
    this.#index.flush();
    this.#hasSynced = true;
  }
}
