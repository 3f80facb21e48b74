// What a Service's endpoints take from Nodes, followed: zones, the zones' shares of all CPUs, and Nodes that are not known
// yet.

import type { Node, Pod, Service } from '#api/index.ts';
import { type Change, type Informer, keyOf } from '#client/index.ts';
import { sameJson } from '../json.ts';
import type { SelectorIndex } from '../selector-index.ts';
import { isTopologyAuto } from './hints.ts';
import { type NodeShare, nodeShare, type ZoneRatios, zoneRatios } from './topology.ts';

export interface NodeParts {
  readonly nodes: Informer<Node>;
  readonly pods: Informer<Pod>;
  readonly services: Informer<Service>;
  readonly selectors: SelectorIndex;
}

export class NodeFollower {
  readonly #parts: NodeParts;
  readonly #onAffected: (service: string) => void;
  readonly #shares = new Map<string, NodeShare>();
  /** By Service: Nodes that its pods name and nobody knows. */
  readonly #missing = new Map<string, ReadonlySet<string>>();
  #ratios: ZoneRatios | undefined;

  /** @param onAffected is told of Services that are to be looked at again */
  constructor(parts: NodeParts, onAffected: (service: string) => void) {
    this.#parts = parts;
    this.#onAffected = onAffected;
    parts.nodes.onChange((change) => this.#follow(change));
  }

  get zoneRatios(): ZoneRatios {
    this.#ratios ??= zoneRatios(this.#shares.values());
    return this.#ratios;
  }

  /** The pods of the Service that are left out because their Node is not known; none to forget about it. */
  leftOut(service: string, pods: readonly Pod[]): void {
    if (pods.length === 0) this.#missing.delete(service);
    else this.#missing.set(service, new Set(pods.map(({ spec }) => spec.nodeName ?? '')));
  }

  #follow({ type, object, old }: Change<Node>): void {
    const { name = '' } = object.metadata;
    if (type === 'added') {
      for (const [service, nodes] of this.#missing) if (nodes.has(name)) this.#onAffected(service);
    } else if (old && zoneOf(old) !== zoneOf(object)) {
      const affected = this.#parts.pods.by('node', name).flatMap((pod) => this.#parts.selectors.servicesOf(pod));
      for (const service of new Set(affected)) this.#onAffected(keyOf(service));
    }
    this.#share(name, type === 'deleted' ? undefined : nodeShare(object));
  }

  #share(name: string, share: NodeShare | undefined): void {
    if (sameJson(this.#shares.get(name), share)) return;
    if (share) this.#shares.set(name, share);
    else this.#shares.delete(name);
    this.#ratios = undefined;
    for (const service of this.#parts.services.list()) if (isTopologyAuto(service)) this.#onAffected(keyOf(service));
  }
}

const zoneOf = ({ metadata }: Node): string | undefined => metadata.labels?.['topology.kubernetes.io/zone'];
