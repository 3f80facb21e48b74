// The ready endpoints of a Service as DNS sees them: an address, a name, the slice's ports (spec/dns.md §1.4, §1.5).

import { isIPv4, isIPv6 } from 'node:net';
import type { EndpointSlice } from '#api/index.ts';

export interface EndpointPort {
  /** Empty for an unnamed port. */
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
}

export interface ReadyEndpoint {
  readonly address: string;
  readonly isIPv6: boolean;
  /** The label below the Service's name. */
  readonly label: string;
  readonly ports: readonly EndpointPort[];
}

/** `10.0.0.1` → `10-0-0-1`; a final colon would leave a label ending in `-`, so `fd00:1::` → `fd00-1--0`. */
export const dashed = (address: string): string => {
  const label = address.replace(/[.:]/g, '-').toLowerCase();
  return address.endsWith(':') ? `${label}0` : label;
};

/** One for each address, de-duplicated over slices where address, name and ports agree. */
export function readyEndpoints(slices: readonly EndpointSlice[]): ReadyEndpoint[] {
  const found = new Map<string, ReadyEndpoint>();
  for (const slice of slices) {
    const ports = portsOf(slice);
    const portsKey = ports.map(({ name, protocol, port }) => `${name}/${protocol}/${port}`).join();
    for (const endpoint of slice.endpoints ?? []) {
      // Absent counts as ready; serving and terminating do not matter to DNS.
      if (endpoint.conditions?.ready === false) continue;
      for (const address of endpoint.addresses ?? []) {
        const label = endpoint.hostname ? endpoint.hostname.toLowerCase() : dashed(address);
        const key = `${address} ${label} ${portsKey}`;
        // Slices of the address type FQDN have no addresses to answer with.
        if (found.has(key) || !(isIPv4(address) || isIPv6(address))) continue;
        found.set(key, { address, isIPv6: isIPv6(address), label, ports });
      }
    }
  }
  return [...found.values()];
}

/** A port without a number means every port, which no SRV record can say. */
const portsOf = (slice: EndpointSlice): EndpointPort[] =>
  (slice.ports ?? []).flatMap(({ name = '', protocol = 'TCP', port }) =>
    port === undefined || port === null ? [] : [{ name, protocol, port }],
  );
