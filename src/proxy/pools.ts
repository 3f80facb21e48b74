// Which endpoints new connections may use: the policies' pools, terminating endpoints as the last resort, and the topology
// hints (services.md D.3, KEP-1669, KEP-2433, KEP-3015).

import type { Endpoint } from './endpoints.ts';

export interface Here {
  readonly nodeName: string;
  /** Of the node, by its label; undefined when it has none. */
  readonly zone?: string | undefined;
}

/** Of policy Cluster. Empty only when nobody is there at all. */
export function clusterPool(endpoints: readonly Endpoint[], here: Here): Endpoint[] {
  const ready = endpoints.filter((endpoint) => endpoint.ready);
  return ready.length > 0 ? nearest(ready, here) : lastResort(endpoints);
}

/** Of policy Local: on this node, whatever the hints say. */
export function localPool(endpoints: readonly Endpoint[]): Endpoint[] {
  const local = endpoints.filter((endpoint) => endpoint.local);
  const ready = local.filter((endpoint) => endpoint.ready);
  return ready.length > 0 ? ready : lastResort(local);
}

/** Nobody is ready, but somebody still serves while ending: better than nothing, as when the last pod is being replaced. */
const lastResort = (endpoints: readonly Endpoint[]): Endpoint[] =>
  endpoints.filter(({ serving, terminating }) => serving && terminating);

/** A single endpoint without hints turns them off: whoever gives them had not seen all endpoints yet. */
function nearest(ready: Endpoint[], { nodeName, zone }: Here): Endpoint[] {
  return (
    hinted(ready, ({ forNodes }) => forNodes, nodeName) ?? hinted(ready, ({ forZones }) => forZones, zone) ?? ready
  );
}

function hinted(
  ready: readonly Endpoint[],
  hints: (endpoint: Endpoint) => readonly string[],
  place: string | undefined,
): Endpoint[] | undefined {
  if (place === undefined || ready.some((endpoint) => hints(endpoint).length === 0)) return undefined;
  const near = ready.filter((endpoint) => hints(endpoint).includes(place));
  return near.length > 0 ? near : undefined;
}
