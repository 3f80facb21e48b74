// The addresses at which this machine can be asked.

import { networkInterfaces } from 'node:os';

/** @param hosts where the server listens; an empty one and the wildcards stand for every address of the machine. */
export function ownAddresses(hosts: readonly string[], withLoopback = false): string[] {
  const isWildcard = (host: string) => host === '' || host === '0.0.0.0' || host === '::';
  if (!hosts.some(isWildcard)) return [...hosts];
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  // Loopback is no address that others could ask.
  return all.filter(({ internal }) => withLoopback || !internal).map(({ address }) => address);
}
