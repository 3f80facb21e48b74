// Which load balancer a cluster has.

import type { AddressRange } from '#lib/address-ranges.ts';

export const loadBalancerModes = ['pool', 'localhost', 'none'] as const;

export type LoadBalancerOptions = (
  | {
      /** Addresses of these ranges, which the nodes announce. */
      readonly mode: 'pool';
      readonly pool: readonly AddressRange[];
    }
  /** The ports of the Services, on the loopback addresses of this machine. */
  | { readonly mode: 'localhost' }
  | { readonly mode: 'none' }
) & {
  /** How long another implementation has to serve what ours does not, before its Services are told that nobody does; 3 s when absent. */
  readonly patienceMs?: number | undefined;
};
