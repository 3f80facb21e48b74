// topology-mode: Auto. Ready endpoints are given to zones in proportion to the CPUs of their nodes, so that no endpoint gets
// over 20 % more than its share when every zone keeps to its own (services.md §C.7, KEP-2433). What was given stays where it
// is as long as it does no harm. Pure.

import { type Endpoint, isNodeReady, type Node } from '#api/index.ts';
import { parseQuantity } from '#api/schema/quantity.ts';

const overload = 0.2;

/** What a ready node gives to its zone; undefined for nodes that do not count. */
export interface NodeShare {
  /** Empty when the node does not say. */
  readonly zone: string;
  /** 0 when the node does not say. */
  readonly cpu: number;
}

export function nodeShare(node: Node): NodeShare | undefined {
  const { labels = {} } = node.metadata;
  const isExcluded = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'].some(
    (label) => labels[label] !== undefined,
  );
  if (isExcluded || !isNodeReady(node)) return undefined;
  return {
    zone: labels['topology.kubernetes.io/zone'] ?? '',
    cpu: Number(parseQuantity(node.status?.allocatable?.cpu ?? '0').nanos),
  };
}

/** The part of all CPUs that each zone has, or why nobody knows. */
export type ZoneRatios = ReadonlyMap<string, number> | string;

export function zoneRatios(shares: Iterable<NodeShare>): ZoneRatios {
  const cpus = new Map<string, number>();
  for (const { zone, cpu } of shares) {
    if (zone === '' || cpu === 0) return insufficientNodes;
    cpus.set(zone, (cpus.get(zone) ?? 0) + cpu);
  }
  if (cpus.size === 0) return insufficientNodes;
  if (cpus.size === 1) return 'Nodes only ready in one zone';
  const all = [...cpus.values()].reduce((sum, cpu) => sum + cpu, 0);
  return new Map([...cpus].map(([zone, cpu]) => [zone, cpu / all]));
}
const insufficientNodes = 'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes';

/**
 * The zone of each endpoint, or why there can be none.
 *
 * @param endpoints the ready ones of one family, by identity
 * @param given the zones that they have been given before
 */
export function allocate(
  endpoints: ReadonlyMap<string, Endpoint>,
  given: ReadonlyMap<string, string>,
  ratios: ZoneRatios,
): Map<string, string> | string {
  if (typeof ratios === 'string') return ratios;
  const counts = `(${endpoints.size} endpoints, ${ratios.size} zones)`;
  if (endpoints.size < ratios.size) return `Insufficient number of endpoints ${counts}`;
  const shares = sharesOf(endpoints.size, ratios);
  const least = [...shares.values()].reduce((sum, { minimum }) => sum + minimum, 0);
  if (least > endpoints.size) {
    return `Unable to allocate minimum required endpoints to each zone without exceeding overload threshold ${counts}`;
  }
  for (const { zone } of endpoints.values()) if (!zone) return 'One or more endpoints do not have a zone specified';
  const zones = new Allocation(shares, endpoints.size - least);
  for (const identity of endpoints.keys()) zones.keep(identity, given.get(identity));
  for (const [identity, { zone = '' }] of endpoints) zones.start(identity, zone);
  zones.balance();
  return zones.assigned;
}

interface Share {
  readonly minimum: number;
  readonly desired: number;
}

function sharesOf(count: number, ratios: ReadonlyMap<string, number>): Map<string, Share> {
  return new Map(
    [...ratios].map(([zone, ratio]) => {
      // Rounded first: 6 × (1/3) is a little more than 2 to a computer, and would be 3 whole endpoints.
      const minimum = Math.ceil(Number(((ratio * count) / (1 + overload)).toFixed(6)));
      return [zone, { minimum, desired: Math.max(ratio * count, minimum) }];
    }),
  );
}

class Allocation {
  readonly assigned = new Map<string, string>();
  readonly #shares: ReadonlyMap<string, Share>;
  /** How many more than its minimum a zone may have without taking another's. */
  readonly #slack: number;
  readonly #counts = new Map<string, number>();
  /** Not kept from before, so free to be given elsewhere. */
  readonly #movable = new Map<string, string>();

  constructor(shares: ReadonlyMap<string, Share>, slack: number) {
    this.#shares = shares;
    this.#slack = slack;
  }

  keep(identity: string, zone: string | undefined): void {
    const share = zone === undefined ? undefined : this.#shares.get(zone);
    if (zone === undefined || !share || this.#count(zone) >= share.minimum + this.#slack) return;
    this.#assign(identity, zone);
  }

  /** Everything else begins in its own zone. */
  start(identity: string, zone: string): void {
    if (this.assigned.has(identity)) return;
    this.#assign(identity, zone);
    this.#movable.set(identity, zone);
  }

  /** Moves endpoints from zones with too many to zones with too few; such as were kept only if a minimum demands it. */
  balance(): void {
    for (const [identity, zone] of this.#movable) {
      const to = this.#neediest();
      const [surplus, need] = [this.#surplus(zone), to === undefined ? 0 : -this.#surplus(to)];
      const isUseful = (surplus >= 1 || need >= 1) && surplus >= 0.5 && need >= 0.5;
      if (to !== undefined && (isUseful || !this.#shares.has(zone))) this.#move(identity, zone, to);
    }
    for (const [zone, { minimum }] of this.#shares) {
      for (const [identity, from] of this.assigned) {
        if (this.#count(zone) >= minimum) break;
        if (this.#count(from) > (this.#shares.get(from)?.minimum ?? 0)) this.#move(identity, from, zone);
      }
    }
  }

  #count(zone: string): number {
    return this.#counts.get(zone) ?? 0;
  }

  #surplus(zone: string): number {
    return this.#count(zone) - (this.#shares.get(zone)?.desired ?? 0);
  }

  #neediest(): string | undefined {
    const zones = [...this.#shares.keys()].sort();
    return zones.reduce((most: string | undefined, zone) => {
      return most === undefined || this.#surplus(zone) < this.#surplus(most) ? zone : most;
    }, undefined);
  }

  #assign(identity: string, zone: string): void {
    this.assigned.set(identity, zone);
    this.#counts.set(zone, this.#count(zone) + 1);
  }

  #move(identity: string, from: string, to: string): void {
    this.#counts.set(from, this.#count(from) - 1);
    this.#assign(identity, to);
  }
}
