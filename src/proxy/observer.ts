// What goes along with the rules: metrics, health, the end of stale flows, listeners for Services. The loop tells its
// observers what happens; none of them can hold it up.

import type { EndpointSlice, Node, Service } from '#api/index.ts';
import type { Family } from '#lib/cidr.ts';
import type { Logger } from '#lib/log.ts';

export interface ServiceState {
  readonly service: Service;
  readonly slices: readonly EndpointSlice[];
}

/** How the rules of a family were written. */
export interface Written {
  /** From the taking of the changes to the end of the transaction. */
  readonly seconds: number;
  /** Everything, not only what changed. */
  readonly full: boolean;
}

/** Calls must not wait; what they throw is logged. */
export interface ProxyObserver {
  /** A Service came, changed or went, and the rules do not show it yet. */
  serviceChanged?(): void;
  /** @param slice undefined when it is gone. */
  sliceChanged?(slice: EndpointSlice | undefined, old: EndpointSlice | undefined): void;
  /** The Node object of this node. */
  nodeChanged?(node: Node | undefined): void;
  /**
   * The state from which the next rules are made, for every Service that changed; again and again while they cannot be
   * written.
   *
   * @param key `namespace/name`
   * @param state undefined: gone, or not for the proxy any more
   */
  set?(key: string, state: ServiceState | undefined): void;
  /** The rules of the family show all that was set. */
  written?(family: Family, how: Written): void;
  /** They could not be written, and will be tried again. */
  failed?(family: Family): void;
}

/** Several as one. */
export class Observers implements Required<ProxyObserver> {
  readonly #all: readonly ProxyObserver[];
  readonly #log: Logger;

  constructor(all: readonly ProxyObserver[], log: Logger) {
    this.#all = all;
    this.#log = log;
  }

  serviceChanged(): void {
    this.#tell((each) => each.serviceChanged?.());
  }

  sliceChanged(slice: EndpointSlice | undefined, old: EndpointSlice | undefined): void {
    this.#tell((each) => each.sliceChanged?.(slice, old));
  }

  nodeChanged(node: Node | undefined): void {
    this.#tell((each) => each.nodeChanged?.(node));
  }

  set(key: string, state: ServiceState | undefined): void {
    this.#tell((each) => each.set?.(key, state));
  }

  written(family: Family, how: Written): void {
    this.#tell((each) => each.written?.(family, how));
  }

  failed(family: Family): void {
    this.#tell((each) => each.failed?.(family));
  }

  #tell(call: (each: ProxyObserver) => void): void {
    for (const each of this.#all) {
      try {
        call(each);
      } catch (error) {
        this.#log.error('an observer of the service rules failed', { observer: each.constructor.name, error });
      }
    }
  }
}
