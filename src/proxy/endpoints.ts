// From the EndpointSlices of a Service to the endpoints of one of its ports (services.md D.3). Which of them new
// connections may use is in pools.ts.

import type { EndpointSlice, ServicePort } from '#api/index.ts';
import type { Family } from '#lib/cidr.ts';
import { isPort, usualAddress } from './addresses.ts';

export interface Endpoint {
  /** `address . port`, as nft writes it. */
  readonly target: string;
  readonly address: string;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  /** On this node; `undefined` when the slice does not say where it is. */
  readonly local: boolean | undefined;
  /** For whom it is meant (services.md C.7); empty without hints. */
  readonly forZones: readonly string[];
  readonly forNodes: readonly string[];
}

/**
 * Deduplicated: of two entries for one address and port the local one counts, then the ready one, then one that serves,
 * then that of the slice whose name sorts first: whatever the order in which they came.
 */
export function endpointsOf(
  slices: readonly EndpointSlice[],
  port: ServicePort,
  { nodeName, family }: { readonly nodeName: string; readonly family: Family },
): Endpoint[] {
  const found = new Map<string, Endpoint>();
  for (const slice of slices.length > 1 ? slices.toSorted(byName) : slices) {
    if (slice.addressType !== family) continue;
    const number = portNumber(slice, port);
    if (number === undefined) continue;
    for (const { addresses, conditions, nodeName: at, hints } of slice.endpoints ?? []) {
      const address = usualAddress(addresses?.[0], family);
      if (!address) continue;
      const ready = conditions?.ready ?? true;
      const endpoint: Endpoint = {
        target: `${address} . ${number}`,
        address,
        ready,
        serving: conditions?.serving ?? ready,
        terminating: conditions?.terminating ?? false,
        local: at == null ? undefined : at === nodeName,
        forZones: hints?.forZones?.length ? hints.forZones.map(({ name }) => name) : none,
        forNodes: hints?.forNodes?.length ? hints.forNodes.map(({ name }) => name) : none,
      };
      const other = found.get(endpoint.target);
      if (!other || rank(endpoint) > rank(other)) found.set(endpoint.target, endpoint);
    }
  }
  return [...found.values()];
}

const none: readonly string[] = [];

const rank = ({ local, ready, serving }: Endpoint): number => (local ? 4 : 0) + (ready ? 2 : 0) + (serving ? 1 : 0);

const byName = (a: EndpointSlice, b: EndpointSlice): number =>
  (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1;

/** By name, and never by number: a Service's port may be another number in every slice. */
function portNumber(slice: EndpointSlice, { name, protocol }: ServicePort): number | undefined {
  const match = slice.ports?.find(
    (port) => (port.name ?? '') === (name ?? '') && (port.protocol ?? 'TCP') === (protocol ?? 'TCP'),
  );
  return isPort(match?.port) ? match.port : undefined;
}
