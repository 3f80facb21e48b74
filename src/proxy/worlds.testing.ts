// Addresses of two nodes, their pods and Services, in both IP families.
//
//            pods                Services      nodes          host         of load balancers, routed to node one
//   IPv4     10.211.NODE.0/24    10.212/16     10.213.88.1N   10.213.88.1  198.18.0.0/16
//   IPv6     fd21:0:0:NODE::/64  fd22::/108    fd23::1N       fd23::1      2001:db8:7::/64

import type { Family } from '#lib/cidr.ts';

/** A family's addresses; `service(7)` is a cluster IP, `vip(7)` a load balancer's or an external one. */
export const worlds = {
  IPv4: {
    host: '10.213.88.1',
    fabricPrefix: 24,
    node: (n: number) => `10.213.88.1${n}`,
    gateway: (n: number) => `10.211.${n}.1`,
    podCIDR: (n: number) => `10.211.${n}.0/24`,
    pod: (node: number, n: number) => `10.211.${node}.${n}`,
    clusterCIDR: '10.211.0.0/16',
    service: (n: number) => `10.212.${n >> 8}.${n & 255}`,
    serviceCIDR: '10.212.0.0/16',
    vip: (n: number) => `198.18.${n >> 8}.${n & 255}`,
    vips: '198.18.0.0/16',
  },
  IPv6: {
    host: 'fd23::1',
    fabricPrefix: 64,
    node: (n: number) => `fd23::1${n}`,
    gateway: (n: number) => `fd21:0:0:${n}::1`,
    podCIDR: (n: number) => `fd21:0:0:${n}::/64`,
    pod: (node: number, n: number) => `fd21:0:0:${node}::${n}`,
    clusterCIDR: 'fd21::/48',
    service: (n: number) => `fd22::${n.toString(16)}`,
    serviceCIDR: 'fd22::/108',
    vip: (n: number) => `2001:db8:7::${n.toString(16)}`,
    vips: '2001:db8:7::/64',
  },
} as const;
export type World = (typeof worlds)[Family];
