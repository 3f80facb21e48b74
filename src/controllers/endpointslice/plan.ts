// EndpointSlices of one Service: what is and what should be, as writes (services.md §C.4 steps 5 to 8). Pure.

import { apiVersionOf, type Endpoint, type EndpointSlice, endpointSlices, type Pod, type Service } from '#api/index.ts';
import type { Family } from '#lib/cidr.ts';
import { sameJson } from '../json.ts';
import { familiesOf, type ResolvedPort } from '../service-pods.ts';
import { addTopologyHints } from './add-topology-hints.ts';
import { type Desired, desiredEndpoints, type NodeLookup, portsKey } from './endpoints.ts';
import { isTopologyAuto } from './hints.ts';
import { isOwnedBy, labelsFor, newMetadata, stamped } from './metadata.ts';
import { pack, reuse } from './pack.ts';
import type { ZoneRatios } from './topology.ts';
import type { SliceWrites } from './write.ts';

export interface SliceInput {
  readonly service: Service;
  /** Those that the Service selects. */
  readonly pods: readonly Pod[];
  readonly nodeOf: NodeLookup;
  /** Labelled for the Service and managed by this controller. */
  readonly slices: readonly EndpointSlice[];
  /** Value of the trigger-time annotation. */
  readonly trigger?: string | undefined;
  readonly maxPerSlice?: number | undefined;
  /** What topology-mode: Auto goes by. */
  readonly zones?: ZoneRatios | undefined;
}

export interface TopologyOutcome {
  readonly family: Family;
  /** Why no endpoint of the family has hints; undefined when they have. */
  readonly disabled: string | undefined;
}

/** What metrics tell of a sync. */
export interface SliceCounts {
  endpoints: number;
  slices: number;
  /** How many slices there would be, were all but the last of each kind full. */
  fewestSlices: number;
  added: number;
  removed: number;
}

export interface SlicePlan extends SliceWrites {
  /** Pods left out because their Node is not known: the sync is to be tried again. */
  readonly withoutNode: Pod[];
  /** For each family, when the Service asks for hints by topology-mode: Auto. */
  readonly topology: TopologyOutcome[];
  readonly counts: SliceCounts;
}

export function plan(input: SliceInput): SlicePlan {
  const { service, slices, trigger } = input;
  const families = familiesOf(service);
  const isWanted = (slice: EndpointSlice): boolean =>
    isOwnedBy(slice, service) && families.some((family) => family === slice.addressType);
  const counts = { endpoints: 0, slices: 0, fewestSlices: 0, added: 0, removed: 0 };
  const withoutNode = new Set<Pod>();
  const topology: TopologyOutcome[] = [];
  const writes: SliceWrites = { create: [], update: [], delete: slices.filter((slice) => !isWanted(slice)) };
  for (const family of families) {
    const ofFamily = slices.filter((slice) => isWanted(slice) && slice.addressType === family);
    const desired = desiredEndpoints(service, input.pods, input.nodeOf, family);
    for (const pod of desired.withoutNode) withoutNode.add(pod);
    if (isTopologyAuto(service)) {
      topology.push({ family, disabled: addTopologyHints(desired, ofFamily, input.zones ?? 'No Node is known') });
    }
    const part = planFamily(input, family, desired, ofFamily, counts);
    writes.create.push(...part.create);
    writes.update.push(...part.update);
    writes.delete.push(...part.delete);
  }
  return {
    create: service.metadata.deletionTimestamp ? [] : writes.create.map((slice) => stamped(slice, service, trigger)),
    update: writes.update.map((slice) => stamped(slice, service, trigger)),
    delete: writes.delete,
    withoutNode: [...withoutNode],
    topology,
    counts,
  };
}

function planFamily(
  { service, maxPerSlice = 100 }: SliceInput,
  family: Family,
  { groups }: Desired,
  slices: EndpointSlice[],
  counts: SliceCounts,
): SliceWrites {
  const labels = labelsFor(service);
  const mustWrite = ({ metadata }: EndpointSlice): boolean => !sameJson(metadata.labels, labels);
  const byPorts = Map.groupBy(slices, ({ ports }) => portsKey(ports));
  const create: EndpointSlice[] = [];
  const update: EndpointSlice[] = [];
  const unused = [...byPorts].flatMap(([key, each]) => (groups.has(key) ? [] : each));
  let kept = 0;
  for (const [key, { ports, endpoints }] of groups) {
    const packing = pack(endpoints, byPorts.get(key) ?? [], mustWrite, maxPerSlice);
    create.push(...packing.create.map((each) => newSlice(service, family, ports, each)));
    update.push(...packing.update);
    unused.push(...packing.delete);
    kept += packing.keep.length;
    counts.added += packing.added;
    counts.removed += packing.removed;
    counts.endpoints += endpoints.size;
    counts.fewestSlices += Math.ceil(endpoints.size / maxPerSlice);
  }
  if (kept + create.length + update.length === 0) {
    counts.fewestSlices += 1;
    const placeholder = unused.find(isPlaceholder);
    if (!placeholder) create.push(newSlice(service, family, [], []));
    else {
      unused.splice(unused.indexOf(placeholder), 1);
      if (mustWrite(placeholder)) update.push(placeholder);
      else kept += 1;
    }
  }
  counts.slices += kept + create.length + update.length;
  return reuse({ create, update, delete: unused });
}

const isPlaceholder = ({ endpoints, ports }: EndpointSlice): boolean => !endpoints?.length && !ports?.length;

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
