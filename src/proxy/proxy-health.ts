// Whether the rules keep up with the cluster, and whether the node is one to send traffic to (services.md D.9).

import type { EndpointSlice, Node } from '#api/index.ts';
import type { Change } from '#client/index.ts';
import type { Family } from '#lib/cidr.ts';
import { type Clock, systemClock } from '#lib/clock.ts';
import type { ProxyObserver } from './observer.ts';

/** A change that waits for longer than this is late: twice the period after which a write is tried again. */
const lateMs = 60_000;
/** Set by the cluster autoscaler on a node that it is about to take away. */
const toBeDeletedTaint = 'ToBeDeletedByClusterAutoscaler';

interface FamilyState {
  lastUpdated: Date | undefined;
  /** When the oldest change came that no write has begun with. */
  pendingSince: number | undefined;
  /** That of the oldest change in the write that has begun. */
  inWorkSince: number | undefined;
}

/** The body of /healthz; of /livez without `nodeEligible`. */
export interface HealthReport {
  readonly lastUpdated: string;
  readonly currentTime: string;
  readonly nodeEligible?: boolean;
  readonly healthy: boolean;
  readonly status: Readonly<Partial<Record<Family, { readonly lastUpdated: string; readonly healthy: boolean }>>>;
}

export class ProxyHealth implements ProxyObserver {
  readonly #clock: Clock;
  readonly #families: ReadonlyMap<Family, FamilyState>;
  /** As long as nothing is known to the contrary, so that a node that starts is not taken out. */
  #nodeEligible = true;

  constructor(families: readonly Family[], clock: Clock = systemClock) {
    this.#clock = clock;
    this.#families = new Map(
      families.map((family) => [
        family,
        { lastUpdated: undefined, pendingSince: undefined, inWorkSince: undefined } as FamilyState,
      ]),
    );
  }

  serviceChanged(): void {
    for (const state of this.#families.values()) state.pendingSince ??= this.#now();
  }

  sliceChanged({ object }: Change<EndpointSlice>): void {
    const state = this.#families.get(object.addressType as Family);
    if (state) state.pendingSince ??= this.#now();
  }

  /** @param node undefined: it has been deleted. */
  nodeChanged(node: Node | undefined): void {
    const isLeaving =
      node === undefined ||
      node.metadata.deletionTimestamp != null ||
      node.spec?.taints?.some(({ key }) => key === toBeDeletedTaint);
    this.#nodeEligible = !isLeaving;
  }

  begin(family: Family): void {
    const state = this.#families.get(family);
    if (!state) return;
    state.inWorkSince ??= state.pendingSince;
    state.pendingSince = undefined;
  }

  written(family: Family): void {
    const state = this.#families.get(family);
    if (!state) return;
    state.inWorkSince = undefined;
    state.lastUpdated = this.#clock.now();
  }

  /** Of all families; a node is of no use to a client if one of them is out of date. */
  get isHealthy(): boolean {
    return [...this.#families.values()].every((state) => this.#isInTime(state));
  }

  report(includingNode: boolean): HealthReport {
    const currentTime = this.#clock.now().toISOString();
    const healthy = this.isHealthy && (!includingNode || this.#nodeEligible);
    const newest = [...this.#families.values()].map(({ lastUpdated }) => lastUpdated?.getTime() ?? never);
    return {
      // As upstream has it since the days when it wrote all rules all the time.
      lastUpdated: healthy ? currentTime : new Date(Math.max(...newest)).toISOString(),
      currentTime,
      ...(includingNode && { nodeEligible: this.#nodeEligible }),
      healthy,
      status: Object.fromEntries(
        [...this.#families].map(([family, state]) => {
          const inTime = this.#isInTime(state);
          const lastUpdated = inTime ? currentTime : new Date(state.lastUpdated ?? never).toISOString();
          return [family, { lastUpdated, healthy: inTime }];
        }),
      ),
    };
  }

  #isInTime({ pendingSince, inWorkSince }: FamilyState): boolean {
    const oldest = inWorkSince ?? pendingSince;
    return oldest === undefined || this.#now() - oldest < lateMs;
  }

  #now(): number {
    return this.#clock.now().getTime();
  }
}

/** The year 1, which is how Go writes that there was no such time. */
const never = Date.parse('0001-01-01T00:00:00Z');
