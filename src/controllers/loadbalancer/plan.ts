// What is to be done for a Service, seen from the load balancer. Pure.

import type { Service } from '#api/index.ts';

/** Kept on a Service until its load balancer is gone; the name is upstream's. */
export const cleanupFinalizer = 'service.kubernetes.io/load-balancer-cleanup';
/** Goes with the finalizer, which other implementations use too, and says that it is ours. */
export const balancerAnnotation = 'portolan.dev/load-balancer';

export type Plan =
  | { readonly action: 'ensure' }
  /** There was a load balancer, and is to be none. */
  | { readonly action: 'clean-up' }
  /** Nothing but what may be held for it in memory. */
  | { readonly action: 'release' }
  /** It waits for a load balancer that we are not. */
  | { readonly action: 'explain'; readonly reason: string; readonly message: string };

/** @param served the class that is served besides none at all; undefined: there is no load balancer here */
export function plan({ spec, metadata, status }: Service, served: string | undefined): Plan {
  const isWanted = spec.type === 'LoadBalancer' && metadata.deletionTimestamp === undefined;
  const asked = spec.loadBalancerClass ?? undefined;
  if (isWanted && served && (asked === undefined || asked === served)) return { action: 'ensure' };
  // By an earlier run, maybe, that had a load balancer where this one has none.
  if (metadata.annotations?.[balancerAnnotation] !== undefined) return { action: 'clean-up' };
  const isPending = isWanted && !status?.loadBalancer?.ingress?.length;
  if (!isPending) return { action: 'release' };
  return { action: 'explain', ...(asked === undefined ? nobody : foreign(asked, served)) };
}

const nobody = {
  reason: 'NoLoadBalancer',
  message:
    'Nobody here gives this Service an address: the cluster was started with --load-balancer none. ' +
    'Start it with `portolan up --load-balancer pool`, install a load balancer, or use the Service by its node port',
};

const foreign = (asked: string, served: string | undefined) => ({
  reason: 'UnservedLoadBalancerClass',
  message:
    `Nobody has given this Service an address: its spec.loadBalancerClass is ${asked}, and ` +
    `${served ? `the load balancer here serves ${served} and Services without a class` : 'there is no load balancer here'}. ` +
    'Install the load balancer of that class, or make the Service anew without it',
});
