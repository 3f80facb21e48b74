// What a load balancer is to the controller: upstream's cloud provider, cut down to what a cluster on one machine needs.

import type { Service } from '#api/index.ts';

export type Ingress = NonNullable<NonNullable<NonNullable<Service['status']>['loadBalancer']>['ingress']>[number];

/** What came of it for one Service. */
export interface Ensured {
  /** Where the Service is reached now; empty: nowhere. */
  readonly ingress: readonly Ingress[];
  /** Why that is not all that was asked for, and what to do about it; a sentence for people. */
  readonly problem?: string | undefined;
  /** When to look whether the problem is still there, if nothing in the API will tell; in milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

export interface Balancer {
  /** What Services are marked with. */
  readonly name: string;
  /** Services of this class are its own, besides those of no class. */
  readonly loadBalancerClass: string;
  /** Takes over what Services have by their status, before anything new is given away. */
  adopt(services: readonly Service[]): void;
  /** May be called again at any time: what is right stays as it is. */
  ensure(service: Service): Promise<Ensured>;
  /** `namespace/name` has no load balancer any more. */
  release(key: string): Promise<void>;
}

/** What all points at which a Service is reached say of its ports. */
export const portsOf = ({ spec }: Service): NonNullable<Ingress['ports']> =>
  (spec.ports ?? []).map(({ port, protocol = 'TCP' }) => ({ port, protocol }));
