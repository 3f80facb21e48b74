// The EndpointSlices of the few Services for which it matters where endpoints are: a watch for each of them, instead of one for
// the slices of the whole cluster.

import { type EndpointSlice, endpointSlices, serviceNameLabel } from '#api/index.ts';
import { type Client, Informer, splitKey } from '#client/index.ts';
import type { Logger } from '#lib/log.ts';

interface Followed {
  readonly informer: Informer<EndpointSlice>;
  readonly stop: AbortController;
}

export class LocalEndpoints {
  readonly #client: Client;
  readonly #log: Logger;
  readonly #onChange: () => void;
  readonly #followed = new Map<string, Followed>();

  constructor(client: Client, log: Logger, onChange: () => void) {
    this.#client = client;
    this.#log = log;
    this.#onChange = onChange;
  }

  /** Undefined while they are not known yet; `onChange` is called when they are. */
  slicesOf(key: string): EndpointSlice[] | undefined {
    const informer = this.#followed.get(key)?.informer;
    return informer?.hasSynced ? informer.list() : undefined;
  }

  /** Follows the Services, by `namespace/name`, until `signal` aborts or they are left out. */
  follow(keys: ReadonlySet<string>, signal: AbortSignal): void {
    for (const [key, { stop }] of this.#followed) {
      if (keys.has(key)) continue;
      stop.abort();
      this.#followed.delete(key);
    }
    for (const key of keys) if (!this.#followed.has(key)) this.#begin(key, signal);
  }

  #begin(key: string, signal: AbortSignal): void {
    const { namespace, name } = splitKey(key);
    const labelSelector = `${serviceNameLabel}=${name}`;
    const informer = new Informer(this.#client.resource(endpointSlices), { namespace, labelSelector, log: this.#log });
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    informer.onChange(this.#onChange);
    informer.start(either);
    // Without a slice nothing would be told.
    informer.synced(either).then(this.#onChange, () => {});
    this.#followed.set(key, { informer, stop });
  }
}
