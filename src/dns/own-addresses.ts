// The addresses at which this machine can be asked.

import { networkInterfaces } from 'node:os';
import { isLoopback } from '#lib/cidr.ts';

/** @param hosts where the server listens; an empty one and the wildcards stand for every address of the machine. */
export function ownAddresses(hosts: readonly string[], withLoopback = false): string[] {
  const isWildcard = (host: string) => host === '' || host === '0.0.0.0' || host === '::';
  if (!hosts.some(isWildcard)) return [...hosts];
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  // Nobody else could ask there; others that are on the loopback link may be anycast ones.
  return all.map(({ address }) => address).filter((address) => withLoopback || !isLoopback(address));
}
