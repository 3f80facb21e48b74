// What goes along with the rules: metrics, health, the end of stale flows, listeners for Services. The loop tells its
// observers what happens; none of them can hold it up.

import type { EndpointSlice, Node, Service } from '#api/index.ts';
import type { Change } from '#client/index.ts';
import type { Family } from '#lib/cidr.ts';
import type { Logger } from '#lib/log.ts';
import type { ServiceWants } from './frontends.ts';

export interface ServiceState {
  readonly service: Service;
  readonly slices: readonly EndpointSlice[];
  /** Of the family that is told of; undefined: the rules have nothing for it. */
  readonly wants: ServiceWants | undefined;
}

/** How the rules of a family were written. */
export interface Written {
  /** From the taking of the changes to the end of the transaction. */
  readonly seconds: number;
  /** Everything, not only what changed. */
  readonly full: boolean;
  /** Resolves when clients with affinity are not sent any more to endpoints that went with these rules. */
  readonly affinity: Promise<void>;
}

/** UDP at an address, or (undefined) at a node port. */
export interface LeftUdp {
  readonly address: string | undefined;
  readonly port: number;
}

/** Calls must not wait; what they throw is logged. */
export interface ProxyObserver {
  /** What came from the API, and the rules do not show yet. */
  serviceChanged?(change: Change<Service>): void;
  sliceChanged?(change: Change<EndpointSlice>): void;
  /** The Node object of this node; undefined when it has been deleted. */
  nodeChanged?(node: Node | undefined): void;
  /** All changes so far go into the next rules of the family. */
  begin?(family: Family): void;
  /**
   * The state from which these rules are made, for every Service that changed; again and again while they cannot be
   * written.
   *
   * @param key `namespace/name`
   * @param state undefined: gone, or not for the proxy any more
   */
  set?(family: Family, key: string, state: ServiceState | undefined): void;
  /** Before the rules are all written, after `set` for every Service: what they led to before, whether or not a Service has it still. */
  left?(family: Family, frontends: readonly LeftUdp[]): void;
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

  serviceChanged(change: Change<Service>): void {
    this.#tell((each) => each.serviceChanged?.(change));
  }

  sliceChanged(change: Change<EndpointSlice>): void {
    this.#tell((each) => each.sliceChanged?.(change));
  }

  nodeChanged(node: Node | undefined): void {
    this.#tell((each) => each.nodeChanged?.(node));
  }

  begin(family: Family): void {
    this.#tell((each) => each.begin?.(family));
  }

  set(family: Family, key: string, state: ServiceState | undefined): void {
    this.#tell((each) => each.set?.(family, key, state));
  }

  left(family: Family, frontends: readonly LeftUdp[]): void {
    this.#tell((each) => each.left?.(family, frontends));
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
