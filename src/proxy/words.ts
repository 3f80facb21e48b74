// nft's words for the two families and the three protocols.

import type { Family } from '#lib/cidr.ts';

export type Ip = 'ip' | 'ip6';
export const ipOf: Record<Family, Ip> = { IPv4: 'ip', IPv6: 'ip6' };
export const families: readonly Family[] = ['IPv4', 'IPv6'];

export const protocols = ['tcp', 'udp', 'sctp'] as const;
export type Protocol = (typeof protocols)[number];

export const perProtocol = <T>(make: (protocol: Protocol) => T): Record<Protocol, T> => ({
  tcp: make('tcp'),
  udp: make('udp'),
  sctp: make('sctp'),
});
