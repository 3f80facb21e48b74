// From the EndpointSlices of a Service to the endpoints that one of its ports may use (services.md D.3).

import type { EndpointSlice, ServicePort } from '#api/index.ts';
import type { Family } from '#lib/cidr.ts';

export interface Endpoint {
  /** `address . port`, as nft writes it. */
  readonly target: string;
  readonly address: string;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  /** On this node; `undefined` when the slice does not say where it is. */
  readonly local: boolean | undefined;
}

/** Deduplicated: of two entries for one address and port the local one counts, then the ready one. */
export function endpointsOf(
  slices: readonly EndpointSlice[],
  port: ServicePort,
  nodeName: string,
  family: Family = 'IPv4',
): Endpoint[] {
  const found = new Map<string, Endpoint>();
  for (const slice of slices) {
    if (slice.addressType !== family) continue;
    const number = portNumber(slice, port);
    if (number === undefined) continue;
    for (const { addresses, conditions, nodeName: at } of slice.endpoints ?? []) {
      const address = addresses?.[0];
      if (!address) continue;
      const ready = conditions?.ready ?? true;
      const endpoint: Endpoint = {
        target: `${address} . ${number}`,
        address,
        ready,
        serving: conditions?.serving ?? ready,
        terminating: conditions?.terminating ?? false,
        local: at == null ? undefined : at === nodeName,
      };
      const other = found.get(endpoint.target);
      if (!other || rank(endpoint) > rank(other)) found.set(endpoint.target, endpoint);
    }
  }
  return [...found.values()];
}

const rank = ({ local, ready }: Endpoint): number => (local ? 2 : 0) + (ready ? 1 : 0);

/** By name, and never by number: a Service's port may be another number in every slice. */
function portNumber(slice: EndpointSlice, { name = '', protocol = 'TCP' }: ServicePort): number | undefined {
  const match = slice.ports?.find((port) => (port.name ?? '') === name && (port.protocol ?? 'TCP') === protocol);
  return match?.port ?? undefined;
}

/** Where new connections may go, whichever node they enter by. */
export function clusterPool(endpoints: readonly Endpoint[]): Endpoint[] {
  const ready = endpoints.filter((endpoint) => endpoint.ready);
  // Nobody is ready, but somebody still serves while ending: better than nothing, as when the last pod is being replaced.
  return ready.length > 0 ? ready : endpoints.filter(({ serving, terminating }) => serving && terminating);
}
