// EndpointSlices of one Service: what is and what should be, as writes (services.md §C.4 steps 5 to 8). Pure.

import { apiVersionOf, type Endpoint, type EndpointSlice, endpointSlices, type Pod, type Service } from '#api/index.ts';
import type { Family } from '#lib/cidr.ts';
import { familiesOf, type ResolvedPort } from '../service-pods.ts';
import { desiredEndpoints, type NodeLookup, portsKey } from './endpoints.ts';
import { hasRightMetadata, isOwnedBy, newMetadata, stamped } from './metadata.ts';
import { pack } from './pack.ts';
import type { SliceWrites } from './write.ts';

export interface SliceInput {
  readonly service: Service;
  /** Of the Service's namespace; those that are not selected are passed over. */
  readonly pods: readonly Pod[];
  readonly nodeOf: NodeLookup;
  /** Labelled for the Service and managed by this controller. */
  readonly slices: readonly EndpointSlice[];
  /** Value of the trigger-time annotation. */
  readonly trigger?: string | undefined;
  readonly maxPerSlice?: number | undefined;
}
export interface SlicePlan extends SliceWrites {
  /** Pods left out because their Node is not known: the sync is to be tried again. */
  readonly withoutNode: Pod[];
}

export function plan(input: SliceInput): SlicePlan {
  const { service, slices, trigger } = input;
  const families = familiesOf(service);
  const isWanted = (slice: EndpointSlice): boolean =>
    isOwnedBy(slice, service) && families.some((family) => family === slice.addressType);
  const result: SlicePlan = {
    create: [],
    update: [],
    delete: slices.filter((slice) => !isWanted(slice)),
    withoutNode: [],
  };
  for (const family of families) {
    const ofFamily = slices.filter((slice) => isWanted(slice) && slice.addressType === family);
    const part = planFamily(input, family, ofFamily);
    result.create.push(...part.create);
    result.update.push(...part.update);
    result.delete.push(...part.delete);
    result.withoutNode.push(...part.withoutNode);
  }
  return {
    ...result,
    create: service.metadata.deletionTimestamp ? [] : result.create.map((slice) => stamped(slice, service, trigger)),
    update: result.update.map((slice) => stamped(slice, service, trigger)),
  };
}

function planFamily(input: SliceInput, family: Family, slices: EndpointSlice[]): SlicePlan {
  const { service, pods, nodeOf, maxPerSlice = 100 } = input;
  const { groups, withoutNode } = desiredEndpoints(service, pods, nodeOf, family);
  const byPorts = Map.groupBy(slices, ({ ports }) => portsKey(ports));
  const mustWrite = (slice: EndpointSlice): boolean => !hasRightMetadata(slice, service);
  const create: EndpointSlice[] = [];
  const update: EndpointSlice[] = [];
  const unused = slices.filter(({ ports }) => !groups.has(portsKey(ports)));
  let kept = 0;
  for (const [key, { ports, endpoints }] of groups) {
    const packing = pack(endpoints, byPorts.get(key) ?? [], mustWrite, maxPerSlice);
    create.push(...packing.create.map((each) => newSlice(service, family, ports, each)));
    update.push(...packing.update);
    unused.push(...packing.delete);
    kept += packing.keep.length;
  }
  if (kept + create.length + update.length === 0) {
    const placeholder = unused.find(isPlaceholder);
    if (!placeholder) create.push(newSlice(service, family, [], []));
    else {
      unused.splice(unused.indexOf(placeholder), 1);
      if (mustWrite(placeholder)) update.push(placeholder);
    }
  }
  return { ...reuse(create, update, unused), withoutNode };
}

const isPlaceholder = ({ endpoints, ports }: EndpointSlice): boolean => !endpoints?.length && !ports?.length;

/** A slice that would be deleted takes the content of one that would be created: one write instead of two. */
function reuse(create: EndpointSlice[], update: EndpointSlice[], unused: EndpointSlice[]) {
  const pairs = Math.min(create.length, unused.length);
  const recycled = create.slice(0, pairs).flatMap(({ endpoints, ports }, i) => {
    const old = unused[i];
    return old ? [{ ...old, endpoints, ports }] : [];
  });
  return { create: create.slice(pairs), update: [...update, ...recycled], delete: unused.slice(pairs) };
}

const newSlice = (
  service: Service,
  addressType: Family,
  ports: ResolvedPort[],
  endpoints: Endpoint[],
): EndpointSlice => ({
  apiVersion: apiVersionOf(endpointSlices),
  kind: endpointSlices.kind,
  metadata: newMetadata(service),
  addressType,
  endpoints,
  ports,
});
